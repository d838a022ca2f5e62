"""Progress bars on standard error, for the loops of an analysis and for a grid of them. Silent where that is no terminal."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from saegeo_core.cli.messages import messages
from saegeo_core.progress import Item, Progress, silent
from saegeo_core.rendering.plain_text import clean

JobBars = Callable[[str, str], AbstractContextManager[Progress]]
"""From an analysis and an SAE to what the analysis wraps its loops in while it measures that SAE."""


@contextmanager
def progress_bars(analysis: str, spec: str) -> Iterator[Progress]:
    """Bars of one analysis on one SAE. They leave no trace."""
    with _bars() as bars:
        if bars is None:
            yield silent
        else:
            with _job_bars(bars, analysis, spec) as progress:
                yield progress


@contextmanager
def grid_bars(title: str, total: int) -> Iterator[JobBars]:
    """Bars of many analyses on many SAEs: one for the whole grid, and below it those of the job at work."""
    with _bars() as bars:
        if bars is None:
            yield lambda *_: nullcontext(silent)
            return
        whole = bars.add_task(clean(title), total=total)

        @contextmanager
        def job_bars(analysis: str, spec: str) -> Iterator[Progress]:
            try:
                with _job_bars(bars, analysis, spec) as progress:
                    yield progress
            finally:
                for task in set(bars.task_ids) - {whole}:
                    bars.remove_task(task)
                bars.advance(whole)

        yield job_bars


@contextmanager
def _bars() -> Iterator[Bars | None]:
    console = messages()
    if not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        yield bars


@contextmanager
def _job_bars(bars: Bars, analysis: str, spec: str) -> Iterator[Progress]:
    waiting = bars.add_task(clean(f"{analysis} on {spec}"), total=None)

    def progress(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
        task = bars.add_task(clean(f"{analysis}: {description}"), total=total)
        bars.update(waiting, visible=False)
        try:
            yield from bars.track(items, total=total, task_id=task)
        finally:
            bars.remove_task(task)
            bars.update(waiting, visible=True)

    yield progress
