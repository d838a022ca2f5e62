"""How far jobs are, and the loops of the one at work: bars on a terminal, lines in a log, nothing where nothing is to be said."""

from collections.abc import Iterator
from contextlib import contextmanager

from saegeo_core.cli.job_progress import JobProgress
from saegeo_core.cli.messages import are_wanted, messages
from saegeo_core.cli.progress_bars import JobBars
from saegeo_core.cli.progress_lines import job_lines, loop_lines
from saegeo_core.progress import Progress, silent


@contextmanager
def job_progress(title: str, total: int) -> Iterator[JobProgress]:
    """Tells on standard error how far `total` jobs are: the reports of a run."""
    if not are_wanted():
        yield JobProgress()
    elif messages().is_terminal:
        yield JobBars(title, total)
    else:
        with job_lines(title, total) as lines:
            yield lines


@contextmanager
def loop_progress(title: str) -> Iterator[Progress]:
    """Tells on standard error how far the loop of one piece of work is."""
    if not are_wanted():
        yield silent
    elif messages().is_terminal:
        with JobBars(title, 1).job(title) as progress:
            yield progress
    else:
        with loop_lines(title) as progress:
            yield progress
