"""The first run on an ordinary cloud, and everything it shows by itself. What fails here is named by its cause."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.report import Report
from saegeo_core.testing.inputs import fingerprint
from saegeo_core.testing.outcome import Outcome, failed, not_checked, passed
from saegeo_core.testing.trial import Trial

RUNS = "runs on an ordinary cloud"
HEADLINE = "the headline is measured there"
UNTOUCHED = "leaves its input untouched"
FINITE = "numbers are finite"
REASONS = "what is absent has its reason"
SILENT = "prints and warns of nothing"
MIN_WORDS = 2
"""Of a reason."""
NUMBERS = ("Metric", "Interval", "NullComparison", "Absent", "Table")
"""The values in which an analysis hands over its numbers."""


def first_run(trial: Trial) -> Iterator[Outcome]:
    """Run once; where that fails, one outcome says why, and no other follows.

    Raises:
        MissingInput: it needs what the suite does not give by itself.
    """
    given = trial.ordinary()
    before, said = fingerprint(given), io.StringIO()
    report: Report | None = None
    error: BaseException = RuntimeError("no report")
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stderr(said):
        warnings.simplefilter("always")
        try:
            report = trial.run(given)
        except MissingInput:
            raise  # not the analysis's mistake: it was not given what it needs
        except (Exception, SystemExit) as raised:
            error = raised
    if fingerprint(given) != before:
        yield _touched()
        return
    if report is None:
        yield _named_by_cause(trial, error)
        return
    n_features, d_in = given.cloud.n_features, given.cloud.d_in
    yield passed(RUNS, f"metrics: {len(report.measured)}, of {n_features} features in {d_in} dimensions")
    yield _headline(report)
    yield passed(UNTOUCHED, "vectors, lengths, ids and firing are what they were")
    yield passed(FINITE, "every estimate, interval and null")
    yield _reasons(report)
    yield _silence([str(warning.message) for warning in warned], said.getvalue())


def headline_on_plant(measured: Outcome, reason: str) -> Outcome:
    """That the headline is measured on the analysis's planted example, which all other checks take: not on the ordinary cloud."""
    return replace(measured, seen=f"{measured.seen} on its planted example; on the ordinary cloud not: {reason}")


def _headline(report: Report) -> Outcome:
    headline = report.metric()
    if isinstance(headline.estimate, Absent):
        reason = headline.estimate.absent
        return not_checked(
            HEADLINE, f"{reason}; set parameters at which it can be: the other checks say little otherwise"
        )
    return passed(HEADLINE, f"{headline.name} = {headline.estimate:.4g}")


def _touched() -> Outcome:
    return failed(
        UNTOUCHED,
        expected="vectors, lengths, ids and firing are what they were before the run",
        seen="they were changed",
        advice="work on a copy: vectors.clone(), norms.copy(); cloud.unit_vectors() is a new tensor already",
    )


def _named_by_cause(trial: Trial, error: BaseException) -> Outcome:
    """The outcome that tells an author most about what stopped the first run."""
    if isinstance(error, ValidationError) and error.title in NUMBERS:
        wrong = error.errors()
        if any(each["type"] == "finite_number" for each in wrong):
            return failed(
                FINITE,
                expected="finite numbers only",
                seen=trial.error_line(error),
                advice='find out when it cannot be computed, and give Absent("why") then; None in a table',
            )
        if error.title == "Absent" or {each["loc"][0] for each in wrong if each["loc"]} & {"interval", "nulls"}:
            return _without_reason(trial.error_line(error))
    advice = (
        error.hint if isinstance(error, SaegeoError) and error.hint else "mend it; the line above is where it stopped"
    )
    return failed(RUNS, expected="a report", seen=trial.error_line(error), advice=advice)


def _without_reason(seen: str) -> Outcome:
    return failed(
        REASONS,
        expected="an estimate, an interval and nulls, or in their place Absent with a reason of two words or more",
        seen=seen,
        advice='for example interval=Absent("no resampling gives a valid interval for an extreme")',
    )


def _reasons(report: Report) -> Outcome:
    metrics = report.measured
    wrong = [f"{metric.name} has {what}" for metric in metrics if (what := _lacking(metric))]
    if wrong:
        return _without_reason("; ".join(wrong))
    n_absent = sum(isinstance(part, Absent) for metric in metrics for part in (metric.interval, metric.nulls))
    return passed(REASONS, f"{n_absent} of {2 * len(metrics)} intervals and nulls are absent, all with a reason")


def _lacking(metric: Metric) -> str | None:
    """What stands in the metric where a value or a reason should; a copy of a metric is not validated when it is made."""
    values = {"estimate": metric.estimate, "interval": metric.interval, "nulls": metric.nulls}
    for name, value in values.items():
        if isinstance(value, Absent):
            if len(value.absent.split()) < MIN_WORDS:
                return f"{name} Absent({value.absent!r})"
        elif not isinstance(value, {"estimate": float | int, "interval": Interval, "nulls": tuple}[name]):
            return f"{name} {value!r}"
    return None


def _silence(warned: list[str], said: str) -> Outcome:
    heard = [*warned, *filter(None, map(str.strip, said.splitlines()))]
    if not heard:
        return passed(SILENT, "nothing was heard")
    return failed(
        SILENT,
        expected="no text on the terminal and no Python warning",
        seen=f"{len(heard)} lines, the first: {heard[0][:100]}",
        advice="tell the reader in Findings(warnings=[…]), show progress by context.progress, mend what numpy warns of",
    )


def everything_else() -> Outcome:
    """What stands for all other checks where the first run failed."""
    return not_checked("everything else", "mend the first run, then the other checks can run")
