"""What `saegeo run` says of each outcome, and the exit status that sums them up."""

import logging
import shlex
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from rich.text import Text

from saegeo_core.cli.command_group import DONE, SOME_FAILED, USERS_MISTAKE
from saegeo_core.cli.messages import complain, print_json, results, say
from saegeo_core.cli.run_jobs import Failed
from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.analysis import Analysis
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.report_summary import report_summary
from saegeo_core.running.job import StoredReport


def present(
    outcomes: Iterable[StoredReport | Failed],
    output: TextIO,
    *,
    several: bool,
    as_json: bool,
    with_traceback: bool,
    meanings: Mapping[str, Mapping[str, str]],
    out: str,
) -> int:
    """Print every report on `output` as it comes (JSON at the end), and every failure and what to do next on standard error.

    `meanings` tells what the parameters of each analysis are; `out` is where reports are stored. Returns the exit status: 2 where
    nothing succeeded and every failure is the user's mistake, 1 where anything else failed.

    Raises:
        SaegeoError: the one report asked for is impossible by the user's mistake.
    """
    documents: list[str] = []
    are_mistakes: list[bool] = []
    finished: list[Path] = []
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            is_mistake = isinstance(outcome.error, SaegeoError)
            if is_mistake and not several:
                raise outcome.error
            are_mistakes.append(is_mistake)
            tell(outcome, with_traceback)
        else:
            finished.append(outcome.path)
            if as_json:
                documents.append(outcome.report.to_json())
            else:
                _print(outcome, output, meanings.get(outcome.report.analysis.name, {}), is_first=len(finished) == 1)
        del outcome  # an error holds the frames it passed through, and with them the cloud
    if as_json and (several or documents):
        print_json(documents, as_list=several, stream=output)
    elif finished:
        _say_next(finished, out)
    if not are_mistakes:
        return DONE
    return USERS_MISTAKE if all(are_mistakes) and not finished else SOME_FAILED


def meanings(analysis: Analysis) -> dict[str, str]:
    """Parameter to what it is, as far as the analysis says."""
    return {name: field.description for name, field in analysis.Parameters.model_fields.items() if field.description}


def _print(finished: StoredReport, output: TextIO, meanings: Mapping[str, str], *, is_first: bool) -> None:
    console = results(output)
    if not is_first:
        console.print()
    console.print(report_summary(finished.report, console.width, meanings))
    again = " (computed earlier; --existing replace computes it again)" if finished.is_reused else ""
    console.print(Text.assemble("\n", plain(f"report: {finished.path}{again}", "dim")), soft_wrap=True)


def _say_next(finished: Sequence[Path], out: str) -> None:
    """The commands that go on from here: the report in full where there is one, and all that are stored on one page."""
    say("for all of it, type:")
    if len(finished) == 1:
        say(shlex.join(["saegeo", "show", str(finished[0])]))
    say(shlex.join(["saegeo", "page", out, "--out", "page.html"]))


def tell(failed: Failed, with_traceback: bool) -> None:
    """A failure on standard error, with where it happened on demand."""
    complain("failed", failed.error, failed.where)
    if with_traceback:
        for line in "".join(traceback.format_exception(failed.error)).splitlines():
            say(line, "dim", logging.ERROR)
    elif not isinstance(failed.error, SaegeoError):
        say("--traceback shows where", "dim", logging.ERROR)
