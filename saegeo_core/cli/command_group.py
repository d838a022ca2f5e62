"""A click group that imports a command's module when the command is used, and ends every command in the agreed way.

Exit status: 0 done, 1 some of the work failed, 2 the user's mistake or an error of the operating system, 130 and 143 interrupted by
Ctrl-C and SIGTERM.
"""

import contextlib
import importlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import click

from saegeo_core.cli.interruption import in_words, signals_raised, status_of
from saegeo_core.errors import SaegeoError, Unfinished, near_matches, system_error_in_words

DONE, SOME_FAILED, USERS_MISTAKE = 0, 1, 2


class CommandGroup(click.Group):
    """Command NAME is the attribute `command` of module `<commands_in>.<NAME>`; its one-line summary is known beforehand."""

    def __init__(self, *args: Any, commands_in: str, summaries: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.commands_in = commands_in
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order in which they are declared."""
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command, if there is one of that name."""
        if cmd_name not in self.summaries:
            return None
        command: click.Command = importlib.import_module(f"{self.commands_in}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """An unknown command is answered with those that resemble it; a shell that completes words is not answered so."""
        if not ctx.resilient_parsing and args and args[0] not in self.summaries and not args[0].startswith("-"):
            raise SaegeoError(f"there is no command {args[0]!r}", near_matches(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands in the help text, from the summaries alone: no command is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the user's mistakes become a message, an interruption a short notice."""
        _never_fail_on_encoding()
        _large_pages()
        log = logging.getLogger("saegeo_core")
        log.setLevel(logging.INFO)
        try:
            with signals_raised():
                return self._invoke(ctx)
        finally:
            log.setLevel(logging.INFO)  # --quiet is of one command, where a process runs several

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn  # type: ignore[assignment]  # it takes whatever that takes
                try:
                    return super().invoke(ctx)
                finally:
                    sys.stdout.flush()  # a full disk is told here, and not when everything is over
        except SaegeoError as error:
            from saegeo_core.cli.messages import complain

            complain("error", error)
            ctx.exit(SOME_FAILED if isinstance(error, Unfinished) else USERS_MISTAKE)
        except BrokenPipeError:
            raise
        except OSError as error:  # what the system refuses and nobody foresaw: a name too long, a full disk
            from saegeo_core.cli.messages import complain

            _write_no_more_to_a_full_disk()
            complain("error", SaegeoError(system_error_in_words(error), "choose another place, or mend it"))
            ctx.exit(USERS_MISTAKE)
        except KeyboardInterrupt as interruption:
            from saegeo_core.cli.messages import say

            with contextlib.suppress(OSError):  # a terminal that was closed hears nothing
                say(in_words(interruption), level=logging.WARNING)
            ctx.exit(status_of(interruption))


def _warn(*warning: Any) -> None:
    from saegeo_core.cli.messages import warn

    warn(*warning)


def _never_fail_on_encoding() -> None:
    """A terminal that cannot show a character shows "?" in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _large_pages() -> None:
    """Torch asks Linux for pages of 2 MB, as numpy does unasked; it reads this once, before its first tensor.

    Matrices of all pairs come and go by the gigabyte, and handing out pages of 4 KB took a fifth of the processor time.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def _write_no_more_to_a_full_disk() -> None:
    """What could not be written is still kept for it, and Python would try once more at its end, and fail aloud."""
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
