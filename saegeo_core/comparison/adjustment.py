"""Each metric's regression on log L0, and its values as they would be at one common L0."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from saegeo_core.comparison.confounding import L0_RATIO
from saegeo_core.comparison.sae_names import layer_of
from saegeo_core.comparison.table import Column, Row
from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats

MIN_SAES = 8
MAX_DEGREE = 4
SAES_PER_DEGREE = 5
"""How many SAEs each further power of the layer needs."""


@dataclass(frozen=True)
class Adjustment:
    """One metric regressed on log L0 by ordinary least squares.

    Attributes:
        column: `plugin.metric`.
        reason: why there is no regression, or nothing; the rest is then empty.
        degree: of the polynomial in layer beside log L0; 0 is a constant.
        n: SAEs with L0 and a value (and a layer, where that enters).
        slope: change of the metric where L0 grows by a factor e, with its standard error and two-sided p-value.
        r_squared: of the regression; r_squared_without_l0: of the same without log L0.
        l0: geometric mean of the L0, where the adjusted values hold.
        values: row name to adjusted value.
    """

    column: str
    reason: str = ""
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
    """The regression of `values`, shape (n,), on log L0 and, where layers are given, a polynomial in them.

    The polynomial takes what changes smoothly with depth, so that log L0 is judged by what remains.
    """
    n = len(values)
    if n < MIN_SAES:
        return Adjustment(column, f"{n} of the SAEs have a value and a known L0; {MIN_SAES} are needed")
    if l0.max() <= L0_RATIO * l0.min():
        return Adjustment(column, f"L0 runs from {l0.min():.3g} to {l0.max():.3g} only, too little to see what it does")
    degree = _degree(n, layers)
    log_l0 = np.log(l0) - np.log(l0).mean()
    powers = _powers(layers, degree) if layers is not None and degree else np.ones((n, 1))
    design = np.column_stack([powers, log_l0])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return Adjustment(column, "L0 follows the layer so closely that the two cannot be told apart")
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    residual = values - design @ coefficients
    freedom = n - design.shape[1]
    variance = float(residual @ residual) / freedom
    standard_error = math.sqrt(variance * float(np.linalg.inv(design.T @ design)[-1, -1]))
    slope = float(coefficients[-1])
    without = values - powers @ np.linalg.lstsq(powers, values, rcond=None)[0]
    total = float(((values - values.mean()) ** 2).sum())
    return Adjustment(
        column=column,
        degree=degree,
        n=n,
        slope=slope,
        standard_error=standard_error,
        pvalue=2 * float(stats.t.sf(abs(slope) / standard_error, freedom)) if standard_error else float(slope == 0),
        r_squared=1 - float(residual @ residual) / total if total else 0.0,
        r_squared_without_l0=1 - float(without @ without) / total if total else 0.0,
        l0=float(np.exp(np.log(l0).mean())),
        values=dict(zip(names, (values - slope * log_l0).tolist(), strict=True)),
    )


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


def _degree(n: int, layers: Floats | None) -> int:
    """Degree of the polynomial in layer: one for each `SAES_PER_DEGREE` SAEs, below the number of layers, four at most."""
    if layers is None:
        return 0
    return max(0, min(MAX_DEGREE, (n - 2) // SAES_PER_DEGREE, len(np.unique(layers)) - 1))


def _powers(layers: Floats, degree: int) -> Floats:
    """Legendre polynomials in the layer scaled to [-1, 1], shape (n, degree + 1): powers without their near-collinearity."""
    span = layers.max() - layers.min()
    return np.polynomial.legendre.legvander(2 * (layers - layers.min()) / span - 1, degree)
