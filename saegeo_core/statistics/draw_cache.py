"""Draws of a null model that are worth keeping between runs: small files in a folder of the user's.

A draw here depends on nothing but what its key says: the seed is part of the recipe. So a kept draw is the draw that would be
made, and whether there was a cache changes no number. A file that is missing, damaged or too short is made again; a folder that
cannot be written to costs time, nothing else.
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
from numpy.typing import NDArray

from saegeo_core.atomic_file import replacing

Floats = NDArray[np.float64]


def cached_draws(name: str, key: Mapping[str, Any], n_draws: int, draw: Callable[[int], Floats]) -> Floats:
    """The first `n_draws` values of a null distribution, shape (n_draws, ...).

    Args:
        name: what is drawn, the beginning of the file's name.
        key: plain JSON, all that decides the draws: the recipe's version, sizes, digests of data.
        n_draws: how many.
        draw: makes that many, with seeds that follow from the key; the first of them are the same for every number.
    """
    folder = cache_folder()
    if folder is None:
        return draw(n_draws)
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    path = folder / f"{name}-{digest}.npy"
    kept = _read(path)
    if kept is not None and len(kept) >= n_draws:
        return kept[:n_draws]
    draws = draw(n_draws)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.save(file, draws, allow_pickle=False)
    return draws


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


def _read(path: Path) -> Floats | None:
    """What a file holds, or None where it is missing or not what was written."""
    try:
        draws = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    good = draws.dtype == np.float64 and draws.ndim > 0 and bool(np.isfinite(draws).all())
    return draws if good else None
