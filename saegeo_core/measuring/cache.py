"""Arrays worth keeping between runs, draws of a null model above all: small files in a folder of the user's.

What is kept depends on nothing but what its key says: a seed is part of the recipe. So it is what would be made, and whether
there was a cache changes no number. Each file carries its key and checksums: one that is missing, damaged, of another key or too
short is made again. A folder that cannot be written to costs time, nothing else.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from saegeo_core.atomic_file import replacing
from saegeo_core.numerics.arrays import Floats


def cached_draws(name: str, key: Mapping[str, Any], n_draws: int, draw: Callable[[int], Floats]) -> Floats:
    """The first `n_draws` values of a null distribution, shape (n_draws, ...).

    Args:
        name: what is drawn, the beginning of the file's name.
        key: plain JSON, all that decides the draws: the recipe's version, sizes, digests of data.
        n_draws: how many.
        draw: makes that many, with seeds that follow from the key; the first of them are the same for every number.
    """
    return cached_array(name, key, lambda: draw(n_draws), usable=lambda kept: len(kept) >= n_draws)[:n_draws]


def cached_array(
    name: str, key: Mapping[str, Any], make: Callable[[], Floats], *, usable: Callable[[Floats], bool] = lambda _: True
) -> Floats:
    """What `make` gives, a float64 array with at least one axis, or what it gave when it was last called for this key.

    Args:
        name: what it is, the beginning of the file's name.
        key: plain JSON, all that decides the numbers.
        make: computes it.
        usable: whether what was kept will do.
    """
    folder = cache_folder()
    if folder is None:
        return make()
    told = json.dumps({"name": name, **key}, sort_keys=True)
    path = folder / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"
    kept = _read(path, told)
    if kept is not None and usable(kept):
        return kept
    made = make()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez(file, allow_pickle=False, key=np.array(told), made=made)
    return made


def cache_folder() -> Path | None:
    """SAEGEO_CACHE, or `saegeo` where the system keeps caches; None where SAEGEO_CACHE is set to nothing."""
    chosen = os.environ.get("SAEGEO_CACHE")
    if chosen is not None:
        return Path(chosen).expanduser() if chosen else None
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        return Path(os.environ["LOCALAPPDATA"]) / "saegeo" / "Cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/saegeo").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "saegeo"


def _read(path: Path, key: str) -> Floats | None:
    """What a file holds, or None where it is missing or not what was written for that key."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:  # an archive: it compares checksums
            is_own, made = str(stored["key"]) == key, stored["made"]
    except Exception:  # a damaged archive fails in many ways, zlib's and zipfile's among them
        return None
    good = is_own and made.dtype == np.float64 and made.ndim > 0 and bool(np.isfinite(made).all())
    return made if good else None
