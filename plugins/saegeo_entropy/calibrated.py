"""The calibrated preset: what of the cloud its mean and covariance do not explain."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.null_draws import nulls_of_draws
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.measuring.resampled import spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.distinct_rows import distinct_rows
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_entropy.angular_gaussian import LEADING_AXES
from saegeo_entropy.declared import CLUSTERING, NEAR_ROWS, REPETITION
from saegeo_entropy.kozachenko_leonenko import (
    Negentropy,
    gaussian_entropy,
    negentropy_of_points,
    raw_negentropy,
)
from saegeo_entropy.neighbor_statistics import (
    MIN_NEAR_ROWS,
    N_NEIGHBORS,
    NeighborStatistics,
    added_by_rows,
    joined_with_nearest,
    neighbor_statistics,
)
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
    kin = kin_of(cloud, device=context.device, watch=context.watch("kin"))
    near_rows = rows.draw(n_neighbor_rows, context.rng)
    axes, near_axes = _axes(rows, near_rows, q)
    return Findings.joined(
        _clustering(rows, axes, kin[rows.index], context, q=q, k=k, null_draws=null_draws),
        _neighborhoods(near_rows, near_axes, kin[near_rows.index], context, null_draws=null_draws),
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
    near_rows = rows.draw(n_neighbor_rows, context.rng)
    axes, near_axes = _axes(rows, near_rows, q)
    widths = _widths(axes, q)
    if not _why_no_clustering(axes, widths, k):
        points = {width: axes.scores[:, :width] for width in widths}
        numbers["negentropy"] = raw_negentropy(points[widths[0]], k, context.device)
        numbers["entropy"] = gaussian_entropy(points[widths[0]]) - numbers["negentropy"]
        if WIDE_Q in widths:
            numbers["negentropy_q100"] = raw_negentropy(points[WIDE_Q], k, context.device)
    if not _why_no_neighborhoods(near_axes):
        near = neighbor_statistics(near_rows.vectors, context.device).numbers()
        numbers |= {name: number for name, number in near.items() if np.isfinite(number)}
    return numbers


def _axes(rows: ScoredRows, near_rows: ScoredRows, q: int) -> tuple[PrincipalAxes, PrincipalAxes]:
    """Principal axes of the rows, and of those among them whose distances are measured."""
    n_scores = max(q, WIDE_Q, LEADING_AXES)
    axes = principal_axes(rows.vectors, n_scores)
    return axes, axes if near_rows is rows else principal_axes(near_rows.vectors, n_scores)


class Estimated(NamedTuple):
    """One number of the rows.

    Attributes:
        number: the estimate.
        spread: how well it is known.
        nulls: the draws that it is compared with.
        addition: what its description says of this cloud.
    """

    number: float
    spread: Spread | Absent
    nulls: Nulls
    addition: str


def _clustering(
    rows: ScoredRows, axes: PrincipalAxes, kin: Integers, context: AnalysisContext, *, q: int, k: int, null_draws: int
) -> Findings:
    """Negentropy and entropy of the rows' leading principal components, beside their surrogates; `kin` is of each row."""
    n, widths = len(rows), _widths(axes, q)
    wanted, q = q, widths[0]
    if reason := _why_no_clustering(axes, widths, k):
        return CLUSTERING.absent(reason, n)

    draws = negentropy_draws(rows, axes, widths, k, null_draws, watch=context.watch("surrogates"))
    raw = {
        width: negentropy_of_points(axes.scores[:, :width], k, context.device)
        for width in context.progress(widths, len(widths), "the cloud's own rows")
    }
    estimated = {
        "negentropy": _negentropy(raw[q], draws[q], q, kin),
        "entropy": _entropy(raw[q], draws[q], axes.scores[:, :q], kin),
    }
    if WIDE_Q in widths:
        estimated["negentropy_q100"] = _negentropy(raw[WIDE_Q], draws[WIDE_Q], WIDE_Q, kin)

    limit, mean = _limit(n, axes.rank), judging_mean(draws[q])
    too_wide: dict[str, float | Absent] = dict.fromkeys(CLUSTERING, Absent(f"q = {WIDE_Q} is too many: {limit}"))
    table = surrogates_table(
        estimated["negentropy"].number, {model: values - mean for model, values in draws[q].items()}
    )
    return CLUSTERING.findings(
        too_wide | {name: one.number for name, one in estimated.items()},
        n=n,
        spread={name: one.spread for name, one in estimated.items()},
        nulls={name: one.nulls for name, one in estimated.items()},
        additions={name: one.addition for name, one in estimated.items()},
        tables={"surrogates": table},
        figures=[surrogates_figure(table, q)],
        warnings=[] if q == wanted else [f"q was lowered from {wanted} to {q}: {limit}"],
    )


def _negentropy(raw: Negentropy, draws: Mapping[str, Floats], q: int, kin: Integers) -> Estimated:
    """Calibrated negentropy of points in q dimensions, each of some kin."""
    mean = judging_mean(draws)
    return Estimated(
        raw.value - mean,
        spread_by_kin(raw.value - mean, raw.added, kin),
        {model: Draws(values, shift=mean) for model, values in draws.items()},
        f" q = {q}; the surrogates' mean, {mean:.4f} nats, was subtracted.",
    )


def _entropy(raw: Negentropy, draws: Mapping[str, Floats], points: Floats, kin: Integers) -> Estimated:
    """Entropy of points (n, q), and that of the nulls at the same covariance."""
    most = gaussian_entropy(points)
    return Estimated(
        most - raw.value,
        spread_by_kin(most - raw.value, raw.added_to_entropy, kin),
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
    if k >= n:
        return f"{n} rows have no {k}-th neighbor: k is too large"
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


def _neighborhoods(
    rows: ScoredRows, axes: PrincipalAxes, kin: Integers, context: AnalysisContext, *, null_draws: int
) -> Findings:
    """Distances between near rows in all dimensions, and intrinsic dimension at many scales, beside their nulls."""
    n = len(rows)
    if reason := _why_no_neighborhoods(axes):
        return NEAR_ROWS.absent(reason, n)

    draws = neighbor_draws(rows, axes, null_draws, context.device, watch=context.watch("distances of surrogates"))
    neighbors = euclidean_neighbors(rows.vectors, N_NEIGHBORS, device=context.device)
    distances, kin = neighbors.distances, joined_with_nearest(kin, neighbors.indices[:, 0])
    observed = NeighborStatistics.of_distances(distances)
    finite = {name: number for name, number in observed.numbers().items() if np.isfinite(number)}
    added = added_by_rows(distances) if finite else {}
    at_one_distance = Absent("every row has its nearest rows at one distance: the dimension is infinite")
    infinite: dict[str, float | Absent] = dict.fromkeys(NEAR_ROWS, at_one_distance)
    tables = {}
    if np.isfinite(observed.as_array()).all():
        tables["intrinsic_dimension"] = dimensions_table(observed, draws)
    return NEAR_ROWS.findings(
        infinite | finite,
        n=n,
        spread={name: spread_by_kin(finite[name], added[name], kin) for name in added.keys() & finite.keys()},
        nulls=nulls_of_draws({model: [one.numbers() for one in clouds] for model, clouds in draws.items()}),
        additions=dict.fromkeys(finite, f" {n} rows: it depends on how many."),
        tables=tables,
        figures=[dimensions_figure(table) for table in tables.values()],
    )
