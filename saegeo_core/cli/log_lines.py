"""When a log gets a line on work that goes on: at its start, with every twentieth or every minute, and at its end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from saegeo_core.rendering.numbers import seconds

EVERY = 60.0
"""Seconds after which a line is due, whatever was done."""
PARTS = 20
"""Of the work, with each of which one is due."""
LEAST = 3.0
"""Seconds between two lines. Of work that is done sooner nothing is said but what was said at its start."""


class LogLines:
    """The lines on one piece of work.

    Args:
        what: the work; every line begins with it.
        words: how far it is, asked when a line is due.
        say: writes a line.
        clock: the time in seconds.
    """

    def __init__(
        self,
        what: str,
        words: Callable[[], str],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._words = words
        self._say = say
        self._clock = clock
        self._started = self._said_at = clock()
        self._said_parts = 0
        self._has_said = False

    @property
    def elapsed(self) -> float:
        """Seconds since it started."""
        return self._clock() - self._started

    def begin(self, words: str = "started") -> None:
        """A line at once, for work that is long or that one waits for; the first line comes after three seconds otherwise."""
        self._has_said = True
        self._say(f"{self._what}: {words}")

    def reach(self, share: float) -> None:
        """So much of it is done, from 0 to 1: a line where a twentieth more is."""
        parts = int(share * PARTS + 1e-9)
        if parts > self._said_parts and self._clock() - self._said_at >= LEAST:
            self._said_parts = parts
            self._tell()

    def beat(self) -> None:
        """A line where none was said for a minute. To be called from time to time."""
        if self._clock() - self._said_at >= (EVERY if self._has_said else LEAST):
            self._tell()

    def end(self, words: str) -> None:
        """The last line, where there was a first."""
        if self._has_said:
            self._say(f"{self._what}: {words} in {seconds(self.elapsed)}")

    def _tell(self) -> None:
        self._has_said = True
        self._said_at = self._clock()
        self._say(f"{self._what}, after {seconds(self.elapsed)}: {self._words()}")


@contextmanager
def beating(lines: LogLines, every: float = 1.0) -> Iterator[None]:
    """A thread looks every so many seconds whether a line is due, for the work itself may tell nothing for minutes."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(every):
            lines.beat()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
