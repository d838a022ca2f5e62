"""What `JudgedColumn.difference` tells of two SAEs, of all pairs at once: a sweep of 844 has 355,746."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saegeo_core.comparison.differences import NO_VARIANCE, SamplingVariance, Variance, sampling_variance
from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.report.replicates import Replicates

NO_SAMPLING_VARIANCE = SamplingVariance(Variance(np.nan), Variance(np.nan))
"""Where there is no interval: nothing can be said of a pair."""


@dataclass(frozen=True)
class JudgedPairs:
    """The pairs that have a p-value.

    Attributes:
        first, second: places of the SAEs among those given, shape (n_pairs,) as all that follows; first < second.
        pvalues: two-sided, that the two are alike.
        standard_errors, degrees_of_freedom: of their differences; infinitely many where an error is known.
    """

    first: Integers
    second: Integers
    pvalues: Floats
    standard_errors: Floats
    degrees_of_freedom: Floats

    def matrix(self, is_true: "NDArray[np.bool_]", n: int) -> "NDArray[np.bool_]":
        """What holds of the pairs, as a symmetric matrix of shape (n, n); False for pairs that are not here."""
        matrix = np.zeros((n, n), np.bool_)
        matrix[self.first[is_true], self.second[is_true]] = True
        return matrix | matrix.T


def judged_pairs(judged: JudgedColumn, places: Sequence[int]) -> JudgedPairs:
    """All pairs of the SAEs at these places, which have an estimate, as far as they can be judged."""
    first, second = (side.astype(np.int64) for side in np.triu_indices(len(places), 1))
    estimates = np.array([judged.metrics[place].value for place in places], np.float64)  # type: ignore[union-attr]
    variances = [sampling_variance(metric) if (metric := judged.metrics[place]) else None for place in places]
    own = [one or NO_SAMPLING_VARIANCE for one in variances]
    apart = _many([one.below for one in own]), _many([one.above for one in own])
    sampling = SamplingVariance(*(_at(one, first) for one in apart)) - SamplingVariance(
        *(_at(one, second) for one in apart)
    )
    sampling = _with_paired(sampling, [judged.replicates(place) for place in places])

    between = [judged.between[place] for place in places]
    groups = np.array([judged.seeds[place][0] for place in places])
    is_own = groups[first] == groups[second]  # seeds of one configuration: their spread is what is asked about
    spread = _many([one or NO_VARIANCE for one in between])
    extra = _at(spread, first) + _at(spread, second)
    sampling += Variance(np.where(is_own, 0.0, extra.value), np.where(is_own, np.inf, extra.degrees_of_freedom))

    is_spread_known = np.array([one is not None for one in between])
    is_judged = judged.fixed_saes | (~is_own & is_spread_known[first] & is_spread_known[second])
    pvalues = np.where(is_judged, sampling.pvalue(estimates[first] - estimates[second]), np.nan)
    kept = ~np.isnan(pvalues)
    return JudgedPairs(
        first[kept], second[kept], pvalues[kept], sampling.standard_error[kept], sampling.degrees_of_freedom[kept]
    )


def _many(variances: Sequence[Variance]) -> Variance:
    return Variance(
        np.array([one.value for one in variances], np.float64),
        np.array([one.degrees_of_freedom for one in variances], np.float64),
    )


def _at(many: Variance, places: Integers) -> Variance:
    return Variance(many.value[places], many.degrees_of_freedom[places])


def _with_paired(sampling: SamplingVariance, replicates: Sequence[Replicates | None]) -> SamplingVariance:
    """The variances of all pairs; where replicates are of the same parts of the same data, of the differences of these."""
    value = [side.value.copy() for side in (sampling.below, sampling.above)]
    freedom = [side.degrees_of_freedom.copy() for side in (sampling.below, sampling.above)]
    alike: dict[tuple[str, float, int], list[int]] = {}
    for place, one in enumerate(replicates):
        if one is not None:
            alike.setdefault((one.key, one.factor, len(one.values)), []).append(place)
    n = len(replicates)
    for (_, factor, n_values), members in alike.items():
        values = np.stack([one.values for place in members if (one := replicates[place])])
        for i, place in enumerate(members[:-1]):
            others = np.array(members[i + 1 :])
            pairs = place * n - place * (place + 1) // 2 + others - place - 1  # where np.triu_indices has them
            spread = (factor * np.std(values[i] - values[i + 1 :], axis=1, ddof=1)) ** 2
            for side in (0, 1):
                value[side][pairs], freedom[side][pairs] = spread, n_values - 1
    return SamplingVariance(*(Variance(*one) for one in zip(value, freedom, strict=True)))
