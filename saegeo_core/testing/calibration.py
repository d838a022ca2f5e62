"""Whether p-values are those of chance where there is only chance, and small where something was planted.

A valid p-value is at most a with probability at most a, whatever a. Too many small ones prove it wrong; too few do not (a p-value
of a count takes few values), so they are told, and the planted example shows whether anything can be found.
"""

from collections import defaultdict
from collections.abc import Iterator

from scipy import stats

from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.report import Report
from saegeo_core.testing.outcome import Outcome, failed, not_checked, passed
from saegeo_core.testing.trial import Trial

UNIFORM = "p-values on its own null"
FOUND = "finds what is planted"
RUNS, PLANTS = 40, 3
QUICK_RUNS, QUICK_PLANTS = 10, 1
LEVELS, TOLD_LEVEL = (0.01, 0.05, 0.2, 0.5), 0.05
FALSE_ALARM = 1e-3
"""Chance that a correct analysis fails, over all metrics and levels."""
FOUND_AT, ENOUGH_DRAWS = 0.01, 19
"""The p-value of a find, and the draws of which being beyond them all is one."""


def calibration(trial: Trial) -> Iterator[Outcome]:
    """One outcome on the analysis's null examples, one on its planted examples."""
    yield _on_the_null(trial)
    yield _on_the_plant(trial)


def _on_the_null(trial: Trial) -> Outcome:
    examples = trial.examples("null_example", trial.null_runs or (QUICK_RUNS if trial.is_quick else RUNS))
    if not examples:
        return not_checked(UNIFORM, "the analysis has no null_example(rng)")
    collected: dict[str, list[float]] = defaultdict(list)
    for seed, given in enumerate(examples):
        for name, pvalue in _pvalues(trial.run(given, seed=seed)).items():
            collected[name].append(pvalue)
    if not collected:
        return failed(
            UNIFORM,
            expected="a p-value of the headline under its judging null, on every null example",
            seen="none",
            advice="give NullComparison(pvalue=…), or leave null_example out",
        )
    wrong = [what for name, pvalues in collected.items() if (what := _too_small(name, pvalues, len(collected)))]
    if wrong:
        return failed(
            UNIFORM,
            expected="p-values at most a in a share a of null examples, for every a",
            seen="; ".join(wrong),
            advice="the null model must be what null_example draws from; drawn nulls have p = (b + 1) / (draws + 1)",
        )
    headline = trial.analysis.headline if trial.analysis.headline in collected else next(iter(collected))
    told = [_small_ones(name, collected[name]) for name in sorted(collected, key=lambda name: name != headline)]
    return passed(UNIFORM, f"p <= {TOLD_LEVEL:g} of {', '.join(told)}")


def _small_ones(name: str, pvalues: list[float]) -> str:
    """How many of the p-values of a metric are small."""
    n_small = sum(pvalue <= TOLD_LEVEL for pvalue in pvalues)
    return f"{name} in {n_small} of {len(pvalues)} ({n_small / len(pvalues):.3f})"


def _pvalues(report: Report) -> dict[str, float]:
    """By metric, the p-values under the null model that judges the headline."""
    headline = report.metric()
    if isinstance(headline.nulls, Absent):
        return {}
    model = headline.nulls[0].model
    return {
        metric.name: null.pvalue
        for metric in report.measured
        for null in (() if isinstance(metric.nulls, Absent) else metric.nulls)
        if null.model == model and null.pvalue is not None
    }


def _too_small(name: str, pvalues: list[float], n_metrics: int) -> str | None:
    allowed = FALSE_ALARM / (n_metrics * len(LEVELS))
    for level in LEVELS:
        n_below = sum(pvalue <= level for pvalue in pvalues)
        if stats.binom.sf(n_below - 1, len(pvalues), level) < allowed:
            return f"{name} has p <= {level:g} in {n_below} of {len(pvalues)}"
    return None


def _on_the_plant(trial: Trial) -> Outcome:
    examples = trial.examples("planted_example", QUICK_PLANTS if trial.is_quick else PLANTS)
    if not examples:
        return not_checked(FOUND, "the analysis has no planted_example(rng)")
    headlines = [trial.run(given, seed=seed).metric() for seed, given in enumerate(examples)]
    missed = [_in_words(headline) for headline in headlines if not _is_found(headline)]
    if missed:
        return failed(
            FOUND,
            expected=f"on every planted example {trial.analysis.headline} has p <= {FOUND_AT} under its judging null, "
            f"or lies beyond all of {ENOUGH_DRAWS} draws of it or more "
            "(where that has no p-value: an interval without the null's mean)",
            seen=f"not on {len(missed)} of {len(headlines)}: {missed[0]}",
            advice="plant more of it, or make more null draws: of fewer than 19 none is told",
        )
    return passed(FOUND, f"on {len(headlines)} of {len(headlines)}: {_in_words(headlines[0])}")


def _is_found(headline: Metric) -> bool:
    if headline.value is None or isinstance(headline.nulls, Absent):
        return False
    null, interval = headline.nulls[0], headline.interval
    if null.pvalue is not None:
        draws = null.draws or 0
        is_beyond_all = draws >= ENOUGH_DRAWS and null.pvalue * (draws + 1) < 1.5
        return null.pvalue <= FOUND_AT or is_beyond_all
    return isinstance(interval, Interval) and not interval.low <= null.mean <= interval.high


def _in_words(headline: Metric) -> str:
    if isinstance(headline.estimate, Absent):
        return f"{headline.name} is absent: {headline.estimate.absent}"
    if isinstance(headline.nulls, Absent):
        return f"{headline.name} has no null: {headline.nulls.absent}"
    null = headline.nulls[0]
    # An exact law may give less than a float can hold.
    chance = "" if null.pvalue is None else f", p = {null.pvalue:.2g}" if null.pvalue else ", p < 1e-300"
    return f"{headline.name} {headline.estimate:.4g}, null {null.mean:.4g}{chance}"
