"""Documents from JSON files in the Pile's row format, plain or compressed: an object a line, or one array of objects.

Damage of a file itself (a compressed one cut short) always stops the reading, whatever is said about broken lines.
"""

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from saegeo_core.corpora.compressed_lines import read_lines
from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.document_rows import TEXT, BrokenRow, DocumentRows
from saegeo_core.corpora.file_identity import file_identity
from saegeo_core.errors import SaegeoError
from saegeo_core.json_text import with_each_name_once
from saegeo_core.size_limit import MOST_OF_AN_ARRAY, refuse_too_large


class JsonLinesCorpus:
    """One document a line, or an entry of an array; files in the order given. Blank lines are no documents.

    Args:
        files: name (as reports show it) and path of every file.
        rows: how rows are read.
    """

    def __init__(self, files: Sequence[tuple[str, Path]], rows: DocumentRows | None = None) -> None:
        self._files = list(files)
        self._reading = rows or DocumentRows()

    @property
    def n_skipped(self) -> int:
        """Broken lines passed over so far, from the beginning of the corpus."""
        return self._reading.n_skipped

    def describe(self) -> dict[str, Any]:
        """Names, sizes and digests of the files, and what decides which documents they hold."""
        files = [file_identity(path, name) for name, path in self._files]
        return {"kind": "json-lines", "files": files, **self._reading.describe()}

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on; what comes before is read and checked again.

        Raises:
            SaegeoError: damaged file, broken line (unless they are skipped), or no document in any file.
        """
        paths = ", ".join(str(path) for _, path in self._files)
        return islice(self._reading.documents(self._rows(), paths), start, None)

    def _rows(self) -> Iterator[tuple[str, Any]]:
        for _, path in self._files:
            lines = enumerate(read_lines(path), start=1)
            first = next(((number, line) for number, line in lines if line.strip()), None)
            if first is not None and ".json" in path.suffixes and _begins_an_array(first[1]):
                whole = _together(first[1], (line for _, line in lines), path)
                yield from ((f"entry {number} of {path}", row) for number, row in _entries(whole, path))
                continue
            for number, line in [] if first is None else chain([first], lines):
                if line.strip():
                    yield f"line {number} of {path}", _parsed(line, number)


def _together(first: bytes, others: Iterable[bytes], path: Path) -> bytes:
    """The lines of an array, which is read whole."""
    lines, n_bytes = [first], len(first)
    for line in others:
        n_bytes += len(line)
        refuse_too_large(n_bytes, f"the array of {path}", MOST_OF_AN_ARRAY)
        lines.append(line)
    return b"".join(lines)


def _begins_an_array(line: bytes) -> bool:
    """Whether a file begins as an array over several lines, or one of objects or texts: no row is a list."""
    start = line.removeprefix(codecs.BOM_UTF8).strip()
    return start == b"[" or start.startswith((b"[{", b"[ {", b'["', b'[ "'))


def _entries(content: bytes, path: Path) -> Iterator[tuple[int, Any]]:
    rows = _parsed(content, 1)
    if isinstance(rows, BrokenRow):
        raise SaegeoError(f"{path} begins as a JSON array and is none: {rows}", "it may be cut short: copy it again")
    return enumerate(({TEXT: row} if isinstance(row, str) else row for row in rows), start=1)  # an array of texts


def _parsed(line: bytes, number: int) -> Any:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        return json.loads(text, object_pairs_hook=with_each_name_once)
    except UnicodeDecodeError as error:
        return BrokenRow(f"it is not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:
        return BrokenRow(f"it is not JSON: {error.msg} at character {error.pos}")
    except (RecursionError, ValueError) as error:  # nested too deep, an integer of thousands of digits, a name twice
        return BrokenRow(f"it is not JSON that can be read: {error}")
