"""Progress bars on standard error for the loops of an analysis. Silent where standard error is not a terminal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from saegeo_core.analysis import Item, Progress, silent
from saegeo_core.cli.messages import messages
from saegeo_core.rendering.plain_text import clean


@contextmanager
def progress_bars(analysis: str, spec: str) -> Iterator[Progress]:
    """What an analysis wraps its loops in while this context lasts. The bars leave no trace."""
    console = messages()
    if not console.is_terminal:
        yield silent
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True) as bars:
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
