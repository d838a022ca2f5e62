"""What a process may find itself in: functions that it calls before it is saegeo."""

import contextlib
import ctypes
import itertools
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path


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


def writes_into(path: Path) -> None:
    """Standard output is that file."""
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)


def read_only(*folders: Path) -> None:
    """These cannot be written by anybody, root included, as this process sees them."""
    mounts_of_its_own = 0x00020000  # CLONE_NEWNS
    if ctypes.CDLL(None, use_errno=True).unshare(mounts_of_its_own):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for folder in folders:
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        if os.access(folder, os.W_OK):
            raise RuntimeError(f"{folder} can be written")


TMPFS = ("mount", "-t", "tmpfs", "-o", "mode=0755,size={}", "tmpfs")


@contextlib.contextmanager
def small_file_system(place: Path, size: str) -> Iterator[bool]:
    """One of so many bytes at a folder, such as "16m"; whether one can be mounted here."""
    command = [part.format(size) for part in TMPFS]
    if not shutil.which("mount") or subprocess.run([*command, place], capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def has_mounts_of_its_own() -> bool:
    """Whether a process may have them."""
    try:
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
