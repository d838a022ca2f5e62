"""What the jobs of a run tell of how far they are, to whoever shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from saegeo_core.progress import Progress, silent


class JobProgress:
    """How far some jobs are. This one tells nobody."""

    @contextmanager
    def job(self, name: str) -> Iterator[Progress]:  # noqa: ARG002
        """While this lasts one of the jobs is at work, and wraps its loops in what it is given."""
        yield silent

    @contextmanager
    def before(self, name: str) -> Iterator[Progress]:  # noqa: ARG002
        """While this lasts something is done that jobs need, and its loops are wrapped in what it gives."""
        yield silent

    @contextmanager
    def elsewhere(self) -> Iterator[Callable[[int], None]]:
        """While this lasts jobs are done elsewhere; what it gives is told how many more are."""
        yield lambda n: None  # noqa: ARG005

    def failed(self, n: int) -> None:
        """So many failed. To be told before they count as done, or at once after."""

    def passed_over(self) -> None:
        """One of the jobs need not be done, or cannot be."""
