"""Whether an analysis says why there is nothing to measure, instead of failing, where there is nothing to measure."""

from collections.abc import Iterator

from saegeo_core.report import Preset
from saegeo_core.testing.inputs import Given, degenerate
from saegeo_core.testing.outcome import Outcome, failed, passed
from saegeo_core.testing.trial import Trial, told


def degenerate_clouds(trial: Trial) -> Iterator[Outcome]:
    """One outcome for each degenerate cloud, whatever the preset."""
    presets = list(trial.analysis.presets)[: 1 if trial.is_quick else None]
    for preset in presets:
        names = {metric.name for metric in trial.run(trial.ordinary(), preset=preset).measured}
        for name, given in degenerate(trial.analysis.needs).items():
            check = f"degenerate cloud: {name}" + (f" ({preset})" if len(presets) > 1 else "")
            yield _outcome(check, trial, given, preset, names)


def _outcome(check: str, trial: Trial, given: Given, preset: Preset, names: set[str]) -> Outcome:
    try:
        metrics = trial.run(given, preset=preset).measured
        lost = sorted(names - {metric.name for metric in metrics})
        seen = f"without {', '.join(lost)}" if lost else ""
    except (Exception, SystemExit) as error:
        seen = told(error)
    if seen:
        shape = f"{given.cloud.n_features} features in {given.cloud.d_in} dimensions"
        return failed(
            check,
            expected=f"every metric on {shape}, absent with its reason where it cannot be computed",
            seen=seen,
            advice='Metric.missing(name, "why it cannot be computed", unit=…, better=…, description=…)',
        )
    n_absent = sum(metric.value is None for metric in metrics)
    return passed(check, f"{n_absent} of {len(metrics)} metrics absent, with reasons")
