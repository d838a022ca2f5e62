"""Files that appear whole or not at all: written under a hidden name in the same folder, and renamed when on the disk."""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_HIDDEN = re.compile(r"\..+\.[0-9a-f]{32}")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` when the block ends well, and leaves no trace otherwise.

    Raises:
        OSError: the folder is missing, full, or may not be written to.
    """
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with hidden.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def clear_leftovers(folder: Path) -> None:
    """Take away what writers that were killed left in a folder: hidden files that never took their places.

    Nobody else may be writing there meanwhile.

    Raises:
        OSError: the folder may not be written to.
    """
    for path in folder.glob(".*"):
        if _HIDDEN.fullmatch(path.name):
            path.unlink(missing_ok=True)
