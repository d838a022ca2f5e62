"""Progress on a terminal: one bar for all jobs, and below it those of the job at work. They leave no trace."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from saegeo_core.cli.job_progress import JobProgress
from saegeo_core.cli.messages import messages
from saegeo_core.progress import Item, Progress
from saegeo_core.rendering.numbers import count, seconds
from saegeo_core.visible_text import visible


def bars(*more: ProgressColumn) -> Bars:
    """A display of bars, each with a percentage where its total is known, for `with`."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
    )
    return Bars(*columns, *more, console=messages(), transient=True)


class JobBars(JobProgress):
    """Bars while a job is at work, none between jobs: results are printed there."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = self._n_worked = self._n_failed = 0
        self._started = time.monotonic()

    @contextmanager
    def job(self, name: str) -> Iterator[Progress]:
        """Bars of the job, under that of all of them where there are several."""
        try:
            with bars(TimeRemainingColumn()) as shown:
                if self._total > 1:
                    shown.add_task(
                        visible(self._title + self._failures() + self._left()), total=self._total, completed=self._done
                    )
                waiting = shown.add_task(visible(name), total=None)

                def progress(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
                    task = shown.add_task(visible(f"{name}: {description}"), total=total)
                    shown.update(waiting, visible=False)
                    try:
                        yield from shown.track(items, total=total, task_id=task)
                    finally:
                        shown.remove_task(task)
                        shown.update(waiting, visible=True)

                yield progress
        finally:
            self._done += 1
            self._n_worked += 1

    @contextmanager
    def before(self, name: str) -> Iterator[Progress]:
        """A bar while one of its loops runs, none between: whatever downloads has bars of its own."""

        def progress(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
            with bars(TimeRemainingColumn()) as shown:
                yield from shown.track(items, total=total, description=visible(f"{name}: {description}"))

        yield progress

    @contextmanager
    def elsewhere(self) -> Iterator[Callable[[int], None]]:
        """One bar, which counts what is done and what failed of it."""
        with bars(TimeRemainingColumn()) as shown:
            task = shown.add_task(visible(self._title), total=self._total, completed=self._done)
            yield lambda n: shown.update(task, advance=n, description=visible(self._title + self._failures()))

    def failed(self, n: int) -> None:
        """They are told beside the bar of all jobs."""
        self._n_failed += n

    def _failures(self) -> str:
        return f", {count(self._n_failed)} failed" if self._n_failed else ""

    def _left(self) -> str:
        if not self._n_worked:
            return ""
        pace = (time.monotonic() - self._started) / self._n_worked
        return f", {seconds(pace * (self._total - self._done))} left"

    def passed_over(self) -> None:
        """One job less to do."""
        self._done += 1
