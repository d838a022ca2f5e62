"""Each metric's regression on log L0, and its values as they would be at one common L0."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import special

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.comparison.table import Column, Row
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.sparsity import L0_RATIO
from saegeo_core.numerics.arrays import Floats, Integers

MIN_SAES = 8
MAX_DEGREE = 2
SAES_PER_DEGREE = 5
"""How many SAEs each further power of the layer needs."""
MIN_FREEDOM = 4
"""Of what remains when each layer has a level of its own."""

INDISTINGUISHABLE = 1e-9
"""Share of log L0 that depth must leave."""

Depth = Literal["nothing", "polynomial", "factor"]


@dataclass(frozen=True)
class Adjustment:
    """One metric regressed on log L0 by ordinary least squares.

    Attributes:
        column: `plugin.metric`.
        reason: why there is no regression, or nothing; the rest is then empty.
        depth: what stands beside log L0: nothing, a polynomial in the layer, or a level for each layer.
        degree: of that polynomial; 0 otherwise.
        n: SAEs with L0 and a value (and a layer, where that enters).
        slope: change of the metric where L0 grows by a factor e, with its standard error and two-sided p-value.
        r_squared: of the regression; r_squared_without_l0: of the same without log L0.
        l0: geometric mean of the L0, where the adjusted values hold.
        values: row name to adjusted value.
    """

    column: str
    reason: str = ""
    depth: Depth = "nothing"
    degree: int = 0
    n: int = 0
    slope: float = 0.0
    standard_error: float = 0.0
    pvalue: float = 1.0
    r_squared: float = 0.0
    r_squared_without_l0: float = 0.0
    l0: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def form(self) -> str:
        """The regression in words."""
        if self.depth == "factor":
            return "a level for each layer + slope · log L0"
        power = {0: "", 1: " + layer"}.get(self.degree, f" + polynomial of degree {self.degree} in layer")
        return f"constant{power} + slope · log L0"


def adjust_for_l0(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Adjustment]:
    """One regression for each column.

    Raises:
        SaegeoError: fewer than eight SAEs of known L0.
    """
    rows = [row for row in rows if row.sae and row.sae.l0]
    if len(rows) < MIN_SAES:
        raise SaegeoError(
            f"--adjust l0 needs at least {MIN_SAES} SAEs of known L0; there are {len(rows)}",
            "name more layers or sparsities, or compare at matched L0 with --match-l0",
        )
    for place, column in enumerate(columns):
        yield _adjustment(column.id, [(row, row.cells[place].value) for row in rows])


def regress_on_log_l0(
    column: str, names: Sequence[str], values: Floats, l0: Floats, layers: Floats | None
) -> Adjustment:
    """The regression of `values`, shape (n,), on log L0 and on what depth does.

    Where layers repeat, each has a level of its own, and log L0 is judged within layers by Student's t. Where each layer is there
    once, both may change smoothly with depth and follow each other by that alone: a polynomial takes what it can, and the slope is
    judged by its rank among those on log L0 moved along the layers, in both directions, around the end to the beginning. Neighbors
    stay neighbors there.
    """
    n = len(values)
    if n < MIN_SAES:
        return Adjustment(column, f"{n} of the SAEs have a value and a known L0; {MIN_SAES} are needed")
    if l0.max() <= L0_RATIO * l0.min():
        return Adjustment(column, f"L0 runs from {l0.min():.3g} to {l0.max():.3g} only, too little to see what it does")
    depth, degree = _depth(layers)
    beside = _beside(layers, depth, degree) if layers is not None else np.ones((n, 1))
    log_l0 = np.log(l0) - np.log(l0).mean()
    left_of_l0, left_of_values = _residual(log_l0, beside), _residual(values, beside)
    if np.sum(left_of_l0**2) <= INDISTINGUISHABLE * np.sum(log_l0**2):
        return Adjustment(column, "L0 follows the layer so closely that the two cannot be told apart")
    slope = float(left_of_l0 @ left_of_values / (left_of_l0 @ left_of_l0))
    residual = left_of_values - slope * left_of_l0
    if depth == "polynomial" and layers is not None:
        standard_error, pvalue = _judged_by_moving(left_of_values, log_l0, beside, np.argsort(layers), slope)
    else:
        standard_error, pvalue = _judged_by_student(residual, left_of_l0, n - beside.shape[1] - 1, slope)
    total = float(((values - values.mean()) ** 2).sum())
    return Adjustment(
        column=column,
        depth=depth,
        degree=degree,
        n=n,
        slope=slope,
        standard_error=standard_error,
        pvalue=pvalue,
        r_squared=1 - float(residual @ residual) / total if total else 0.0,
        r_squared_without_l0=1 - float(left_of_values @ left_of_values) / total if total else 0.0,
        l0=float(np.exp(np.log(l0).mean())),
        values=dict(zip(names, (values - slope * log_l0).tolist(), strict=True)),
    )


def _residual(values: Floats, beside: Floats) -> Floats:
    residual: Floats = values - beside @ np.linalg.lstsq(beside, values, rcond=None)[0]
    return residual


def _judged_by_student(residual: Floats, left_of_l0: Floats, freedom: int, slope: float) -> tuple[float, float]:
    standard_error = math.sqrt(float(residual @ residual) / freedom / float(left_of_l0 @ left_of_l0))
    return standard_error, 2 * float(special.stdtr(freedom, -abs(slope) / standard_error)) if standard_error else float(
        slope == 0
    )


def _judged_by_moving(
    left_of_values: Floats, log_l0: Floats, beside: Floats, by_layer: Integers, slope: float
) -> tuple[float, float]:
    """Spread of the slopes on log L0 moved along the layers, and the rank of the correlation among theirs."""
    inverse = np.argsort(by_layer)
    along = log_l0[by_layer]
    moved = [np.roll(series, step)[inverse] for series in (along, along[::-1]) for step in range(len(along))]
    left = [_residual(one, beside) for one in moved]
    correlations = np.array([abs(one @ left_of_values) / math.sqrt(one @ one) for one in left])
    slopes = np.array([one @ left_of_values / (one @ one) for one in left[1:]])
    at_least = np.count_nonzero(correlations[1:] >= correlations[0] * (1 - 1e-12))
    return float(np.sqrt(np.mean(slopes**2))) if slope else 0.0, (1 + at_least) / len(moved)


def _adjustment(column: str, valued: Sequence[tuple[Row, float | None]]) -> Adjustment:
    known = [(row.name, value, row.sae.l0, layer_of(row.sae)) for row, value in valued if value is not None and row.sae]
    names, values, l0, layers = zip(*known, strict=True) if known else ((), (), (), ())
    has_layers = bool(layers) and all(layer is not None for layer in layers)
    return regress_on_log_l0(
        column,
        names,
        np.array(values, np.float64),
        np.array(l0, np.float64),
        np.array(layers, np.float64) if has_layers else None,
    )


def _depth(layers: Floats | None) -> tuple[Depth, int]:
    """What depth enters as, and the degree of the polynomial: one for each `SAES_PER_DEGREE` SAEs, two at most."""
    if layers is None or len(np.unique(layers)) == 1:
        return "nothing", 0
    n, n_layers = len(layers), len(np.unique(layers))
    if n - n_layers - 1 >= MIN_FREEDOM:
        return "factor", 0
    return "polynomial", min(MAX_DEGREE, (n - 2) // SAES_PER_DEGREE, n_layers - 1)


def _beside(layers: Floats, depth: Depth, degree: int) -> Floats:
    """Columns beside log L0: a constant, Legendre polynomials in the layer scaled to [-1, 1], or one for each layer."""
    if depth == "nothing":
        return np.ones((len(layers), 1))
    if depth == "factor":
        return np.asarray(layers[:, None] == np.unique(layers), np.float64)
    span = layers.max() - layers.min()
    return np.polynomial.legendre.legvander(2 * (layers - layers.min()) / span - 1, degree)
