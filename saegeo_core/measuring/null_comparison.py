"""Where an estimate lies in the distribution of a null model, as a metric carries it.

A null model is a name and a distribution. A distribution is one of

* draws: an array (n_draws,) of the number on draws of the model, or `Draws` where more is to be said of them;
* a law in closed form: one of `statistics.laws`, or a frozen distribution of `scipy.stats`;
* `Moments`: its mean, and perhaps its spread, where no more is known;
* `Controls`: the number on untrained dictionaries that were harvested beside the SAE.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from saegeo_core.report.metric import Absent, Interval, NullComparison
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.laws import ContinuousLaw, FrozenDistribution, Law
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.ratios import ratio_interval

MIN_RANKED = 19
"""Controls from which an estimate is judged, by its rank among them: with fewer no p-value can be .05."""


@dataclass(frozen=True)
class Draws:
    """Draws of a number from a null model.

    Attributes:
        values: shape (n_draws,).
        has_zscore: whether the spread of the draws is a unit to measure distance in; not where they are skewed.
        has_pvalue: whether a rank among the draws is told; None tells it of two draws and more.
        alternative: the side of this null that counts, where it is not the metric's own.
        shift: what was subtracted from the estimate and not from the values, whose mean is told less it.
        mean: told in place of that of the values, where these stand for a number that is dearer to draw; None for theirs.
        mid_ranks: whether draws equal to the estimate count half, for shares of a few things.
    """

    values: ArrayLike
    has_zscore: bool = True
    has_pvalue: bool | None = None
    alternative: Alternative | None = None
    shift: float = 0.0
    mean: float | None = None
    mid_ranks: bool = False


@dataclass(frozen=True)
class SampledLaw:
    """A law whose moments were estimated from so many draws."""

    law: Law
    draws: int


@dataclass(frozen=True)
class Moments:
    """What is known of a null without its law: no p-value follows.

    Attributes:
        mean: of the number.
        standard_deviation: of the number, where that is known.
        alternative: the side of this null that counts, where it is not the metric's own.
    """

    mean: float
    standard_deviation: float | None = None
    alternative: Alternative | None = None


@dataclass(frozen=True)
class Controls:
    """A number of the untrained dictionaries harvested beside an SAE, shape (n_controls,)."""

    values: ArrayLike


Distribution = Draws | SampledLaw | Moments | Controls | Law | FrozenDistribution | NDArray[Any] | Sequence[float]
Nulls = Mapping[str, Distribution]
"""Null models by name, the judging one first."""


def null_comparisons(
    estimate: float, nulls: Nulls, alternative: Alternative, interval: Interval | Absent | None = None
) -> tuple[NullComparison, ...]:
    """The estimate, with its interval, in every null that has something to compare it with, in their order."""
    compared = (null_comparison(model, estimate, one, alternative, interval) for model, one in nulls.items())
    return tuple(one for one in compared if one is not None)


def null_comparison(
    model: str,
    estimate: float,
    distribution: Distribution,
    alternative: Alternative = "greater",
    interval: Interval | Absent | None = None,
) -> NullComparison | None:
    """Where the estimate lies in one null; None where there are no draws and no controls."""
    if isinstance(distribution, Controls):
        return control_null(model, estimate, distribution.values, alternative=alternative, interval=interval)
    if isinstance(distribution, SampledLaw):
        return law_null(model, estimate, distribution.law, draws=distribution.draws, alternative=alternative)
    if isinstance(distribution, Moments):
        return _moments_null(model, estimate, distribution, distribution.alternative or alternative)
    law = _as_law(distribution)
    if law is not None:
        return law_null(model, estimate, law, alternative=alternative)
    draws = distribution if isinstance(distribution, Draws) else Draws(np.asarray(distribution, np.float64))
    if not np.size(draws.values):
        return None
    compared = drawn_null(
        model,
        estimate + draws.shift,
        draws.values,
        alternative=draws.alternative or alternative,
        has_zscore=draws.has_zscore,
        has_pvalue=draws.has_pvalue,
        mid_ranks=draws.mid_ranks,
    )
    told = compared.mean - draws.shift if draws.mean is None else draws.mean
    return compared.model_copy(update={"mean": told})


def _as_law(distribution: Any) -> Law | None:
    """A law as it is, a frozen distribution as one; None for what is neither."""
    if hasattr(distribution, "pvalue"):
        law: Law = distribution
        return law
    return ContinuousLaw(distribution) if hasattr(distribution, "sf") else None


def law_null(
    model: str,
    estimate: float,
    law: Law,
    *,
    draws: int | None = None,
    alternative: Alternative = "two-sided",
) -> NullComparison:
    """The estimate under a law in closed form; `draws` says how many its moments were estimated from, if from any."""
    return NullComparison(
        model=model,
        draws=draws,
        mean=law.mean,
        standard_deviation=law.standard_deviation,
        z=law.zscore(estimate) if law.standard_deviation else None,
        pvalue=law.pvalue(estimate, alternative),
        alternative=alternative,
    )


def drawn_null(
    model: str,
    estimate: float,
    draws: ArrayLike,
    *,
    alternative: Alternative = "greater",
    has_zscore: bool = False,
    has_pvalue: bool | None = None,
    mid_ranks: bool = False,
) -> NullComparison:
    """The rank of an estimate among draws of a null, shape (n_draws,).

    A z is given where it is asked for: where the draws are skewed, a sampled spread is no unit. A single draw is a value to
    look at, without a p-value unless one is asked for (published procedures rank among a single draw).
    """
    values = np.asarray(draws, np.float64)
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    is_ranked = len(values) > 1 if has_pvalue is None else has_pvalue
    return NullComparison(
        model=model,
        draws=len(values),
        mean=float(values.mean()),
        standard_deviation=spread,
        z=(estimate - float(values.mean())) / spread if has_zscore and spread else None,
        pvalue=permutation_pvalue(estimate, values, alternative, mid_ranks=mid_ranks) if is_ranked else None,
        alternative=alternative,
    )


def _moments_null(model: str, estimate: float, moments: Moments, alternative: Alternative) -> NullComparison:
    spread = moments.standard_deviation
    return NullComparison(
        model=model,
        mean=moments.mean,
        standard_deviation=spread,
        z=(estimate - moments.mean) / spread if spread else None,
        alternative=alternative,
    )


def control_null(
    model: str,
    estimate: float,
    controls: ArrayLike,
    *,
    alternative: Alternative = "greater",
    interval: Interval | Absent | None = None,
) -> NullComparison | None:
    """Where a number of an SAE lies among those of untrained dictionaries harvested beside it; None where these have none.

    With 19 and more the p-value is its rank among them. With fewer there is none: how far and how many times is told instead.

    Args:
        model: what an untrained dictionary is called; how many there are is added.
        estimate: the SAE's.
        controls: shape (n_controls,), that of each control.
        alternative: "greater", "less" or "two-sided".
        interval: of the estimate, for that of the ratio.
    """
    values = np.asarray(controls, np.float64)
    n = len(values)
    if n == 0:
        return None
    told = f"{n} control{'s' * (n > 1)}" + ("" if n >= MIN_RANKED else f"; a p-value needs {MIN_RANKED}")
    compared = drawn_null(
        f"{model} ({told})",
        estimate,
        values,
        alternative=alternative,
        has_zscore=True,
        has_pvalue=n >= MIN_RANKED,
    )
    return compared.model_copy(update=_ratio(estimate, interval, values))


def _ratio(estimate: float, interval: Interval | Absent | None, values: NDArray[np.float64]) -> dict[str, float]:
    """The estimate over the mean of some values, where that is clear of 0, and its limits, where both are known."""
    mean, n = float(values.mean()), len(values)
    level = interval.level if isinstance(interval, Interval) else 0.95
    error = float(values.std(ddof=1)) / np.sqrt(n) if n > 1 else 0.0
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error if n > 1 else 0.0
    if mean <= 0 or reach >= mean:
        return {}
    ratio = {"ratio": estimate / mean}
    if not isinstance(interval, Interval) or n < 2:
        return ratio
    low, high = ratio_interval(estimate, (interval.low, interval.high), mean, (mean - reach, mean + reach))
    return ratio | {"ratio_low": low, "ratio_high": high}
