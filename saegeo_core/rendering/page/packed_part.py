"""A part of a page as one text, compressed: a reader pays for it when she unfolds it, not when she opens the page."""

import base64
import json
import zlib
from typing import Any

from saegeo_core.rendering.page.array_pool import ArrayPool

LENGTH = 4
"""Bytes that tell how many bytes of numbers follow."""


def packed(content: bytes) -> str:
    """base64 of zlib. No letter of it means anything in HTML."""
    return base64.b64encode(zlib.compress(content)).decode()


def packed_part(content: dict[str, Any], pool: ArrayPool) -> str:
    """The length of the numbers (4 bytes, little-endian), these, and `content` as JSON with the arrays that it refers to."""
    written = json.dumps(content | {"arrays": pool.stored}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return packed(len(pool.numbers).to_bytes(LENGTH, "little") + pool.numbers + written.encode())
