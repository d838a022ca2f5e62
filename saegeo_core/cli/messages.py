"""Where text goes: results to standard output, everything else to standard error."""

import sys
from collections.abc import Iterable
from typing import TextIO

import click
from rich.console import Console, RenderableType
from rich.text import Text

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.plain_text import plain

MAX_LINE = 10_000


def results(stream: TextIO | None = None) -> Console:
    """A console on standard output as it is now. Plain text where that is not a terminal."""
    return Console(file=stream or sys.stdout, highlight=False, markup=False, emoji=False)


def messages() -> Console:
    """A console on standard error as it is now."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


def print_unfolded(renderable: RenderableType) -> None:
    """A list on standard output, one line an entry however long, so that it can be searched, piped and copied from."""
    console = results()
    console.width = MAX_LINE
    console.print(renderable)


def say(message: str, style: str = "") -> None:
    """One line on standard error."""
    messages().print(plain(message, style), soft_wrap=True)


def complain(kind: str, error: BaseException, where: str = "") -> None:
    """An error on standard error; the user's mistake with a second line saying what to type instead."""
    what = error.message if isinstance(error, SaegeoError) else f"{type(error).__name__}: {error}"
    sentence = f"{where}: {what}" if where else what
    messages().print(Text.assemble((f"{kind}: ", "bold red"), plain(sentence)), soft_wrap=True)
    if isinstance(error, SaegeoError) and error.hint:
        say(error.hint)


def print_json(texts: Iterable[str], *, as_list: bool, stream: TextIO | None = None) -> None:
    """JSON documents on standard output, as one or as a list; UTF-8 whatever the terminal's encoding."""
    joined = ",\n".join(texts)
    click.echo((f"[{joined}]" if as_list else joined).encode(), file=stream)
