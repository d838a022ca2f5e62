"""Analyses of directions alone, on every composite law, and which of their p-values must be uniform there."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from benchmarks.calibration.cell import Cell
from saegeo_core import Example, FeatureCloud
from saegeo_core.synthetic.composites import COMPOSITES, Law

N, D = 400, 32
"""Features and dimensions: small, so that hundreds of runs take minutes; nothing asymptotic helps here."""
FEWER_THAN_DIMENSIONS = 30, 48
WIDE = "fewer rows than dimensions"
GEOMETRY: Mapping[str, Mapping[str, Any]] = {
    "cosine-tails": {},
    "power-law": {"first_rank": 2, "last_rank": 16, "null_draws": 39, "power_law_draws": 39},
    "entropy": {"q": 8},
    "redundancy": {"null_draws": 39},
}

ELLIPTIC = (
    "uniform",
    "spectrum rank^-1/2",
    "spectrum rank^-1",
    "common mean",
    "common mean, spectrum rank^-1",
    "lengths scattered by 20 %",
    "lengths scattered by 30 %",
    "lengths scattered by 50 %",
)
EVEN = ("uniform", "lengths scattered by 20 %", "lengths scattered by 30 %", "lengths scattered by 50 %")
POWER_LAWS = (*EVEN, "spectrum rank^-1/2", "spectrum rank^-1")
IN_QUESTION: Mapping[str, tuple[str, ...]] = {
    "cosine-tails": ELLIPTIC,
    "power-law": EVEN,
    "entropy": ELLIPTIC,
    "redundancy": ELLIPTIC,
    # An uneven covariance is what these measure.
    "mean_squared_cosine": (*EVEN, "common mean"),
    "mean_absolute_cosine": (*EVEN, "common mean"),
    "capacity": (*EVEN, "common mean"),
    "alpha_window_spread": POWER_LAWS,
    "power_law_gain": POWER_LAWS,
    "mean_norm": POWER_LAWS,
    "mean_cosine": POWER_LAWS,
}
"""Laws on which there is nothing to find, by analysis, or by metric where it asks another question than its analysis."""


def geometry_cells() -> list[Cell]:
    """Every analysis of directions on every law."""
    alone = {law: _alone(make, N, D) for law, make in COMPOSITES.items()}
    alone[WIDE] = _alone(COMPOSITES["uniform"], *FEWER_THAN_DIMENSIONS)
    cells = [
        Cell(analysis, law, draw, partial(_is_null, analysis, law), parameters)
        for analysis, parameters in GEOMETRY.items()
        for law, draw in alone.items()
    ]
    cells += [
        Cell("stability", f"strangers: {law}", _beside_a_stranger(COMPOSITES[law]), partial(_shares_nothing, law))
        for law in COMPOSITES
    ]
    cells += [
        Cell("stability", f"twins: {law}", _beside_a_twin(COMPOSITES[law]), lambda _metric: False) for law in COMPOSITES
    ]
    return cells


def _is_null(analysis: str, law: str, metric: str) -> bool:
    return law in IN_QUESTION.get(metric, IN_QUESTION[analysis]) or law == WIDE


def _shares_nothing(law: str, _metric: str) -> bool:
    """Two dictionaries of one law share nothing, but for coordinates along which rows of both are heavy-tailed."""
    return law != "student t5 coordinates"


def _alone(law: Law, n: int, d: int) -> Callable[[np.random.Generator], Example]:
    return lambda rng: Example(FeatureCloud.from_array(law(n, d, rng)))


def _beside_a_stranger(law: Law) -> Callable[[np.random.Generator], Example]:
    """Two dictionaries of one law that know nothing of each other."""
    return lambda rng: Example(FeatureCloud.from_array(law(N, D, rng)), other=FeatureCloud.from_array(law(N, D, rng)))


def _beside_a_twin(law: Law) -> Callable[[np.random.Generator], Example]:
    """A dictionary and itself, blurred anew feature by feature."""

    def draw(rng: np.random.Generator) -> Example:
        rows = law(N, D, rng)
        blur = rows.norm(dim=1, keepdim=True) * COMPOSITES["uniform"](N, D, rng)
        return Example(FeatureCloud.from_array(rows), other=FeatureCloud.from_array(rows + 0.7 * blur))

    return draw
