"""Where text goes: results to standard output, everything else to standard error.

Messages are records of the logger `saegeo_core`, as are the details that other rooms tell of their work: --quiet and -v set its
level. Failures are shown at every level.
"""

import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console
from rich.text import Text

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.trimmed import Trimmed
from saegeo_core.visible_text import visible

LOG = logging.getLogger("saegeo_core")


class _Results(Console):
    """A console that prints tables without blanks at the ends of their lines."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(one if isinstance(one, str | Text) else Trimmed(one) for one in objects), **options)


def results(stream: TextIO | None = None) -> Console:
    """A console on standard output as it is now. Plain text where that is not a terminal."""
    return _Results(file=stream or sys.stdout, highlight=False, markup=False, emoji=False)


def messages() -> Console:
    """A console on standard error as it is now."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


class _OnStandardError(logging.Handler):
    """Each record is a line on standard error as it is now; details, which only -v shows, are dim."""

    def emit(self, record: logging.LogRecord) -> None:
        style = "dim" if record.levelno < logging.INFO else getattr(record, "style", "")
        messages().print(plain(record.getMessage(), style), soft_wrap=True)


LOG.addHandler(_OnStandardError())
LOG.setLevel(LOG.level or logging.INFO)


def are_wanted() -> bool:
    """Whether messages are shown: not with --quiet."""
    return LOG.isEnabledFor(logging.INFO)


def say(message: str, style: str = "", level: int = logging.INFO) -> None:
    """One line on standard error; at the level `logging.WARNING` or above with --quiet too."""
    LOG.log(level, "%s", message, extra={"style": style})


def line_writer() -> Callable[[str], None]:
    """What writes lines on standard error as it is now, whatever becomes of it: a job may have it replaced for a while."""
    console = messages()
    return lambda line: console.print(plain(line, "dim"), soft_wrap=True)


def complain(kind: str, error: BaseException, where: str = "") -> None:
    """An error on standard error; the user's mistake with a second line saying what to type instead."""
    what = error.message if isinstance(error, SaegeoError) else f"{type(error).__name__}: {error}"
    sentence = f"{where}: {what}" if where else what
    messages().print(Text.assemble((f"{kind}: ", "bold red"), plain(sentence)), soft_wrap=True)
    if isinstance(error, SaegeoError) and error.hint:
        say(error.hint, level=logging.ERROR)


def warn(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    """A Python warning, in the place of `warnings.showwarning`: one line with the package it comes from; -v says where."""
    package = _package(Path(filename))
    say(f"warning{package and f' of {package}'}: {' '.join(visible(message).split())}", level=logging.WARNING)
    LOG.debug("%s at %s:%d", category.__name__, filename, lineno)


def _package(file: Path) -> str:
    """Whose file it is; nothing where it is saegeo's own."""
    if "saegeo_core" in file.parts:
        return ""
    installed = [number for number, part in enumerate(file.parts) if part == "site-packages"]
    return file.with_suffix("").parts[installed[-1] + 1] if installed else file.parent.name


def print_json(texts: Iterable[str], *, as_list: bool, stream: TextIO | None = None) -> None:
    """JSON documents on standard output, as one or as a list; UTF-8 whatever the terminal's encoding."""
    joined = ",\n".join(texts)
    click.echo((f"[{joined}]" if as_list else joined).encode(), file=stream)
