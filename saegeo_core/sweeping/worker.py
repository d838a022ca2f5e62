"""What a process that is not the user's own does with a task: the same, but quietly, and where the user is."""

import contextlib
import functools
import io
import os
from dataclasses import dataclass, replace

from saegeo_core.plugin.manager import PluginManager
from saegeo_core.sweeping.outcomes import Failed, Outcome, Stored
from saegeo_core.sweeping.task import Task

LOG_CHARACTERS = 20_000


@dataclass(frozen=True)
class Place:
    """Where the user is: paths are meant from there.

    Attributes:
        folder: the working directory.
        threads: with how many a task computes.
    """

    folder: str
    threads: int


def perform_quietly(task: Task, place: Place) -> list[Outcome]:
    """Do a task. What is printed meanwhile goes nowhere but into the log of what fails."""
    import torch

    os.chdir(place.folder)
    torch.set_num_threads(place.threads)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        outcomes = list(task.perform(_plugins()))
    log = said.getvalue()[-LOG_CHARACTERS:]
    return [_to_send(outcome, log) for outcome in outcomes]


def _to_send(outcome: Outcome, log: str) -> Outcome:
    """Reports lie on disk and are not sent."""
    if isinstance(outcome, Stored):
        return outcome.let_go()
    return replace(outcome, log=log) if isinstance(outcome, Failed) else outcome


@functools.cache
def _plugins() -> PluginManager:
    """The plugins of this process, loaded once."""
    return PluginManager()
