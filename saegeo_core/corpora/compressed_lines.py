"""Lines of a file, plain or compressed, and a clear word where a compressed file was cut short.

The zstandard reader ends quietly at the end of a file that stops in the middle of a frame; a corpus that lost its second
half would then pass for a whole one. So frames are followed here one by one.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from saegeo_core.errors import SaegeoError
from saegeo_core.size_limit import MOST_TEXT, refuse_too_large

CHUNK = 1 << 16
ZSTANDARD_CHUNK = 1 << 10
"""What is unpacked at once: four bytes of a frame may stand for 128 KiB, so this becomes 32 MiB at most. Windows have the
library's limit, 128 MiB."""
DAMAGE = (OSError, EOFError, zlib.error)


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, without their ends. `.gz` and `.zst` are unpacked.

    Raises:
        SaegeoError: unreadable, not compressed as its name says, cut short, or a line longer than the limit.
    """
    n_lines = 0
    try:
        for line in _split(_chunks(path), path):
            n_lines += 1
            yield line
    except DAMAGE as error:
        raise _damaged(path, f" after line {n_lines}", error) from error


def read_text(path: Path) -> str:
    r"""The whole text of a file, plain or compressed, line ends as `\n`.

    Raises:
        SaegeoError: as `read_lines`, longer than the limit, or not UTF-8.
    """
    chunks: list[bytes] = []
    n_bytes = 0
    try:
        for chunk in _chunks(path):
            n_bytes += len(chunk)
            refuse_too_large(n_bytes, f"the text of {path}", MOST_TEXT)
            chunks.append(chunk)
        text = b"".join(chunks).decode("utf-8-sig")
    except DAMAGE as error:
        raise _damaged(path, "", error) from error
    except UnicodeDecodeError as error:
        raise SaegeoError(
            f"{path} is not UTF-8: {error.reason} at byte {error.start}", "convert it to UTF-8"
        ) from error
    return text.replace("\r\n", "\n")


def _damaged(path: Path, where: str, error: Exception) -> SaegeoError:
    reason = getattr(error, "strerror", None) or error
    return SaegeoError(
        f"{path} cannot be read{where}: {reason}", "it may be damaged or cut short: copy it again from its source"
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if path.suffix == ".zst":
            yield from _zstandard_chunks(file)
            return
        stream = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        while chunk := stream.read(CHUNK):
            yield chunk


def _zstandard_chunks(file: BinaryIO) -> Iterator[bytes]:
    from zstandard import ZstdDecompressor, ZstdError

    frame = None
    while compressed := file.read(ZSTANDARD_CHUNK):
        while compressed:
            frame = frame or ZstdDecompressor().decompressobj()
            try:
                yield frame.decompress(compressed)
            except ZstdError as error:
                raise OSError(str(error)) from error
            compressed = frame.unused_data
            if frame.eof:
                frame = None
    if frame is not None:
        raise EOFError("the last Zstandard frame does not end")


def _split(chunks: Iterable[bytes], path: Path) -> Iterator[bytes]:
    unfinished: list[bytes] = []
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        refuse_too_large(n_bytes, f"a line of {path}", MOST_TEXT)
        first, *others = chunk.split(b"\n")
        unfinished.append(first)
        if others:
            yield b"".join(unfinished)
            yield from others[:-1]
            unfinished, n_bytes = [others[-1]], len(others[-1])
    if any(unfinished):
        yield b"".join(unfinished)
