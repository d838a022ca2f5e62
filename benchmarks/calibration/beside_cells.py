"""Analyses of a dictionary beside something: its encoder, other dictionaries, or what of it fires together.

Each is tried where what stands beside knows nothing of the dictionary, and where it does. Firing by token and by block ignores
directions throughout, but for planted holes and topics.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from benchmarks.calibration.cell import Cell
from saegeo_core import Example, FeatureCloud, FiringStatistics
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.synthetic.clouds import isotropic
from saegeo_core.synthetic.composites import COMPOSITES, Law

N_BESIDE, D_BESIDE = 200, 24
"""Smaller than clouds that are measured alone: everything is compared with 19 reflections."""
FAMILY = 5
LAWS = (
    "uniform",
    "families of 5",
    "families of 20",
    "families of 5 with a spectrum",
    "spectrum rank^-1",
    "common mean",
    "two subspaces",
    "lengths scattered by 30 %",
)
OTHERS = ("families of 5", "families of 5 with a spectrum", "spectrum rank^-1")
ENCODED = ("uniform", "families of 5 with a spectrum", "lengths scattered by 30 %")
WITH_KIN = ("families of 5", "families of 20", "families of 5 with a spectrum")
COFIRING: Mapping[str, Any] = {"null_draws": 19, "null_features": 100}

Draw = Callable[[np.random.Generator], Example]


def beside_cells() -> list[Cell]:
    """Every one of these analyses on laws of what it compares."""
    return [*_alignment(), *_absorption(), *_of_others(), *_sparsity(), *_cofiring()]


def _alignment() -> list[Cell]:
    return [
        Cell("alignment", f"strange encoders: {law}", _encoded(COMPOSITES[law], own=0.0), lambda _metric: True)
        for law in ENCODED
    ] + [
        Cell("alignment", f"own encoders: {law}", _encoded(COMPOSITES[law], own=1.0), lambda name: name == RATES)
        for law in ENCODED[:2]
    ]


RATES = "rate_alignment"


def _encoded(law: Law, *, own: float) -> Draw:
    """An encoder of the law, and so much of the decoder in it; features fire at rates that ignore both."""

    def draw(rng: np.random.Generator) -> Example:
        decoder = law(N_BESIDE, D_BESIDE, rng)
        firing = _at_rates(rng.uniform(0.05, 0.5, N_BESIDE), rng, n_blocks=240, of_document=4)
        encoder = own * unit_rows(decoder).float() + unit_rows(law(N_BESIDE, D_BESIDE, rng)).float()
        return Example(FeatureCloud.from_array(decoder), firing, encoder=encoder)

    return draw


def _absorption() -> list[Cell]:
    draws = {f"nothing aimed: {law}": _reading(COMPOSITES[law]) for law in WITH_KIN}
    draws["nothing aimed: families of 5, residuals in families"] = _reading(
        COMPOSITES["families of 5"], residuals=COMPOSITES["families of 5"]
    )
    draws["nothing aimed: families of 5 that share rates"] = _reading(COMPOSITES["families of 5"], sharing=FAMILY)
    draws["absorbed: families of 5"] = _reading(COMPOSITES["families of 5"], away=0.15)
    return [Cell("absorption", law, draw, partial(_is_not, "absorbed", law)) for law, draw in draws.items()]


def _reading(law: Law, *, residuals: Law = isotropic, sharing: int = 1, away: float = 0.0) -> Draw:
    """Encoders that are their decoders and residuals of a law, and firing by token; so much leans away from each family.

    Where something does, the first feature of each family is off on half of the tokens of the others.
    """

    def draw(rng: np.random.Generator) -> Example:
        decoder = law(N_BESIDE, D_BESIDE, rng)
        unit = unit_rows(decoder).float()
        family = unit.view(-1, FAMILY, D_BESIDE)
        others = (family.sum(1, keepdim=True) - family).reshape(unit.shape)
        encoder = unit + 0.2 * residuals(N_BESIDE, D_BESIDE, rng) - away * others
        rates = np.repeat(rng.uniform(0.02, 0.2, N_BESIDE // sharing), sharing)
        fired = _fired(rates, rng, n_blocks=1500, of_document=15)
        if away:
            near = fired.reshape(len(fired), -1, FAMILY)[:, :, 1:].any(2)
            fired[:, ::FAMILY] &= ~(near & (rng.random(near.shape) < 0.5))
        firing = FiringStatistics.from_arrays(fired, block_tokens=1, document_of_block=np.arange(len(fired)) // 15)
        return Example(FeatureCloud.from_array(decoder), firing, encoder=encoder)

    return draw


def _of_others() -> list[Cell]:
    """seeds, flow and splitting: dictionaries that share nothing but their law, and some that share half of their features."""
    cells = []
    for analysis, size in (("seeds", N_BESIDE), ("flow", N_BESIDE), ("splitting", N_BESIDE // 2)):
        parameters = {"sample": 64} if analysis == "splitting" else {}
        for law in OTHERS:
            for kind, share in (("strangers", 0.0), ("half shared", 0.5)):
                draw = _beside(COMPOSITES[law], size, share)
                cells.append(Cell(analysis, f"{kind}: {law}", draw, partial(_is_not, "half", kind), parameters))
    return cells


def _beside(law: Law, size: int, share: float) -> Draw:
    """Another dictionary of so many features, of which a share comes back blurred, each as often as there is room for it."""

    def draw(rng: np.random.Generator) -> Example:
        other, rows = law(size, D_BESIDE, rng), law(N_BESIDE, D_BESIDE, rng)
        n_shared = int(share * N_BESIDE)
        shared = unit_rows(other).float()[torch.arange(n_shared) % max(1, int(share * size))]
        rows[:n_shared] = shared + 0.4 * isotropic(n_shared, D_BESIDE, rng)
        return Example(FeatureCloud.from_array(rows), other=FeatureCloud.from_array(other))

    return draw


def _sparsity() -> list[Cell]:
    even = ("uniform", "lengths scattered by 30 %")

    def alone(law: Law) -> Draw:
        return lambda rng: Example(
            FeatureCloud.from_array(law(N_BESIDE, D_BESIDE, rng)),
            other=FeatureCloud.from_array(law(N_BESIDE, D_BESIDE, rng)),
        )

    return [Cell("sparsity", law, alone(COMPOSITES[law]), partial(_is_among, even, law)) for law in LAWS]


def _cofiring() -> list[Cell]:
    draws = {
        "frequency and richness alone": _rasch(),
        "frequency and rich documents alone": _rasch(rich_documents=True),
        "few frequent features": _rasch(odds=(-4.0, 0.0)),
        "topics": _rasch(topic=2.0),
        "topics that families share": _rasch(topic=2.0, families=True),
    }
    return [Cell("cofiring", law, draw, partial(_is_not, "topics", law), COFIRING) for law, draw in draws.items()]


def _rasch(
    *,
    odds: tuple[float, float] = (-3.0, -0.5),
    rich_documents: bool = False,
    topic: float = 0.0,
    families: bool = False,
) -> Draw:
    """Log odds of firing are those of the feature, of the block or its document, and of both being of one of six topics."""

    def draw(rng: np.random.Generator) -> Example:
        n_documents, each, n_topics = 100, 4, 6
        document = np.repeat(np.arange(n_documents), each)
        richness = rng.standard_normal(n_documents)[document] if rich_documents else rng.standard_normal(len(document))
        topic_of_feature = np.arange(N_BESIDE) // FAMILY % n_topics if families else np.arange(N_BESIDE) % n_topics
        topic_of_block = rng.integers(n_topics, size=n_documents)[document]
        logits = rng.uniform(*odds, N_BESIDE) + 0.8 * richness[:, None]
        logits += topic * (topic_of_block[:, None] == topic_of_feature)
        firing = FiringStatistics.from_arrays(rng.random(logits.shape) < expit(logits), document_of_block=document)
        directions = COMPOSITES["families of 5" if families else "uniform"](N_BESIDE, D_BESIDE, rng)
        return Example(FeatureCloud.from_array(directions), firing)

    return draw


def _at_rates(rates: np.ndarray, rng: np.random.Generator, *, n_blocks: int, of_document: int) -> FiringStatistics:
    fired = _fired(rates, rng, n_blocks=n_blocks, of_document=of_document)
    return FiringStatistics.from_arrays(fired, document_of_block=np.arange(n_blocks) // of_document)


def _fired(rates: np.ndarray, rng: np.random.Generator, *, n_blocks: int, of_document: int) -> np.ndarray:
    """Each feature by itself, in bursts of documents."""
    document = np.arange(n_blocks) // of_document
    liveliness = rng.gamma(2.0, 0.5, (document[-1] + 1, len(rates)))
    return np.asarray(rng.random((n_blocks, len(rates))) < 1 - (1 - rates) ** liveliness[document])


def _is_not(planted: str, law: str, _metric: str) -> bool:
    return not law.startswith(planted)


def _is_among(laws: tuple[str, ...], law: str, _metric: str) -> bool:
    return law in laws
