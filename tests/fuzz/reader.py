"""One kind of file: a sound example, what saegeo reads there by its public entry, and what other programs read there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Near:
    """Numbers that another way of computing them gives, to a few digits."""

    values: Any


@dataclass(frozen=True)
class Reader:
    """One kind of file.

    Attributes:
        kind: what it is called.
        example: makes sound files, by their names in a folder.
        numbers: what saegeo gives for such a folder: plain values and arrays.
        says: what the bytes in it say, told by a reader that shares nothing with saegeo's; what it leaves out, it cannot tell. None
            where checksums cover the bytes: then only the numbers of the sound example may come back.
        spoiled: beginnings of the names of the files to be spoiled; all by default.
        is_slow: tried a tenth as often as others.
    """

    kind: str
    example: Callable[[], dict[str, bytes]]
    numbers: Callable[[Path], Any]
    says: Callable[[Path], Any] | None = None
    spoiled: tuple[str, ...] = ("",)
    is_slow: bool = False


def alike(given: Any, wanted: Any) -> bool:
    """Whether all that is wanted is given: numbers bit for bit, whatever their byte order."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(name in given and alike(given[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list | tuple):
        return isinstance(given, list | tuple) and len(given) == len(wanted) and all(map(alike, given, wanted))
    if isinstance(wanted, Near):
        return given.shape == wanted.values.shape and np.allclose(given, wanted.values, rtol=1e-3, atol=1e-4)
    if isinstance(wanted, np.ndarray):
        return isinstance(given, np.ndarray) and given.shape == wanted.shape and bool((given == wanted).all())
    return bool(given == wanted) and isinstance(given, bool) == isinstance(wanted, bool)
