"""Where an estimate lies among values drawn from a null model, as a metric carries it."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from saegeo_core.report.metric import NullComparison
from saegeo_core.statistics.alternatives import Alternative, choose_pvalue
from saegeo_core.statistics.permutation import permutation_pvalue

RANKED_FROM = 19


def drawn_null(
    model: str, estimate: float, draws: ArrayLike, *, alternative: Alternative = "greater", has_zscore: bool = False
) -> NullComparison:
    """The rank of an estimate among draws of a null, shape (n_draws,).

    A z is given where it is asked for: where the draws are skewed, a sampled spread is no unit. A single draw is a value to
    look at, without a p-value.
    """
    values = np.asarray(draws, np.float64)
    spread = float(values.std(ddof=1)) if len(values) > 1 else None
    return NullComparison(
        model=model,
        draws=len(values),
        mean=float(values.mean()),
        standard_deviation=spread,
        z=(estimate - float(values.mean())) / spread if has_zscore and spread else None,
        pvalue=permutation_pvalue(estimate, values, alternative) if len(values) > 1 else None,
        alternative=alternative,
    )


def control_null(
    estimate: float, controls: ArrayLike, halves: ArrayLike = (), *, alternative: Alternative = "greater"
) -> NullComparison | None:
    """Where a number of an SAE lies among those of untrained dictionaries harvested beside it; None where these have none.

    With 19 draws or more the p-value is the rank of the SAE among them. With fewer it is Student's, for one more draw beside the
    mean of those there are: their spread is measured between them, or, of a single one, on random halves of its features.
    Features of a control are drawn independently, and a half omits as many as it keeps, so its spread is that of a whole draw
    about the whole.

    Args:
        estimate: the SAE's.
        controls: shape (n_controls,), that of each control.
        halves: shape (n_halves,), those of random halves of the only control; empty where there are several.
        alternative: "greater", "less" or "two-sided".
    """
    draws = np.asarray(controls, np.float64)
    n_draws = len(draws)
    if n_draws == 0:
        return None
    if n_draws >= RANKED_FROM:
        model = f"untrained dictionaries ({n_draws} controls)"
        return drawn_null(model, estimate, draws, alternative=alternative, has_zscore=True)
    spread_from = draws if n_draws > 1 else np.asarray(halves, np.float64)
    mean, freedom = float(draws.mean()), len(spread_from) - 1
    deviation = float(spread_from.std(ddof=1)) if freedom > 0 else None
    z = (estimate - mean) / (deviation * np.sqrt(1 + 1 / n_draws)) if deviation else None
    source = f"spread of {n_draws} draws" if n_draws > 1 else f"spread of {len(spread_from)} halves of its features"
    return NullComparison(
        model=f"untrained dictionary ({n_draws} control{'s' * (n_draws > 1)}; {source})",
        draws=n_draws,
        mean=mean,
        standard_deviation=deviation,
        z=z,
        pvalue=None
        if z is None
        else choose_pvalue(float(stats.t.cdf(z, freedom)), float(stats.t.sf(z, freedom)), alternative),
        alternative=alternative,
    )
