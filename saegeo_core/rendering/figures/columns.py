"""The columns of a stored table as arrays: numbers where all of it is numbers, texts otherwise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.report.report import Cell
from saegeo_core.visible_text import visible

ColumnArray = NDArray[Any]
"""float64 (n,) with NaN where there is no value, or texts (n,) of dtype object."""
DASH = "—"


def column(values: list[Cell]) -> ColumnArray:
    """float64 (n,), NaN where there is no value; or texts (n,), a dash where there is none, if any cell is text or true/false."""
    if not {str, bool}.isdisjoint(map(type, values)):
        return np.array([DASH if value is None else _text(value) for value in values], dtype=object)
    return np.array(values, dtype=np.float64)  # None is read as NaN


def is_text(values: ColumnArray) -> bool:
    """Whether it holds texts rather than numbers."""
    return values.dtype == object


def is_whole(values: ColumnArray) -> bool:
    """Whether it holds whole numbers only (ids, counts, codes), none absent."""
    return not is_text(values) and bool(np.all(np.isfinite(values)) and np.all(values == np.rint(values)))


def as_texts(values: ColumnArray) -> ColumnArray:
    """A column as texts (n,): whole numbers in full, others to four digits, an empty text where there is no value."""
    if is_text(values):
        return np.where(values == DASH, "", values)
    shown = [
        "" if np.isnan(value) else f"{value:.0f}" if value == np.rint(value) else f"{value:.4g}" for value in values
    ]
    return np.array(shown, dtype=object)


def _text(value: Cell) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(value)
