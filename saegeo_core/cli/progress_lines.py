"""Progress in a log: what is done, how fast it goes, how long it will take, and which loop of which job is at work."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from saegeo_core.cli.job_progress import JobProgress
from saegeo_core.cli.log_lines import LogLines, beating
from saegeo_core.cli.messages import line_writer
from saegeo_core.progress import Item, Progress
from saegeo_core.rendering.numbers import count, seconds, significant


@contextmanager
def job_lines(title: str, total: int) -> Iterator["JobLines"]:
    """Lines on so many jobs, from the first, said at once, to the last, said when this ends."""
    jobs = JobLines(title, total, line_writer())
    jobs.lines.begin()
    with beating(jobs.lines):
        yield jobs
    jobs.tell_end()


@contextmanager
def loop_lines(title: str) -> Iterator[Progress]:
    """Lines on one loop, from its third second on: it is mostly over by then."""
    words = "at work"
    lines = LogLines(title, lambda: words, line_writer())

    def progress(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
        nonlocal words
        for number, item in enumerate(items):
            words = _share_of(description, number, total)
            lines.reach(number / total if total else 0)
            yield item

    with beating(lines):
        yield progress
    lines.end("done")


def _share_of(description: str, number: int, total: int) -> str:
    return f"{description} {number / total:.0%}" if total else description


class JobLines(JobProgress):
    """What the lines on some jobs say.

    Attributes:
        lines: says when there is one.
    """

    def __init__(
        self, title: str, total: int, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lines = LogLines(title, self._words, say, clock)
        self._total = total
        self._n_worked = self._n_passed_over = self._n_failed = 0
        self._at_work = ""
        self._loop = ""
        self._is_told_by_title = False

    @contextmanager
    def job(self, name: str) -> Iterator[Progress]:
        """The job is named in every line, and how far its loop is."""
        try:
            with self.before(name) as progress:
                self._is_told_by_title = self._total == 1
                yield progress
        finally:
            self._n_worked += 1
            self._is_told_by_title = False
            if self._done < self._total:
                self.lines.reach(self._done / self._total)

    @contextmanager
    def before(self, name: str) -> Iterator[Progress]:
        """What jobs need is named in every line, and how far its loop is."""
        self._at_work = name
        try:
            yield self._progress
        finally:
            self._at_work = self._loop = ""

    @contextmanager
    def elsewhere(self) -> Iterator[Callable[[int], None]]:
        """Lines count what is done, and what failed of it."""
        yield self._finish

    def failed(self, n: int) -> None:
        """They are told among those that are done."""
        self._n_failed += n

    def _finish(self, n: int) -> None:
        self._n_worked += n
        if self._done < self._total:
            self.lines.reach(self._done / self._total)

    def passed_over(self) -> None:
        """One job less to do; it does not count as speed."""
        self._n_passed_over += 1

    def tell_end(self) -> None:
        """The last line."""
        if self._total == 1:
            self.lines.end("failed" if self._n_failed else "done")
        else:
            self.lines.end(f"{self._counted()} done{self._failures()}")

    @property
    def _done(self) -> int:
        return self._n_worked + self._n_passed_over

    def _counted(self) -> str:
        return f"{count(self._done)} of {count(self._total)}"

    def _failures(self) -> str:
        return f", {count(self._n_failed)} of them failed" if self._n_failed else ""

    def _words(self) -> str:
        at_work = ", ".join(filter(None, ("" if self._is_told_by_title else self._at_work, self._loop)))
        if self._total == 1:
            return at_work or "at work"
        words = f"{self._counted()} done ({self._done / self._total:.0%}){self._failures()}"
        if self._n_worked:
            pace = self.lines.elapsed / self._n_worked
            words += f", {significant(60 / pace, 2)} a minute, {seconds(pace * (self._total - self._done))} left"
        return "; ".join(filter(None, (words, at_work)))

    def _progress(self, items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
        around = self._loop
        for number, item in enumerate(items):
            self._loop = _share_of(description, number, total)
            yield item
        self._loop = around
