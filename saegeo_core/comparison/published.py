"""Published values of Gemma Scope SAEs, to be drawn beside one's own where the same metric is computed in the same way.

They are numbers of the `paper` preset's procedures, with the artifacts those have. Each is one SAE a layer, and the L0 of those
SAEs jumps from layer to layer (`l0`): what jumps with it is no trend of depth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from saegeo_core.comparison.table import Column, Row

PAPER = (
    "Li et al., The Geometry of Concepts (arXiv 2410.19750), galaxy notebook of github.com/ejmichaud/feature-geometry"
)
BLOG = "T. Walker, Feature Geometry, values read off its figures to ± 0.0001"


@dataclass(frozen=True)
class PublishedProfile:
    """One published profile.

    Attributes:
        name: for legends and table headings.
        metric: `plugin.metric` that measures the same.
        model: as sae-lens names it.
        values, l0: by layer.
        source: where it was published.
    """

    name: str
    metric: str
    model: str
    values: dict[int, float]
    l0: dict[int, float]
    source: str


def published_beside(column: Column, rows: Sequence[Row]) -> list[PublishedProfile]:
    """Profiles of this metric, where a row measures it by the published procedure on the same model."""
    models = {
        row.sae.model.rpartition("/")[2]
        for row in rows
        if row.sae and row.sae.model and column.plugin in row.reports and _is_published_way(row, column)
    }
    found = [published for published in PUBLISHED if published.metric == column.id and published.model in models]
    return [replace(published, name=f"published, {published.name}") for published in found]


def _is_published_way(row: Row, column: Column) -> bool:
    return row.reports[column.plugin].analysis.preset == "paper"


def _by_layer(numbers: Iterable[float], layers: Iterable[int] | None = None) -> dict[int, float]:
    numbers = list(numbers)
    return dict(zip(range(len(numbers)) if layers is None else layers, numbers, strict=True))


# fmt: off
GALAXY_L0 = _by_layer((
    73, 121, 77, 89, 89, 105, 107, 107, 111, 118, 128, 70, 72, 75, 73, 127, 128, 125, 116, 115, 114, 111, 116, 123, 124, 93,
))
BLOG_2B_L0 = _by_layer((
    105, 102, 141, 59, 124, 68, 70, 69, 71, 73, 77, 80, 41, 84, 84, 78, 78, 77, 74, 73, 71, 70, 72, 75, 73, 116,
))
ALPHA = _by_layer((
    0.238255, 0.267273, 0.266771, 0.270225, 0.316056, 0.337232, 0.340392, 0.346679, 0.351156, 0.363987, 0.364680, 0.463117,
    0.468437, 0.485812, 0.480924, 0.373939, 0.362240, 0.359350, 0.341465, 0.310901, 0.282243, 0.276226, 0.247437, 0.232115,
    0.254466, 0.323488,
))
NEGENTROPY = _by_layer((
    354.6868, 355.7910, 356.7012, 360.2913, 361.2046, 363.2057, 362.0615, 364.7582, 364.4361, 365.3294, 364.6357, 368.5501,
    366.3694, 364.7574, 365.4237, 363.9509, 360.2059, 361.9501, 361.1041, 361.8022, 361.8948, 360.3500, 358.2937, 356.0133,
    358.8855, 362.0032,
))
BLOG_2B = _by_layer((
    0.0010, 0.0017, 0.0032, 0.0076, 0.0051, 0.0098, 0.0111, 0.0110, 0.0101, 0.0097, 0.0105, 0.0101, 0.0164, 0.0091, 0.0083,
    0.0078, 0.0057, 0.0051, 0.0043, 0.0040, 0.0037, 0.0038, 0.0032, 0.0027, 0.0027, 0.0019,
))
# fmt: on
BLOG_9B_LAYERS = (9, 20, 31)
BLOG_9B_L0 = {"pt": _by_layer((100, 11, 114), BLOG_9B_LAYERS), "it": _by_layer((88, 91, 76), BLOG_9B_LAYERS)}
BLOG_9B = {
    "pt": _by_layer((0.0031, 0.0455, 0.0022), BLOG_9B_LAYERS),
    "it": _by_layer((0.0036, 0.0058, 0.0033), BLOG_9B_LAYERS),
}
TAILS = "cosine-tails.tail_fraction"
PUBLISHED = (
    PublishedProfile("res 65k", "power-law.alpha", "gemma-2-2b", ALPHA, GALAXY_L0, PAPER),
    PublishedProfile("res 65k", "entropy.negentropy", "gemma-2-2b", NEGENTROPY, GALAXY_L0, PAPER),
    PublishedProfile("res 16k", TAILS, "gemma-2-2b", BLOG_2B, BLOG_2B_L0, BLOG),
    PublishedProfile("pt res 16k", TAILS, "gemma-2-9b", BLOG_9B["pt"], BLOG_9B_L0["pt"], BLOG),
    PublishedProfile("it res 16k", TAILS, "gemma-2-9b-it", BLOG_9B["it"], BLOG_9B_L0["it"], BLOG),
)
