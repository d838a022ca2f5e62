"""A plugin's code at work: it neither ends the program nor goes on in a copy of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def contained() -> Iterator[None]:
    """What asks to end the program within the block, `os._exit` included, raises in place of that.

    Processes that the block starts end as they like. A copy of this one that a fork made, and that would leave the block as this
    one does, ends there: else all that follows would be done twice.

    Raises:
        RuntimeError: the block asked to end the program.
    """
    here, end = os.getpid(), os._exit

    def refuse(status: int) -> None:
        if os.getpid() != here:
            end(status)
        raise SystemExit(status)

    os._exit = refuse  # type: ignore[assignment]
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(f"it asked to end the program, with status {error.code}") from error
    finally:
        os._exit = end
        if os.getpid() != here:
            end(1)
