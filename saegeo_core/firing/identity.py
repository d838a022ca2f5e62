"""Digests by which firing statistics and what belongs to them are told from others."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.firing.incidence import Incidence

ROWS_AT_ONCE = 256


def digest_of_statistics(
    facts: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any] | None],
    fired: Incidence | None,
    pair_counts: NDArray[Any] | None,
) -> str:
    """SHA-256 of facts, which are plain JSON, and of arrays; of what fired where, whatever form it is kept in."""
    content = hashlib.sha256(json.dumps(facts, sort_keys=True, allow_nan=False).encode())
    for name, values in arrays.items():
        content.update(f"{name} {None if values is None else len(values)}".encode())
        if values is not None:
            content.update(np.ascontiguousarray(values).data)
    if fired is not None:
        for _, tile in fired.tiles():
            content.update(np.packbits(tile, axis=1).data)
    if pair_counts is not None:
        for start in range(0, len(pair_counts), ROWS_AT_ONCE):
            content.update(pair_counts[start : start + ROWS_AT_ONCE].astype(np.int64).data)
    return content.hexdigest()


def joint_digest(parts: Iterable[str | NDArray[Any]]) -> str:
    """SHA-256 of texts and arrays in their order."""
    content = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            content.update(f"{len(part)} {part}".encode())
        else:
            content.update(f"{part.dtype} {part.shape}".encode())
            content.update(np.ascontiguousarray(part).data)
    return content.hexdigest()
