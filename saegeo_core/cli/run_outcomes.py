"""What `saegeo run` says of each outcome, and the exit status that sums them up."""

import logging
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

from rich.text import Text

from saegeo_core.cli.command_group import DONE, SOME_FAILED, USERS_MISTAKE
from saegeo_core.cli.messages import complain, print_json, results, say
from saegeo_core.cli.run_plan import RunPlan
from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.analysis import Analysis
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.report_summary import report_summary
from saegeo_core.sweeping.outcomes import Failed, Stored

One = TypeVar("One", Stored, Failed)


def present(
    outcomes: Iterable[Stored | Failed],
    plan: RunPlan,
    output: TextIO,
    *,
    as_json: bool,
) -> tuple[int, list[Path]]:
    """Print every report on `output`, and every failure and what to do next on standard error.

    Reports are printed as they come; as JSON, or a line each where the work is done elsewhere, at the end and in their order.

    Returns:
        The exit status: 2 where nothing succeeded and every failure is the user's mistake, 1 where anything else failed; and
        the files of the reports, in their order.

    Raises:
        SaegeoError: the one report asked for is impossible by the user's mistake.
    """
    several = plan.n_reports != 1
    prints_each = plan.elsewhere.is_here and not as_json
    told = {one.name: meanings(one.analysis) for one in plan.analyses}
    are_mistakes: list[bool] = []
    stored: list[Stored] = []
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            if outcome.is_mistake and not several:
                raise SaegeoError(outcome.message, outcome.hint)
            are_mistakes.append(outcome.is_mistake)
            tell(outcome, plan.options.with_traceback)
        else:
            if prints_each:
                _print(outcome, output, told[outcome.analysis], is_first=not stored)
            stored.append(outcome.let_go())
    stored = in_order(plan, stored)
    if as_json and (several or stored):
        print_json((one.report.to_json() for one in stored), as_list=several, stream=output)
    elif stored:
        if not prints_each:
            _print_lines(stored, output)
        _say_next([one.path for one in stored], plan.options.out)
    paths = [one.path for one in stored]
    if not are_mistakes:
        return DONE, paths
    return (USERS_MISTAKE if all(are_mistakes) and not stored else SOME_FAILED), paths


def in_order(plan: RunPlan, outcomes: Sequence[One]) -> list[One]:
    """Outcomes in the order of the SAEs, then of the seeds, then of the analyses: that of one process, wherever they come from."""
    specs = {spec: place for place, spec in enumerate(plan.specs)}
    seeds = {seed: place for place, seed in enumerate(plan.seeds)}
    names = {one.name: place for place, one in enumerate(plan.analyses)}
    return sorted(
        outcomes, key=lambda one: (specs[one.spec], seeds.get(one.seed, 0), names.get(one.analysis or "", -1))
    )


def meanings(analysis: Analysis) -> dict[str, str]:
    """Parameter to what it is, as far as the analysis says."""
    return {name: field.description for name, field in analysis.Parameters.model_fields.items() if field.description}


def _print(stored: Stored, output: TextIO, meanings: Mapping[str, str], *, is_first: bool) -> None:
    console = results(output)
    if not is_first:
        console.print()
    console.print(report_summary(stored.report, console.width, meanings))
    again = " (computed earlier; --existing replace computes it again)" if stored.is_reused else ""
    console.print(Text.assemble("\n", plain(f"report: {stored.path}{again}", "dim")), soft_wrap=True)


def _print_lines(stored: Sequence[Stored], output: TextIO) -> None:
    console = results(output)
    for one in stored:
        again = " (computed earlier)" if one.is_reused else ""
        console.print(plain(f"{one.analysis} on {one.spec}: {one.path}{again}"), soft_wrap=True)


def _say_next(finished: Sequence[Path], out: str) -> None:
    """The commands that go on from here: the report in full where there is one, and all that are stored on one page."""
    say("for all of it, type:")
    if len(finished) == 1:
        say(shlex.join(["saegeo", "show", str(finished[0])]))
    say(shlex.join(["saegeo", "page", out, "--out", "page.html"]))


def tell(failed: Failed, with_traceback: bool) -> None:
    """A failure on standard error, with where it happened on demand."""
    complain("failed", SaegeoError(failed.message, failed.hint), failed.where)
    if with_traceback:
        for line in failed.traceback.splitlines():
            say(line, "dim", logging.ERROR)
    elif failed.traceback and not failed.is_mistake:
        say("--traceback shows where", "dim", logging.ERROR)
