"""The arrays of one part of a page, each kept once however many figures and tables show it.

Numbers are written as the smallest type that shows them: small whole numbers as such, others in single precision, which has
three digits more than anything that is drawn. Texts are plain lists.
"""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures.columns import ColumnArray, is_text, is_whole

WHOLE = ("u1", "i1", "u2", "i2", "i4")
SINGLE = np.finfo(np.float32)
MAX_EXACT = 2**24
"""Whole numbers beyond it, such as ids, would change in single precision."""


class ArrayPool:
    """Arrays by content; the page's script looks them up by number.

    Attributes:
        stored: a list of texts, or `{"type", "at", "length"}` of numbers that begin at byte `at` of `numbers`.
        numbers: one array after the other, of each the first bytes of all its numbers (little-endian), then the second ones: bytes
            that are like each other lie together, and are a sixth smaller once compressed.
    """

    def __init__(self) -> None:
        self.stored: list[Any] = []
        self.numbers = bytearray()
        self._place: dict[tuple[str, bytes | tuple[str, ...]], int] = {}

    def reference(self, values: ColumnArray) -> dict[str, Any]:
        """`{"array": number}`, with `"width"` for a matrix; the same for equal content."""
        kind = "text" if is_text(values) else _smallest_type(values)
        content = tuple(values) if kind == "text" else values.astype(f"<{kind}").tobytes()
        place = self._place.setdefault((kind, content), len(self.stored))
        if place == len(self.stored):
            self.stored.append(list(content) if isinstance(content, tuple) else self._kept(kind, content))
        return {"array": place} | ({"width": values.shape[1]} if values.ndim == 2 else {})

    def with_references(self, content: Any) -> Any:
        """Nested dictionaries and lists with every array in them replaced by its reference."""
        if isinstance(content, np.ndarray):
            return self.reference(content)
        if isinstance(content, dict):
            return {key: self.with_references(value) for key, value in content.items()}
        if isinstance(content, list | tuple):
            return [self.with_references(value) for value in content]
        return content

    def _kept(self, kind: str, content: bytes) -> dict[str, Any]:
        at, size = len(self.numbers), int(kind[1])
        for byte in range(size):
            self.numbers += content[byte::size]
        return {"type": kind, "at": at, "length": len(content) // size}


def _smallest_type(values: ColumnArray) -> str:
    if is_whole(values) and values.size:
        for kind in WHOLE:
            range_ = np.iinfo(kind)
            if range_.min <= values.min() and values.max() <= range_.max:
                return kind
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    fits = not len(size) or (size.min() >= SINGLE.tiny and size.max() < MAX_EXACT)
    return "f4" if fits else "f8"
