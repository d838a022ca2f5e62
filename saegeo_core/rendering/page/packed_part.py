"""Parts of a page, compressed: a reader pays for one when she unfolds it, not when she opens the page."""

import base64
import json
import zlib
from typing import Any

from saegeo_core.rendering.page.array_pool import ArrayPool

LENGTH = 4
"""Bytes that tell how many bytes of text follow."""


def packed(content: bytes) -> str:
    """base64 of zlib. No letter of it means anything in HTML."""
    return base64.b64encode(zlib.compress(content)).decode()


def part_bytes(content: dict[str, Any], pool: ArrayPool) -> bytes:
    """The length of the text (4 bytes, little-endian); this: `content` as JSON with the arrays that it refers to; their numbers."""
    written = json.dumps(content | {"arrays": pool.stored}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = written.encode()
    return len(text).to_bytes(LENGTH, "little") + text + pool.numbers


class PartsAlike:
    """Parts that read alike, such as the reports of one analysis: what the first says is on the page once, compressed.

    Every part is the continuation of that one stream, so that deflate finds in it what both say. It looks back 32 kB: texts come
    before numbers, which are like nothing, and of longer texts less is found.

    Attributes:
        start: base64 of the beginning of the stream.
        length: how many bytes it is of, which are no part of any part.
    """

    def __init__(self, first: bytes) -> None:
        end = LENGTH + int.from_bytes(first[:LENGTH], "little")
        self._stream = zlib.compressobj()
        self.start = base64.b64encode(
            self._stream.compress(first[:end]) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        ).decode()
        self.length = end

    def packed(self, part: bytes) -> str:
        """base64 of the rest of the stream, up to its end."""
        stream = self._stream.copy()
        return base64.b64encode(stream.compress(part) + stream.flush()).decode()
