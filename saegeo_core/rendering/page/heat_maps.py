"""Headlines over layer and L0, as grids of colored cells that link to their reports.

Every layer of a sweep has its own values of L0, so that these are read in bands of a factor of two, unless layers share them.
SAEs of one layer and band stand side by side in their cell.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from saegeo_core.cloud.sae_names import without_layer
from saegeo_core.rendering.numbers import significant
from saegeo_core.rendering.page.color_scale import ColorScale
from saegeo_core.rendering.page.summary_table import Headline, HeadlineCell, SummaryRow

LEAST = 2
"""Layers, and values of L0 in each of them, that make a grid worth looking at."""


@dataclass(frozen=True)
class Swatch:
    """One SAE in a grid: its color, the report it links to, and what is told of it."""

    color: str
    report_id: str
    told: str


@dataclass(frozen=True)
class HeatMap:
    """One headline of SAEs that differ in layer and L0 only.

    Attributes:
        headline: analysis and metric.
        family: the SAEs' name with stars for layer and L0.
        layers, bands: headings of columns and of rows, bands of L0 from the densest down.
        cells: for each band and layer the SAEs there, often one.
        scale: the same for all families of a headline.
    """

    headline: Headline
    family: str
    layers: list[int]
    bands: list[str]
    cells: list[list[list[Swatch]]]
    scale: ColorScale


@dataclass(frozen=True)
class _Place:
    layer: int
    l0: float
    cell: HeadlineCell
    value: float


def heat_maps(headlines: Sequence[Headline], rows: Sequence[SummaryRow]) -> list[HeatMap]:
    """For each headline a grid of every family of SAEs with at least two layers of at least two L0 each."""
    return [one for place, headline in enumerate(headlines) for one in _of_headline(headline, place, rows)]


def _of_headline(headline: Headline, place: int, rows: Sequence[SummaryRow]) -> Iterator[HeatMap]:
    families: dict[str, list[_Place]] = {}
    for row in rows:
        cell = row.cells[place]
        if cell is None or cell.metric.value is None or row.layer is None or row.sae.l0 is None:
            continue
        known = [
            f"{row.sae.release}:{without_layer(row.sae.sae_id)}",
            row.sae.rows * (row.sae.rows != "decoder"),
            row.apart,
        ]
        family = " ".join(filter(None, known))
        families.setdefault(family, []).append(_Place(row.layer, row.sae.l0, cell, cell.metric.value))
    drawn = {family: places for family, places in families.items() if _is_grid(places)}
    if not drawn:
        return
    scale = ColorScale.of([one.value for places in drawn.values() for one in places])
    for family, places in drawn.items():
        yield _heat_map(headline, family, places, scale)


def _is_grid(places: Sequence[_Place]) -> bool:
    sparsities = Counter(layer for layer, _ in {(one.layer, one.l0) for one in places})
    return sum(n >= LEAST for n in sparsities.values()) >= LEAST


def _heat_map(headline: Headline, family: str, places: Sequence[_Place], scale: ColorScale) -> HeatMap:
    layers, bands = sorted({one.layer for one in places}), _bands(places)
    cells: list[list[list[Swatch]]] = [[[] for _ in layers] for _ in bands]
    by_l0 = sorted(places, key=lambda one: one.l0)
    for one, color in zip(by_l0, scale.colors([one.value for one in by_l0]), strict=True):
        band = next(row for row, (low, high) in enumerate(bands) if low <= one.l0 <= high)
        told = f"layer {one.layer}, L0 {significant(one.l0, 3)}: {one.cell.in_words}"
        cells[band][layers.index(one.layer)].append(Swatch(color, one.cell.report_id, told))
    return HeatMap(headline, family, layers, [_heading(*band) for band in bands], cells, scale)


def _bands(places: Sequence[_Place]) -> list[tuple[float, float]]:
    """Ranges of L0 that hold all of it, from the densest down: single values, or factors of two."""
    layers_of: dict[float, set[int]] = {}
    for one in places:
        layers_of.setdefault(one.l0, set()).add(one.layer)
    if all(len(layers) >= LEAST for layers in layers_of.values()):
        return [(l0, l0) for l0 in sorted(layers_of, reverse=True)]
    powers = sorted({math.floor(math.log2(l0)) for l0 in layers_of}, reverse=True)
    return [(2.0**power, 2.0 ** (power + 1)) for power in powers]


def _heading(low: float, high: float) -> str:
    return significant(low, 3) if low == high else f"{significant(low, 3)} to {significant(high, 3)}"
