"""A disk without room, behind whatever error it showed as: of which machine it is, and what was to be written."""

import errno
import socket
from dataclasses import dataclass

from saegeo_core.errors import SaegeoError, Unfinished, system_error_in_words

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What systems answer: the disk is full, or the user's part of it is."""


@dataclass(frozen=True)
class NoRoom:
    """What a worker gives back in place of what it was to make, where its disk is full: another may have room.

    Attributes:
        machine: its name.
        why: what could not be written.
    """

    machine: str
    why: str

    @classmethod
    def behind(cls, error: BaseException) -> "NoRoom | None":
        """What an error of this machine says of its disk; None where it is of something else."""
        seen: set[int] = set()
        cause: BaseException | None = error
        while cause is not None and id(cause) not in seen:
            if isinstance(cause, OSError) and cause.errno in NO_ROOM:
                return cls(
                    socket.gethostname(),
                    error.message if isinstance(error, SaegeoError) else system_error_in_words(cause),
                )
            seen.add(id(cause))
            cause = cause.__cause__ or cause.__context__
        return None

    def __str__(self) -> str:
        return f"the disk of {self.machine} is full: {self.why}"

    def unfinished(self) -> Unfinished:
        """What is told where no worker has room any more."""
        return Unfinished(
            f"no worker has room to write: {self}", "make room, and type the same command: what was finished is kept"
        )
