"""Telling a changed corpus file from the same one, without reading gigabytes.

Names alone miss a replaced file, modification times change with every copy, and a digest of everything costs a whole pass
over the corpus before the first token. A digest of the two ends, together with the size, notices a file that was
replaced, appended to, cut or compressed anew, and covers files up to 16 MiB whole. A change in the middle of a larger file
that keeps its size goes unnoticed.
"""

import hashlib
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError

END_BYTES = 8 << 20


def file_identity(path: Path, name: str) -> dict[str, Any]:
    """`name`, size in bytes, and SHA-256 of the first and last 8 MiB, as plain JSON.

    Raises:
        SaegeoError: unreadable.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            content = hashlib.sha256(file.read(END_BYTES))
            file.seek(max(END_BYTES, size - END_BYTES))
            content.update(file.read(END_BYTES))
    except OSError as error:
        raise SaegeoError(f"{path} cannot be read: {error.strerror or error}") from error
    return {"name": name, "bytes": size, "digest_of_ends": content.hexdigest()}
