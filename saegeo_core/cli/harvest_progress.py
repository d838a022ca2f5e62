"""How far a harvest is: tokens, tokens a second, and the time left where it is known how much there is to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import TimeElapsedColumn

from saegeo_core.cli.log_lines import LogLines, beating
from saegeo_core.cli.messages import are_wanted, line_writer, messages
from saegeo_core.cli.progress_bars import bars
from saegeo_core.harvesting.engine import Watch, unwatched
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.rendering.numbers import count, seconds

STARTING = "no token counted yet"


@contextmanager
def harvest_progress(settings: HarvestSettings) -> Iterator[Watch]:
    """What a harvest tells how far it is while this lasts: a bar on a terminal, lines of a log elsewhere."""
    if not are_wanted():
        yield unwatched
    elif messages().is_terminal:
        with _bar(settings) as watch:
            yield watch
    else:
        with _lines(settings) as watch:
            yield watch


@contextmanager
def _bar(settings: HarvestSettings) -> Iterator[Watch]:
    with bars(TimeElapsedColumn()) as shown:
        task = shown.add_task(f"harvest: {STARTING}", total=settings.tokens or settings.documents)
        started = time.monotonic()

        def watch(documents: int, tokens: int, tokens_now: int) -> None:
            done = tokens if settings.tokens else documents
            words = progress_words(settings, documents, tokens, tokens_now, time.monotonic() - started)
            shown.update(task, completed=done, description=f"harvest: {words}")

        yield watch


@contextmanager
def _lines(settings: HarvestSettings) -> Iterator[Watch]:
    done = (0, 0, 0)

    def words() -> str:
        return progress_words(settings, *done, lines.elapsed)

    def watch(documents: int, tokens: int, tokens_now: int) -> None:
        nonlocal done
        done = documents, tokens, tokens_now
        share = share_done(settings, documents, tokens)
        if share is not None:
            lines.reach(share)

    lines = LogLines("harvest", words, line_writer())
    lines.begin()
    with beating(lines):
        yield watch
    lines.end(words())


def share_done(settings: HarvestSettings, documents: int, tokens: int) -> float | None:
    """How much of the harvest is done, from 0 to 1; None where all there is is to be harvested, however much that be."""
    if settings.tokens:
        return min(1.0, tokens / settings.tokens)
    return documents / settings.documents if settings.documents else None


def progress_words(settings: HarvestSettings, documents: int, tokens: int, tokens_now: int, elapsed: float) -> str:
    """One line: what is done, how fast it goes, how long it will take. Speed is that of this run, whatever was there before."""
    if not tokens:
        return STARTING
    share = share_done(settings, documents, tokens)
    words = f"{count(documents)} documents, {count(tokens)} tokens" + ("" if share is None else f" ({share:.0%})")
    if not tokens_now or elapsed <= 0:
        return words
    speed = tokens_now / elapsed
    words += f", {count(round(speed))} tokens/s"
    if share and share < 1:
        words += f", {seconds(tokens * (1 / share - 1) / speed)} left"
    return words
