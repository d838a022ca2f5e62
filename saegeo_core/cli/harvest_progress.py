"""How far a harvest is: tokens, tokens a second, and the time left where it is known how much there is to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from saegeo_core.cli.messages import messages
from saegeo_core.harvesting.engine import Watch, unwatched
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.rendering.numbers import count, seconds


@contextmanager
def harvest_progress(settings: HarvestSettings) -> Iterator[Watch]:
    """What a harvest tells how far it is while this context lasts. Silent where standard error is not a terminal."""
    console = messages()
    if not console.is_terminal:
        yield unwatched
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=None))
    with Bars(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
        task = bars.add_task("harvest: starting", total=settings.tokens or settings.documents)
        started = time.monotonic()

        def watch(documents: int, tokens: int, tokens_now: int) -> None:
            done = tokens if settings.tokens else documents
            words = progress_words(settings, documents, tokens, tokens_now, time.monotonic() - started)
            bars.update(task, completed=done, description=words)

        yield watch


def progress_words(settings: HarvestSettings, documents: int, tokens: int, tokens_now: int, elapsed: float) -> str:
    """One line: what is done, how fast it goes, how long it will take. Speed is that of this run, whatever was there before."""
    words = f"harvest: {count(documents)} documents, {count(tokens)} tokens"
    if not tokens_now or elapsed <= 0:
        return words
    speed = tokens_now / elapsed
    words += f", {count(round(speed))} tokens/s"
    share = (
        tokens / settings.tokens if settings.tokens else documents / settings.documents if settings.documents else None
    )
    if share:
        words += f", {seconds(tokens * max(0.0, 1 / share - 1) / speed)} left"
    return words
