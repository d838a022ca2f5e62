"""Negentropy of the leading principal components at q = 20 and q = 100, and entropy, beside their surrogates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, Figure, Findings, Metric, Replicates
from saegeo_core.measuring.cache import cached_draws
from saegeo_core.numerics.distinct_rows import distinct_rows
from saegeo_entropy import angular_surrogates
from saegeo_entropy.angular_gaussian import angular_gaussian
from saegeo_entropy.described import DESCRIBED
from saegeo_entropy.gaussian_surrogates import gaussian_negentropies
from saegeo_entropy.judged import ANGULAR, GAUSSIAN, Draws, compared, subsampled
from saegeo_entropy.kozachenko_leonenko import standard_normal_entropy
from saegeo_entropy.negentropy import entropy, raw_negentropy
from saegeo_entropy.parameters import EntropyParameters
from saegeo_entropy.principal_axes import PrincipalAxes
from saegeo_entropy.scored_rows import ScoredRows
from saegeo_entropy.whitening import whiten

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

METRICS = ("negentropy", "negentropy_q100", "entropy")

WIDE_Q = 100
ROWS_PER_DIMENSION = 4
"""Rows needed for each dimension: with fewer, whitening makes all rows nearly equally far from each other."""

N_BINS = 60
"""Of the histogram of surrogates."""


def negentropy_findings(
    rows: ScoredRows, axes: PrincipalAxes, parameters: EntropyParameters, context: AnalysisContext, seed: int
) -> Findings:
    """Metrics, table and figure of the rows' leading principal components."""
    n, widest = len(rows), min(axes.rank, len(rows) // ROWS_PER_DIMENSION)
    q = min(parameters.q, widest)
    widths = [q] if widest < WIDE_Q else list(dict.fromkeys([q, WIDE_Q]))
    reason = _why_none(axes, widths, parameters.k)
    if reason:
        return Findings([DESCRIBED.missing(name, reason, n) for name in METRICS])

    nulls = surrogate_draws(rows, axes, widths, parameters)
    scored = {
        width: Scored(axes.scores[:, :width], parameters.k, nulls[width], seed, context.device) for width in widths
    }
    key = rows.subsamples(seed)
    found, kept = scored[q].negentropy("negentropy", key)
    found_entropy, kept_entropy = scored[q].entropy(key)
    table, figure = _histogram(found, scored[q])
    metrics, replicates = [found], [kept, kept_entropy]
    if WIDE_Q in scored:
        wide, kept_wide = scored[WIDE_Q].negentropy("negentropy_q100", key)
        metrics, replicates = [*metrics, wide], [*replicates, kept_wide]
    else:
        metrics.append(DESCRIBED.missing("negentropy_q100", f"q = {WIDE_Q} is too many: {_limit(n, axes.rank)}", n))
    warnings = [] if q == parameters.q else [f"q was lowered from {parameters.q} to {q}: {_limit(n, axes.rank)}"]
    return Findings(
        [*metrics, found_entropy], {"surrogates": table}, [figure], warnings=warnings, replicates=replicates
    )


def _why_none(axes: PrincipalAxes, widths: list[int], k: int) -> str:
    """Why nothing can be estimated, or nothing."""
    n = len(axes.scores)
    if k >= round(0.8 * n):
        return f"subsamples of 80 % of {n} rows have no {k}-th neighbor: k is too large"
    for width in widths:
        if not distinct_rows(torch.from_numpy(axes.scores[:, :width])).all():
            return f"rows that differ coincide in the first {width} principal components"
    return ""


def surrogate_draws(
    rows: ScoredRows, axes: PrincipalAxes, widths: list[int], parameters: EntropyParameters
) -> dict[int, Draws]:
    """For each q the raw negentropies of its nulls. Rows of one length are judged on the sphere."""
    n, k, n_draws = len(rows), parameters.k, parameters.n_surrogates
    angular: dict[int, Floats] = {}
    if rows.have_one_length:
        q = tuple(widths)
        key = {"recipe": angular_surrogates.RECIPE, "rows": rows.digest, "q": q, "k": k}

        def draw(count: int) -> Floats:
            return angular_surrogates.angular_negentropies(angular_gaussian(axes, n), n, q, k, count)

        angular = dict(zip(q, cached_draws("entropy-angular", key, n_draws, draw).T, strict=True))
    return {
        width: {
            **({ANGULAR: angular[width]} if width in angular else {}),
            GAUSSIAN: gaussian_negentropies(n, width, k, n_draws),
        }
        for width in widths
    }


@dataclass(frozen=True, eq=False)
class Scored:
    """Points and their surrogates at one q.

    Attributes:
        points: (n, q), scores of principal components.
        k: which neighbor.
        draws: raw negentropies of the nulls, the judging one first.
        seed: draws the subsamples.
        device: where neighbors are looked for.
    """

    points: Floats
    k: int
    draws: Draws
    seed: int
    device: str

    @property
    def judge_mean(self) -> float:
        """Mean raw negentropy of the judging null: what the estimate reads where there is nothing."""
        return float(next(iter(self.draws.values())).mean())

    def calibrated_draws(self) -> Draws:
        """The draws as calibrated negentropies."""
        return {model: values - self.judge_mean for model, values in self.draws.items()}

    def negentropy(self, name: str, key: str) -> tuple[Metric, Replicates]:
        """The calibrated negentropy under a metric's name."""
        shift = self.judge_mean
        n, q = self.points.shape
        result = subsampled(lambda rows: self._raw(self.points[rows]) - shift, n, self.seed)
        addition = f" q = {q}; the surrogates' mean, {shift:.4f} nats, was subtracted."
        nulls = compared(result.estimate + shift, self.draws, "greater", shift=shift)
        metric = DESCRIBED.metric(name, result.estimate, n, interval=result.interval(), nulls=nulls, addition=addition)
        return metric, result.kept_for(name, key)

    def entropy(self, key: str) -> tuple[Metric, Replicates]:
        """The entropy, and that of the nulls at the same covariance."""
        n, q = self.points.shape
        result = subsampled(lambda rows: entropy(self.points[rows], self.k, self.device), n, self.seed)
        _, half_log_determinant = whiten(self.points)
        most = half_log_determinant + standard_normal_entropy(q)
        nulls = compared(result.estimate, {model: most - values for model, values in self.draws.items()}, "less")
        metric = DESCRIBED.metric(
            "entropy", result.estimate, n, interval=result.interval(), nulls=nulls, addition=f" q = {q}."
        )
        return metric, result.kept_for("entropy", key)

    def _raw(self, points: Floats) -> float:
        return raw_negentropy(points, self.k, self.device)


def _histogram(found: Metric, scored: Scored) -> "tuple[pd.DataFrame, Figure]":
    """Shares of surrogates in bins of calibrated negentropy; the observed one is a column with a single 1."""
    import pandas as pd

    draws = scored.calibrated_draws()
    columns = {"observed": np.array([found.estimate])}
    columns |= {"angular" if model == ANGULAR else "gaussian": values for model, values in draws.items()}
    everything = np.concatenate(list(columns.values()))
    edges = np.histogram_bin_edges(everything, N_BINS)
    shares = {name: np.histogram(values, edges)[0] / len(values) for name, values in columns.items()}
    table = pd.DataFrame({"negentropy": (edges[:-1] + edges[1:]) / 2, **shares})
    q = scored.points.shape[1]
    figure = Figure(
        name="negentropy_and_surrogates",
        title=f"Negentropy against its surrogates, q = {q}",
        kind="step",
        table="surrogates",
        x="negentropy",
        y=tuple(columns),
        x_title="negentropy less the mean of the judging surrogates, nats",
        y_title="share of draws",
        caption="The rows are one draw; what lies to the right of all surrogates has more structure than they.",
    )
    return table, figure


def _limit(n: int, rank: int) -> str:
    """What bounds q."""
    if rank <= n // ROWS_PER_DIMENSION:
        return f"the rows span {rank} dimension{'s' * (rank > 1)}"
    return f"{n} rows are enough for {n // ROWS_PER_DIMENSION} ({ROWS_PER_DIMENSION} for each dimension)"
