"""How much of a file is read at once: what would take more is refused before memory is asked for.

SAEGEO_MAX_BYTES sets another limit, for all of it. Arrays that are mapped take no memory, and have none.
"""

import os
import stat
from pathlib import Path

from saegeo_core.errors import SaegeoError

VARIABLE = "SAEGEO_MAX_BYTES"
#: Of a text that is read whole, and of one line of a text that is not.
MOST_TEXT = 1 << 30
#: Of an array that is not mapped.
MOST_OF_AN_ARRAY = 1 << 34
#: Weights do not shrink to less than a tenth. What inflates more than this, beyond the limit of a text, was made to fill memory.
MOST_INFLATION = 100


def limit(usual: int) -> int:
    """The usual limit, or the user's.

    Raises:
        SaegeoError: SAEGEO_MAX_BYTES is no number of bytes.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return usual
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given)):
        raise SaegeoError(
            f"{VARIABLE} is {given!r}", f"give a number of bytes, for example {VARIABLE}={MOST_OF_AN_ARRAY}"
        )
    return int(given)


def refuse_too_large(n_bytes: int, what: str, usual: int) -> None:
    """Raise SaegeoError where so many bytes are more than the limit."""
    if n_bytes > limit(usual):
        raise SaegeoError(
            f"{what} takes {n_bytes:,} bytes, more than the {limit(usual):,} that are read at once",
            f"it may be damaged; if it is meant so, set {VARIABLE}={n_bytes} or more",
        )


def refuse_inflating(n_bytes: int, n_compressed: int, what: str) -> None:
    """Raise SaegeoError where what was compressed would take more than the limit, or more than its kind ever shrank from."""
    refuse_too_large(n_bytes, what, MOST_OF_AN_ARRAY)
    if n_bytes > MOST_INFLATION * max(n_compressed, 1):
        refuse_too_large(n_bytes, what, MOST_TEXT)


def refuse_without_end(path: Path) -> None:
    """Raise SaegeoError where a path leads to a pipe or a device, which may be waited for, and may have no end.

    Raises:
        OSError: it leads nowhere.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise SaegeoError(f"{path} is no file", "give the name of a file, no pipe and no device")


def read_whole(path: Path) -> bytes:
    """The content of a file.

    Raises:
        SaegeoError: no file (a pipe or a device may have no end), or one larger than the limit.
        OSError: the system refuses it.
    """
    refuse_without_end(path)
    refuse_too_large(path.stat().st_size, str(path), MOST_TEXT)
    with path.open("rb") as file:
        content = file.read(limit(MOST_TEXT) + 1)
    refuse_too_large(len(content), str(path), MOST_TEXT)
    return content
