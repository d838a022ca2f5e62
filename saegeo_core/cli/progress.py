"""How far jobs are, and the loops of the one at work: bars on a terminal, lines in a log, nothing where nothing is to be said."""

from collections.abc import Iterator
from contextlib import contextmanager

from saegeo_core.cli.messages import are_wanted, messages
from saegeo_core.progress import Progress, silent


class JobProgress:
    """How far some jobs are. This one tells nobody."""

    @contextmanager
    def job(self, name: str) -> Iterator[Progress]:  # noqa: ARG002
        """While this lasts one of the jobs is at work, and wraps its loops in what it is given."""
        yield silent

    def passed_over(self) -> None:
        """One of the jobs need not be done, or cannot be."""


@contextmanager
def job_progress(title: str, total: int) -> Iterator[JobProgress]:
    """Tells on standard error how far `total` jobs are: the reports of a run."""
    if not are_wanted():
        yield JobProgress()
    elif messages().is_terminal:
        from saegeo_core.cli.progress_bars import JobBars

        yield JobBars(title, total)
    else:
        from saegeo_core.cli.progress_lines import job_lines

        with job_lines(title, total) as lines:
            yield lines


@contextmanager
def loop_progress(title: str) -> Iterator[Progress]:
    """Tells on standard error how far the loop of one piece of work is."""
    if not are_wanted():
        yield silent
    elif messages().is_terminal:
        from saegeo_core.cli.progress_bars import JobBars

        with JobBars(title, 1).job(title) as progress:
            yield progress
    else:
        from saegeo_core.cli.progress_lines import loop_lines

        with loop_lines(title) as progress:
            yield progress
