"""The calibrated preset: what of the cloud its mean and covariance do not explain."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.null_draws import nulls_of_draws
from saegeo_core.measuring.resampled import subsampled
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.distinct_rows import distinct_rows
from saegeo_entropy.declared import CLUSTERING, NEAR_ROWS, REPETITION
from saegeo_entropy.kozachenko_leonenko import entropy, gaussian_entropy, raw_negentropy
from saegeo_entropy.neighbor_statistics import MIN_NEAR_ROWS, N_NEIGHBORS, neighbor_statistics
from saegeo_entropy.principal_axes import PrincipalAxes, principal_axes
from saegeo_entropy.scored_rows import ScoredRows, distinct_features, scored_rows
from saegeo_entropy.surrogates import negentropy_draws, neighbor_draws
from saegeo_entropy.tables import dimensions_figure, dimensions_table, surrogates_figure, surrogates_table

MIN_ROWS = 16
"""Different rows below which nothing is estimated."""

WIDE_Q = 100
ROWS_PER_DIMENSION = 4
"""Rows needed for each dimension: with fewer, whitening makes all rows nearly equally far from each other."""

EVEN = 1 + 1e-9
"""Ratio of the largest variance to the smallest below which n rows in n - 1 dimensions are the corners of a simplex."""


def calibrated_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    n_rows: int,
    n_neighbor_rows: int,
    q: int,
    k: int,
    null_draws: int,
) -> Findings:
    """Score the different rows of a cloud.

    Args:
        cloud: the cloud.
        context: of the run.
        n_rows: rows scored at most.
        n_neighbor_rows: rows at most whose distances are measured.
        q: principal components of the headline, at most.
        k: which nearest neighbor entropy is estimated from.
        null_draws: draws of each null.
    """
    features = distinct_features(cloud)
    repetition = REPETITION.findings({"duplicate_rows": cloud.n_features - len(features)}, n=cloud.n_features)
    if len(features) < MIN_ROWS:
        reason = f"{len(features)} different rows are too few: {MIN_ROWS} are needed"
        return Findings.joined(CLUSTERING.absent(reason), NEAR_ROWS.absent(reason), repetition)
    rows = scored_rows(cloud, features, n_rows, context.rng)
    near_rows = rows.draw(n_neighbor_rows, context.rng)
    seed = int(context.rng.integers(2**32))
    axes = principal_axes(rows.vectors)
    near_axes = axes if near_rows is rows else principal_axes(near_rows.vectors)
    return Findings.joined(
        _clustering(rows, axes, seed, q=q, k=k, null_draws=null_draws, device=context.device),
        _neighborhoods(near_rows, near_axes, seed, null_draws=null_draws, device=context.device),
        repetition,
    )


def estimates_of(
    cloud: FeatureCloud, context: AnalysisContext, *, n_rows: int, n_neighbor_rows: int, q: int, k: int
) -> dict[str, float]:
    """The numbers that need no surrogates, those that are defined; arguments as above. Negentropies are raw.

    What surrogates of equal covariance read hardly differs between parts of one dictionary: of Gaussian rows it is the same for
    all parts of one size.
    """
    features = distinct_features(cloud)
    numbers = {"duplicate_rows": float(cloud.n_features - len(features))}
    if len(features) < MIN_ROWS:
        return numbers
    rows = scored_rows(cloud, features, n_rows, context.rng)
    near_rows, axes = rows.draw(n_neighbor_rows, context.rng), principal_axes(rows.vectors)
    widths = _widths(axes, q)
    if not _why_no_clustering(axes, widths, k):
        points = {width: axes.scores[:, :width] for width in widths}
        numbers["negentropy"] = raw_negentropy(points[widths[0]], k, context.device)
        numbers["entropy"] = entropy(points[widths[0]], k, context.device)
        if WIDE_Q in widths:
            numbers["negentropy_q100"] = raw_negentropy(points[WIDE_Q], k, context.device)
    near_axes = axes if near_rows is rows else principal_axes(near_rows.vectors)
    if not _why_no_neighborhoods(near_axes):
        near = neighbor_statistics(near_rows.vectors, context.device).numbers()
        numbers |= {name: number for name, number in near.items() if np.isfinite(number)}
    return numbers


class Estimator(NamedTuple):
    """One number of some of the rows.

    Attributes:
        of: the number of the rows with the given ascending indices.
        nulls: the draws that all rows are compared with.
        addition: what its description says of this cloud.
    """

    of: Callable[[Integers], float]
    nulls: Nulls
    addition: str


def _clustering(
    rows: ScoredRows, axes: PrincipalAxes, seed: int, *, q: int, k: int, null_draws: int, device: str
) -> Findings:
    """Negentropy and entropy of the rows' leading principal components, beside their surrogates."""
    n, widths = len(rows), _widths(axes, q)
    wanted, q = q, widths[0]
    if reason := _why_no_clustering(axes, widths, k):
        return CLUSTERING.absent(reason, n)

    components = {width: axes.scores[:, :width] for width in widths}
    draws = negentropy_draws(rows, axes, widths, k, null_draws)
    estimators = {
        "negentropy": _negentropy(components[q], draws[q], k, device),
        "entropy": _entropy(components[q], draws[q], k, device),
    }
    if WIDE_Q in widths:
        estimators["negentropy_q100"] = _negentropy(components[WIDE_Q], draws[WIDE_Q], k, device)

    def measure(chosen: Integers) -> dict[str, float]:
        return {name: estimator.of(chosen) for name, estimator in estimators.items()}

    numbers, limit, mean = measure(np.arange(n)), _limit(n, axes.rank), judging_mean(draws[q])
    too_wide: dict[str, float | Absent] = dict.fromkeys(CLUSTERING, Absent(f"q = {WIDE_Q} is too many: {limit}"))
    table = surrogates_table(numbers["negentropy"], {model: values - mean for model, values in draws[q].items()})
    return CLUSTERING.findings(
        too_wide | numbers,
        n=n,
        spread=subsampled(measure, numbers, n, np.random.default_rng(seed), of=f"rows {rows.digest}"),
        nulls={name: estimator.nulls for name, estimator in estimators.items()},
        additions={name: estimator.addition for name, estimator in estimators.items()},
        tables={"surrogates": table},
        figures=[surrogates_figure(table, q)],
        warnings=[] if q == wanted else [f"q was lowered from {wanted} to {q}: {limit}"],
    )


