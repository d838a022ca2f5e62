"""One map of all features of an SAE, with what every report on it says of each: the part of the page that the script draws it from.

The map is made where a table lays features out (`saegeo_core.comparison.feature_table`). What a column is decides how it colors the
map: categories have a color each and are listed, numbers have a scale, other texts are only told.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np

from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.comparison.distinctions import identity
from saegeo_core.comparison.feature_table import FeatureColumn, FeatureTable, feature_table
from saegeo_core.file_names import file_name, told_apart
from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.columns import DASH, ColumnArray, as_texts, column, is_text
from saegeo_core.rendering.figures.series import MAX_CODES, MAX_GROUPS, MAX_HUES, in_words
from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.rendering.page.color_scale import ColorScale
from saegeo_core.rendering.page.packed_part import part_bytes
from saegeo_core.rendering.page.page_report import PageReport
from saegeo_core.visible_text import visible

GROUPS = ("chain", "cluster", "component", "family", "lobe", "module")
"""Columns of these names tell which group a feature belongs to, however many groups there are, in numbers too."""
NEURONPEDIA = "https://www.neuronpedia.org"
DENSITY_FROM = 2**18
"""Features from which the map shows how many lie where, not each of them."""
PALETTE = {
    "hues": palette.COLORS,
    "neutral": palette.NEUTRAL,
    "upwards": palette.LOW_TO_HIGH,
    "signed": palette.AROUND_ZERO,
}


@dataclass(frozen=True)
class FeatureMap:
    """A map of the features of one SAE.

    Attributes:
        id: the link to it, without the `#`.
        sae: as the reports on it are called.
        reports: all reports on the SAE.
        table: what they say of each feature.
    """

    id: str
    sae: str
    reports: list[PageReport]
    table: FeatureTable

    @property
    def n_placed(self) -> int:
        """Features that have a place on it."""
        return sum(x is not None and y is not None for x, y in zip(self.table.x, self.table.y, strict=True))

    def written(self, html: str = "") -> bytes:
        """What the page's script draws from, and the HTML it puts in place first, if that is not on the page already."""
        pool, table = ArrayPool(), self.table
        tables = list(dict.fromkeys((id(one.report), one.table) for one in table.columns))
        page_report = {id(one.report): one for one in self.reports}
        content = {
            "ids": pool.reference(np.array(table.features, np.float64)),
            "labels": table.labels and pool.reference(_texts(table.labels)),
            "x": pool.reference(column(table.x)),
            "y": pool.reference(column(table.y)),
            "tables": [self._told(page_report[report], name) for report, name in tables],
            "columns": [
                {"table": tables.index((id(one.report), one.table)), "name": visible(in_words(one.name))}
                | _kind(one, pool)
                for one in table.columns
            ],
            "neuronpedia": self._neuronpedia,
            "isDense": self.n_placed >= DENSITY_FROM,
            "palette": PALETTE,
        }
        return part_bytes({"html": html, "figures": {}, "tables": {}, "map": content}, pool)

    def _told(self, one: PageReport, table: str) -> dict[str, str]:
        joined = {id(column.report) for column in self.table.columns}
        alike = [
            other
            for other in self.reports
            if id(other.report) in joined and other.report.analysis.name == one.report.analysis.name
        ]
        analysis = f"{one.name.analysis} ({one.name.apart})" if len(alike) > 1 and one.name.apart else one.name.analysis
        return {"title": visible(f"{analysis} · {in_words(table)}"), "report": one.id}

    @property
    def _neuronpedia(self) -> str | None:
        """Where the SAE's features have a page each, named by their id."""
        known = self.reports[0].report.sae.neuronpedia_id
        return f"{NEURONPEDIA}/{quote(known)}/" if known else None


def feature_maps(reports: Sequence[PageReport], taken: Iterable[str]) -> list[FeatureMap]:
    """A map of each SAE that has one, in the order of the reports; no link is among `taken`."""
    of_sae: dict[tuple[str, ...], list[PageReport]] = {}
    for one in reports:
        of_sae.setdefault(identity(one.report.sae), []).append(one)
    found = [(own, feature_table([one.report for one in own])) for own in of_sae.values()]
    mapped = [(own, table) for own, table in found if table is not None]
    ids = told_apart((f"map-{file_name(own[0].name.sae)}" for own, _ in mapped), taken)
    return [FeatureMap(id, own[0].name.sae, own, table) for id, (own, table) in zip(ids, mapped, strict=True)]


def _kind(one: FeatureColumn, pool: ArrayPool) -> dict[str, Any]:
    """A column as categories, numbers or texts."""
    values = column(one.values)
    known = _known(values)
    distinct = {*values[known]}
    are_groups = one.name in GROUPS
    if is_text(values):
        if are_groups or len(distinct) <= min(MAX_GROUPS, known.sum() / 2):
            return _categories(values, pool)
        return {"kind": "text", "values": pool.reference(as_texts(values))}
    if are_groups or (len(distinct) <= MAX_CODES and all(value == round(value) for value in distinct)):
        return _categories(as_texts(values), pool)
    scale = ColorScale.of(values[known].tolist() or [0.0])
    ends = {"low": scale.low, "high": scale.high, "isLog": scale.is_log, "ends": scale.ends}
    return {"kind": "number", "values": pool.reference(values)} | ends


def _categories(texts: ColumnArray, pool: ArrayPool) -> dict[str, Any]:
    """Names in natural order with how many features have them; of each feature which it has, -1 for none. The largest have hues."""
    known = texts[_known(texts)]
    sizes = Counter(known)
    names = sorted(sizes, key=in_natural_order)
    code = {name: place for place, name in enumerate(names)}
    most = MAX_HUES if len(names) <= MAX_HUES else MAX_HUES - 1
    largest = sorted(names, key=lambda name: -sizes[name])[:most]
    return {
        "kind": "category",
        "names": names,
        "sizes": [sizes[name] for name in names],
        "hues": sorted(code[name] for name in largest),
        "values": pool.reference(np.array([code.get(text, -1) for text in texts], np.float64)),
    }


def _known(values: ColumnArray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if is_text(values):
        return np.array([value not in (DASH, "") for value in values], bool)
    return np.isfinite(values)


def _texts(values: list[Any]) -> ColumnArray:
    return np.array(["" if value is None else visible(value) for value in values], dtype=object)
