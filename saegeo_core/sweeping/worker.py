"""What a process that is not the user's own does with work: the same, but quietly, and where the user is."""

import contextlib
import io
import os
from dataclasses import dataclass
from typing import Any

from saegeo_core.sweeping.executor import Work


@dataclass(frozen=True)
class Place:
    """Where the user is: paths are meant from there.

    Attributes:
        folder: the working directory.
        threads: with how many a task computes.
    """

    folder: str
    threads: int


def perform_quietly(work: Work, common: Any, place: Place) -> Any:
    """Do what was given. What is printed meanwhile goes nowhere: the worker's output may be the user's."""
    import torch

    with contextlib.suppress(OSError):  # another machine, on which paths from there will not be found either
        os.chdir(place.folder)
    torch.set_num_threads(place.threads)
    unheard = io.StringIO()
    with contextlib.redirect_stdout(unheard), contextlib.redirect_stderr(unheard):
        return work.done(common)


class Worker:
    """A worker as an object that is called, for engines that have those."""

    def is_ready(self) -> bool:
        """That it is asked shows that it is there."""
        return True

    def perform(self, work: Work, common: Any, place: Place) -> Any:
        """See `perform_quietly`."""
        return perform_quietly(work, common, place)
