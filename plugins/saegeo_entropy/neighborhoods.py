"""Metrics of near rows in all dimensions: distance, and intrinsic dimension at many scales, beside their nulls."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, Figure, Findings, Metric, Replicates
from saegeo_core.measuring.cache import cached_draws
from saegeo_entropy.angular_gaussian import angular_gaussian
from saegeo_entropy.described import DESCRIBED
from saegeo_entropy.judged import ANGULAR, GAUSSIAN, compared, subsampled
from saegeo_entropy.neighbor_statistics import (
    LEAST_ROWS,
    N_NEIGHBORS,
    RECIPE,
    NeighborStatistics,
    neighbor_statistics,
    null_statistics,
)
from saegeo_entropy.parameters import EntropyParameters
from saegeo_entropy.principal_axes import PrincipalAxes
from saegeo_entropy.scored_rows import ScoredRows

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVEN = 1 + 1e-9
"""Ratio of the largest variance to the smallest below which n rows in n - 1 dimensions are the corners of a simplex."""

METRICS: dict[str, Callable[[NeighborStatistics], float]] = {
    "nearest_neighbor_distance": lambda near: float(near.mean_distances[0]),
    "intrinsic_dimension_twonn": lambda near: near.dimension_twonn,
    "intrinsic_dimension_mle": lambda near: near.dimension_mle,
}


def neighbor_findings(
    rows: ScoredRows, axes: PrincipalAxes, parameters: EntropyParameters, context: AnalysisContext, seed: int
) -> Findings:
    """Metrics, table and figure of distances between rows."""
    n = len(rows)
    if n < LEAST_ROWS:
        reason = f"{n} rows are too few for {N_NEIGHBORS} near ones: {LEAST_ROWS} are needed"
        return Findings([DESCRIBED.missing(name, reason, n) for name in METRICS])
    if axes.rank == n - 1 and axes.variances[0] < EVEN * axes.variances[-1]:
        return Findings([DESCRIBED.missing(name, "all rows are equally far from each other", n) for name in METRICS])
    draws = _null_draws(rows, axes, parameters.n_surrogates, context.device)
    subsamples = _Subsamples(rows, context.device)
    observed = subsamples.statistics(np.arange(n))
    found = [_metric(name, subsamples, draws, seed) for name in METRICS]
    metrics, replicates = [metric for metric, _ in found], [one for _, kept in found for one in kept]
    if not np.isfinite(observed.as_array()).all():
        return Findings(metrics, replicates=replicates)
    table, figure = _by_scale(observed, draws)
    return Findings(metrics, {"intrinsic_dimension": table}, [figure], replicates=replicates)


def _null_draws(
    rows: ScoredRows, axes: PrincipalAxes, n_draws: int, device: str
) -> dict[str, list[NeighborStatistics]]:
    """Statistics of null clouds by the name of the null, the judging one first."""
    n, is_angular = len(rows), rows.have_one_length

    def draw(count: int) -> Floats:
        angular = angular_gaussian(axes, n) if is_angular else None
        return null_statistics(n, axes.variances, angular, float(rows.lengths.mean()), n_draws=count, device=device)

    key = {"recipe": RECIPE, "rows": rows.digest, "angular": is_angular}
    arrays = cached_draws("entropy-neighbors", key, n_draws, draw)
    models = [GAUSSIAN, ANGULAR][: arrays.shape[1]]
    return {
        model: [NeighborStatistics.from_array(one[place]) for one in arrays]
        for place, model in reversed(list(enumerate(models)))
    }


class _Subsamples:
    """Statistics of some of the rows, computed once for all metrics."""

    def __init__(self, rows: ScoredRows, device: str) -> None:
        self.rows = rows
        self._device = device
        self._known: dict[bytes, NeighborStatistics] = {}

    def statistics(self, chosen: Integers) -> NeighborStatistics:
        key = chosen.tobytes()
        if key not in self._known:
            self._known[key] = neighbor_statistics(self.rows.vectors[chosen], self._device)
        return self._known[key]


def _metric(
    name: str, subsamples: _Subsamples, draws: dict[str, list[NeighborStatistics]], seed: int
) -> tuple[Metric, list[Replicates]]:
    of, rows = METRICS[name], subsamples.rows
    if not np.isfinite(of(subsamples.statistics(np.arange(len(rows))))):
        return DESCRIBED.missing(
            name, "every row has its nearest rows at one distance: the dimension is infinite", len(rows)
        ), []
    result = subsampled(lambda chosen: of(subsamples.statistics(chosen)), len(rows), seed)
    nulls = {model: np.array([of(one) for one in clouds]) for model, clouds in draws.items()}
    metric = DESCRIBED.metric(
        name,
        result.estimate,
        len(rows),
        interval=result.interval(),
        nulls=compared(result.estimate, nulls, "two-sided"),
        addition=f" {len(rows)} rows: it depends on how many.",
    )
    return metric, [result.kept_for(name, rows.subsamples(seed))]


def _by_scale(
    observed: NeighborStatistics, draws: dict[str, list[NeighborStatistics]]
) -> "tuple[pd.DataFrame, Figure]":
    """Dimension against the number of neighbors it is taken from, with means and 95 % ranges of the nulls."""
    import pandas as pd

    columns = {"neighbors": np.arange(3, N_NEIGHBORS + 1), "mean_distance": observed.mean_distances[2:]}
    columns["observed"] = observed.dimension_by_scale
    shown = ["observed"]
    for model, clouds in draws.items():
        name = "angular" if model == ANGULAR else "gaussian"
        dimensions = np.array([one.dimension_by_scale for one in clouds])
        columns[name] = dimensions.mean(0)
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(dimensions, [0.025, 0.975], axis=0)
        shown.append(name)
    figure = Figure(
        name="intrinsic_dimension_by_scale",
        title="Intrinsic dimension against scale",
        kind="line",
        table="intrinsic_dimension",
        x="neighbors",
        y=tuple(shown),
        x_title="nearest rows it is taken from",
        y_title="dimensions",
        caption="In many dimensions every estimate reads far too low: compare with the nulls, not with the width.",
    )
    return pd.DataFrame(columns), figure
