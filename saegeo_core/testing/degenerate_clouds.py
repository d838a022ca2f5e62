"""Whether an analysis says why there is nothing to measure, instead of failing, where there is nothing to measure."""

import contextlib
from collections.abc import Iterator

from saegeo_core.errors import MissingInput
from saegeo_core.plugin.analysis import Example
from saegeo_core.report.report import Preset, Report
from saegeo_core.testing.inputs import degenerate
from saegeo_core.testing.outcome import Outcome, failed, passed
from saegeo_core.testing.trial import Trial


def degenerate_clouds(trial: Trial) -> Iterator[Outcome]:
    """One outcome for each degenerate cloud, under every preset that can be run."""
    names: dict[Preset, set[str]] = {}
    for preset in trial.analysis.presets:
        with contextlib.suppress(MissingInput):
            names[preset] = _names(trial.run(trial.ordinary(), preset=preset))
    for name, given in degenerate(trial.reads).items():
        check = f"degenerate cloud: {name}"
        absent = []
        for preset, expected in names.items():
            try:
                report = trial.run(given, preset=preset)
                lost = sorted(expected - _names(report))
                wrong = f"without {', '.join(lost)}" if lost else ""
            except (Exception, SystemExit) as error:
                wrong = trial.error_line(error)
            if wrong:
                yield _failed(check, given, f"{wrong}, under the preset {preset}")
                break
            n_absent = sum(metric.value is None for metric in report.measured)
            absent.append(f"{n_absent} of {len(report.measured)}")
        else:
            yield passed(check, f"absent, with a reason: {', '.join(absent)} ({', '.join(names)})")


def _names(report: Report) -> set[str]:
    return {metric.name for metric in report.measured}


def _failed(check: str, given: Example, seen: str) -> Outcome:
    shape = f"{given.cloud.n_features} features in {given.cloud.d_in} dimensions"
    return failed(
        check,
        expected=f"every metric on {shape}, absent with its reason where it cannot be computed",
        seen=seen,
        advice='Metric.missing(name, "why it cannot be computed", unit=…, better=…, description=…)',
    )
