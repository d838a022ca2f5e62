"""What a process may find itself in: functions that it calls before it is saegeo."""

import itertools
import os
import resource
import time
from datetime import datetime, timedelta, tzinfo


def no_file_beyond(n_bytes: int) -> None:
    """Files end there: what a full disk is, seen from a program."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def environment(**variables: str | None) -> None:
    """These variables; None takes one away."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def creates_for_the_owner_alone() -> None:
    """umask 077."""
    os.umask(0o077)


def nobody() -> None:
    """A user who owns nothing."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def without_reader(*descriptors: int) -> None:
    """Whoever read these has gone away."""
    reader, writer = os.pipe()
    os.close(reader)
    for one in descriptors:
        os.dup2(writer, one)


def full(*descriptors: int) -> None:
    """These lead to a disk that is full."""
    for one in descriptors:
        os.dup2(os.open("/dev/full", os.O_WRONLY), one)


def clock_goes_backwards() -> None:
    """Every look at it shows an earlier time, beginning in 1990."""
    from saegeo_core.running import job

    class Backwards(datetime):
        n_looks = 0

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            cls.n_looks += 1
            return datetime(1990, 1, 1, tzinfo=tz) - timedelta(days=cls.n_looks)

    job.datetime = Backwards
    looks = itertools.count()
    time.time = lambda: 6e8 - next(looks)
