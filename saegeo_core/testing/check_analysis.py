"""Runs every check on one analysis. A check that is stopped by an exception has failed; the others go on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.analysis import Analysis
from saegeo_core.progress import Progress, silent
from saegeo_core.testing.calibration import calibration
from saegeo_core.testing.composites import composites
from saegeo_core.testing.cost import cost
from saegeo_core.testing.degenerate_clouds import degenerate_clouds
from saegeo_core.testing.first_run import HEADLINE, RUNS, everything_else, first_run, headline_on_plant
from saegeo_core.testing.invariance import invariance
from saegeo_core.testing.metadata import metadata
from saegeo_core.testing.outcome import Conformance, Outcome, failed
from saegeo_core.testing.repeatability import repeatability
from saegeo_core.testing.trial import Trial

Check = Callable[[Trial], Iterator[Outcome]]
CHECKS: tuple[Check, ...] = (cost, metadata, repeatability, invariance, degenerate_clouds, calibration, composites)


def check_analysis(
    analysis: Analysis,
    parameters: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
    null_runs: int | None = None,
    progress: Progress = silent,
) -> Conformance:
    """Hold an analysis to everything that all of them must do.

    About 130 runs on small clouds, on the CPU, and one on 4,096 x 256. Inputs are synthetic: an analysis that needs firing gets
    planted firing, one that reads a model gets made-up activations, and one that loads a second cloud gets one of the same shape,
    whatever its name.

    Args:
        analysis: the one to check.
        parameters: values to test it at: those it cannot do without, or cheaper ones than its defaults.
        quick: 10 runs on the null instead of 40, 6 on each composite cloud instead of 20, one on a plant instead of 3, and no cost.
        null_runs: null examples that p-values are tried on, where neither 40 nor 10 will do: 150 tell a share of .05 to .035.
        progress: shows how far the checks have come.

    Raises:
        SaegeoError: it needs what `parameters` should name, or these are not its own; `null_runs` is below one.
    """
    if null_runs is not None and null_runs < 1:
        raise SaegeoError(f"null_runs is {null_runs}, and p-values are tried on one null example at least")
    start = time.perf_counter()
    trial = Trial(analysis, parameters or {}, quick, null_runs)
    trial.resolved()
    outcomes = list(first_run(trial))
    if not _is_measured(outcomes) and trial.examples("planted_example", 1):
        trial, outcomes = _on_plant(trial, outcomes)
    if not any(outcome.check == RUNS and outcome.verdict == "passed" for outcome in outcomes):
        outcomes.append(everything_else())
    else:
        for check in progress(CHECKS, len(CHECKS), "checks"):
            outcomes += _guarded(check, trial)
    return Conformance(analysis.name, tuple(outcomes), time.perf_counter() - start)


def _is_measured(outcomes: Sequence[Outcome]) -> bool:
    """Whether the ordinary cloud gave the analysis something to do; what failed there is a mistake, and no lack of it."""
    return not any(outcome.check == HEADLINE and outcome.verdict == "not checked" for outcome in outcomes)


def _on_plant(trial: Trial, on_ordinary: list[Outcome]) -> tuple[Trial, list[Outcome]]:
    """The trial on the analysis's planted example and its first run, where that gives it more to do."""
    planted = replace(trial, is_on_plant=True)
    outcomes = list(first_run(planted))
    place = next(
        (place for place, one in enumerate(outcomes) if one.check == HEADLINE and one.verdict == "passed"), None
    )
    if place is None:
        return trial, on_ordinary
    reason = next(one.seen for one in on_ordinary if one.check == HEADLINE).partition(";")[0]
    outcomes[place] = headline_on_plant(outcomes[place], reason)
    return planted, outcomes


def _guarded(check: Check, trial: Trial) -> Iterator[Outcome]:
    """The outcomes of one check, and what stopped it."""
    try:
        yield from check(trial)
    except (Exception, SystemExit) as error:
        name = check.__name__.replace("_", " ")
        yield failed(
            name,
            expected="that every run ends with a report",
            seen=trial.error_line(error),
            advice="mend it; the line above is where it stopped",
        )
