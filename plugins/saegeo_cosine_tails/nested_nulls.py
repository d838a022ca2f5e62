"""Three nulls, each keeping more of the cloud than the one before: nothing, its common mean, its covariance too."""

import numpy as np
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, FeatureCloud, NullComparison
from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines
from saegeo_core.statistics.laws import CountLaw
from saegeo_core.statistics.null_directions import (
    LEAST_FEATURES,
    MOST_CONCENTRATED,
    ProjectedGaussian,
    angular_gaussian_directions,
    common_mean_directions,
)
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.uniform_directions import tail_count_law, tail_probability
from saegeo_cosine_tails.uniform_laws import Comparison

UNIFORM = "uniform directions (exact)"
COMMON_MEAN = "uniform directions with the cloud's common mean"
MATCHED = "angular Gaussian with the cloud's mean and covariance, matched off the diagonal"
HISTOGRAM_DRAWS = 1024


class NestedNulls:
    """The nulls of one cloud at one threshold. The one that keeps most judges, so it comes first in every list."""

    def __init__(
        self, cloud: FeatureCloud, cosines: PairwiseCosines, threshold: float, context: AnalysisContext
    ) -> None:
        """`threshold` is the one whose counts are the first of `cosines`."""
        self._cosines, self._threshold, self._rng = cosines, threshold, context.rng
        n, d = cloud.n_features, cloud.d_in
        self.tail_probability = float(tail_probability(threshold, d))
        moment = second_moment(cloud.vectors, device=context.device).numpy(force=True)
        mean = mean_direction(cloud.vectors, device=context.device).numpy(force=True)
        self.mean_squared_cosine = float((n * (moment**2).sum() - 1) / (n - 1))
        self._matched: ProjectedGaussian | None = None
        sampled: list[tuple[str, ProjectedGaussian]] = []
        if n >= LEAST_FEATURES and self.mean_squared_cosine <= MOST_CONCENTRATED:
            self._matched = angular_gaussian_directions(moment, mean, n)
            sampled = [(MATCHED, self._matched), (COMMON_MEAN, common_mean_directions(mean, n))]
        self._pairs = {name: sample_null_pairs(null, threshold, context.rng) for name, null in sampled}

    def of_tail(self, tail: str, count: int) -> tuple[NullComparison, ...]:
        """Compare a number of pairs with all three nulls, as fractions of all pairs.

        `tail` is "tail", "tail_positive" or "tail_negative", as in `null_pairs`.
        """
        n, n_pairs = self._cosines.n_features, self._cosines.n_pairs
        probability = self.tail_probability if tail == "tail" else self.tail_probability / 2
        laws: list[tuple[str, CountLaw, int | None]] = [
            (name, pairs.count_law(tail, n), pairs.n_directions) for name, pairs in self._pairs.items()
        ]
        laws.append((UNIFORM, tail_count_law(n_pairs, probability), None))
        return tuple(
            NullComparison(
                model=name,
                draws=draws,
                mean=law.mean / n_pairs,
                standard_deviation=law.standard_deviation / n_pairs,
                z=law.zscore(count) if law.standard_deviation else None,
                pvalue=law.pvalue(count),
            )
            for name, law, draws in laws
        )

    def of_mean_squared_cosine(self, uniform: NullComparison) -> tuple[NullComparison, ...]:
        """The common-mean null, then the uniform one given; the matched one agrees by construction."""
        if COMMON_MEAN not in self._pairs:
            return (uniform,)
        pairs = self._pairs[COMMON_MEAN]
        law = pairs.mean_law("squared_cosine", self._cosines.n_features)
        mean_only = NullComparison(
            model=COMMON_MEAN,
            draws=pairs.n_directions,
            mean=law.mean,
            standard_deviation=law.standard_deviation,
            z=law.zscore(self.mean_squared_cosine),
            pvalue=law.pvalue(self.mean_squared_cosine),
        )
        return (mean_only, uniform)

    @property
    def warnings(self) -> list[str]:
        """Why there are fewer than three nulls, where there are."""
        if self._matched:
            return []
        return [
            f"only the uniform null: the others need {LEAST_FEATURES} features and a mean squared cosine of at most "
            f"{MOST_CONCENTRATED:g}; here there are {self._cosines.n_features} and {self.mean_squared_cosine:.3g}"
        ]

    def expected_histograms(self) -> dict[str, NDArray[np.float64]]:
        """Share of pairs in each bin of the observed histogram, from a sample of the matched null."""
        if not self._matched:
            return {}
        rows, columns = (self._matched.sample(HISTOGRAM_DRAWS, self._rng) for _ in range(2))
        counts, _ = np.histogram(rows @ columns.T, self._cosines.histogram_edges)
        return {"matched": counts / HISTOGRAM_DRAWS**2}


def uniform_null(observed: float, law: Comparison) -> tuple[NullComparison, ...]:
    """The uniform null alone, for statistics that the other two say nothing about."""
    deviation = law.standard_deviation
    return (
        NullComparison(
            model=UNIFORM,
            mean=law.mean,
            standard_deviation=deviation,
            z=(observed - law.mean) / deviation if deviation else None,
            pvalue=law.pvalue,
        ),
    )
