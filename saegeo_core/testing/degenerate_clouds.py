"""Whether an analysis says why there is nothing to measure, instead of failing, where there is nothing to measure."""

from collections.abc import Iterator

from saegeo_core.testing.inputs import Given, degenerate
from saegeo_core.testing.outcome import Outcome, failed, passed
from saegeo_core.testing.trial import Trial, told


def degenerate_clouds(trial: Trial) -> Iterator[Outcome]:
    """One outcome for each degenerate cloud, whatever the preset."""
    presets = list(trial.analysis.presets)[: 1 if trial.is_quick else None]
    for preset in presets:
        expected = {metric.name for metric in trial.run(trial.ordinary(), preset=preset).measured}
        for name, given in degenerate(trial.analysis.needs).items():
            yield _outcome(trial, name, given, preset, expected, f" ({preset})" if len(presets) > 1 else "")


def _outcome(trial: Trial, name: str, given: Given, preset: str, expected: set[str], addition: str) -> Outcome:
    check = f"degenerate cloud: {name}{addition}"
    shape = f"{given.cloud.n_features} features in {given.cloud.d_in} dimensions"
    try:
        report = trial.run(given, preset=preset)  # type: ignore[arg-type]
        seen = ""
        if lost := sorted(expected - {metric.name for metric in report.measured}):
            seen = f"without {', '.join(lost)}"
    except (Exception, SystemExit) as error:
        seen = told(error)
    if seen:
        return failed(
            check,
            expected=f"every metric on {shape}, absent with its reason where it cannot be computed",
            seen=seen,
            advice='Metric.missing(name, "why it cannot be computed", unit=…, better=…, description=…)',
        )
    n_absent = sum(metric.value is None for metric in report.measured)
    return passed(check, f"{n_absent} of {len(report.measured)} metrics absent, with reasons")