def _negentropy(points: Floats, draws: Mapping[str, Floats], k: int, device: str) -> Estimator:
    """Calibrated negentropy of points (n, q)."""
    mean = judging_mean(draws)
    return Estimator(
        lambda chosen: raw_negentropy(points[chosen], k, device) - mean,
        {model: Draws(values, shift=mean) for model, values in draws.items()},
        f" q = {points.shape[1]}; the surrogates' mean, {mean:.4f} nats, was subtracted.",
    )


def _entropy(points: Floats, draws: Mapping[str, Floats], k: int, device: str) -> Estimator:
    """Entropy of points (n, q), and that of the nulls at the same covariance."""
    most = gaussian_entropy(points)
    return Estimator(
        lambda chosen: entropy(points[chosen], k, device),
        {model: most - values for model, values in draws.items()},
        f" q = {points.shape[1]}.",
    )


def judging_mean(draws: Mapping[str, Floats]) -> float:
    """Mean raw negentropy of the judging null, the first: what the estimate reads where there is nothing."""
    return float(next(iter(draws.values())).mean())


def _widths(axes: PrincipalAxes, q: int) -> list[int]:
    """How many components are looked at: q, or as many as there are rows for, and 100 where there are rows for them."""
    widest = min(axes.rank, len(axes.scores) // ROWS_PER_DIMENSION)
    q = min(q, widest)
    return [q] if widest < WIDE_Q else list(dict.fromkeys([q, WIDE_Q]))


def _why_no_clustering(axes: PrincipalAxes, widths: list[int], k: int) -> str:
    """Why nothing can be estimated; "" where it can."""
    n = len(axes.scores)
    if k >= round(0.8 * n):
        return f"subsamples of 80 % of {n} rows have no {k}-th neighbor: k is too large"
    for width in widths:
        if not distinct_rows(torch.from_numpy(axes.scores[:, :width])).all():
            return f"rows that differ coincide in the first {width} principal components"
    return ""


def _limit(n: int, rank: int) -> str:
    """What bounds q."""
    if rank <= n // ROWS_PER_DIMENSION:
        return f"the rows span {rank} dimension{'s' * (rank > 1)}"
    return f"{n} rows are enough for {n // ROWS_PER_DIMENSION} ({ROWS_PER_DIMENSION} for each dimension)"


def _why_no_neighborhoods(axes: PrincipalAxes) -> str:
    """Why no distances are measured; "" where they are."""
    n = len(axes.scores)
    if n < MIN_NEAR_ROWS:
        return f"{n} rows are too few for {N_NEIGHBORS} near ones: {MIN_NEAR_ROWS} are needed"
    if axes.rank == n - 1 and axes.variances[0] < EVEN * axes.variances[-1]:
        return "all rows are equally far from each other"
    return ""


def _neighborhoods(rows: ScoredRows, axes: PrincipalAxes, seed: int, *, null_draws: int, device: str) -> Findings:
    """Distances between near rows in all dimensions, and intrinsic dimension at many scales, beside their nulls."""
    n = len(rows)
    if reason := _why_no_neighborhoods(axes):
        return NEAR_ROWS.absent(reason, n)

    def measure(chosen: Integers) -> dict[str, float]:
        return neighbor_statistics(rows.vectors[chosen], device).numbers()

    draws = neighbor_draws(rows, axes, null_draws, device)
    observed = neighbor_statistics(rows.vectors, device)
    finite = {name: number for name, number in observed.numbers().items() if np.isfinite(number)}
    at_one_distance = Absent("every row has its nearest rows at one distance: the dimension is infinite")
    infinite: dict[str, float | Absent] = dict.fromkeys(NEAR_ROWS, at_one_distance)
    tables = {}
    if np.isfinite(observed.as_array()).all():
        tables["intrinsic_dimension"] = dimensions_table(observed, draws)
    return NEAR_ROWS.findings(
        infinite | finite,
        n=n,
        spread=subsampled(measure, finite, n, np.random.default_rng(seed), of=f"rows {rows.digest}"),
        nulls=nulls_of_draws({model: [one.numbers() for one in clouds] for model, clouds in draws.items()}),
        additions=dict.fromkeys(finite, f" {n} rows: it depends on how many."),
        tables=tables,
        figures=[dimensions_figure(table) for table in tables.values()],
    )
