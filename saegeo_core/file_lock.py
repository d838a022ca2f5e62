"""One process at a time: a file that the operating system locks, and lets go of when its holder ends, however it ends."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: Behind this many bytes of the file the lock lies, so that others can read who holds it where locks keep readers out.
BYTES_TO_READ = 1024


class AlreadyLockedError(Exception):
    """Another process holds the file; the text says which, where that is known."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path`, which is made together with its folder, and take it away at the end.

    Raises:
        AlreadyLockedError: another process holds it, or this one does already.
        OSError: the folder is full, may not be written to, or lies on a file system that has no locks.
    """
    file = _held(path)
    try:
        yield
    finally:
        if sys.platform != "win32":
            path.unlink(missing_ok=True)  # before it is let go of, so that nobody takes a file that will be gone
        file.close()
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                path.unlink()
            path.parent.rmdir()


def _held(path: Path) -> IO[bytes]:
    """The file, open and locked. One that its last holder took away meanwhile is no lock: then the next one is tried."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except FileNotFoundError:  # the last holder took the folder away
            continue
        except FileExistsError:  # so did it while the folder was looked at; or something else is in its place
            if path.parent.exists() and not path.parent.is_dir():
                raise
            continue
        try:
            _lock(file)
            if _is_there(path, file):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
                file.flush()
                return file
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(BYTES_TO_READ).decode(errors="replace")
            file.close()
            raise AlreadyLockedError(holder or "another process") from error
        except BaseException:
            file.close()
            raise
        file.close()


def _is_there(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _lock(file: IO[bytes]) -> None:
        import msvcrt

        file.seek(BYTES_TO_READ)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
        file.seek(0)

else:

    def _lock(file: IO[bytes]) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
