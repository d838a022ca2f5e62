"""Documents from JSON-lines files in the Pile's row format, plain or compressed.

Damage of a file itself (a compressed one cut short) always stops the reading, whatever is said about broken lines.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from saegeo_core.corpora.compressed_lines import read_lines
from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.document_rows import BrokenRow, DocumentRows
from saegeo_core.corpora.file_identity import file_identity


class JsonLinesCorpus:
    """One document a line, an object with `text`; files in the order given. Blank lines are no documents.

    Args:
        files: name (as reports show it) and path of every file.
        label_field, skip_bad_lines: see `DocumentRows`.
    """

    def __init__(
        self, files: Sequence[tuple[str, Path]], *, label_field: str | None = None, skip_bad_lines: bool = False
    ) -> None:
        self._files = list(files)
        self._reading = DocumentRows(label_field, skip_bad_lines)

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
            for number, line in enumerate(read_lines(path), start=1):
                if line.strip():
                    yield f"line {number} of {path}", _parsed(line, number)


def _parsed(line: bytes, number: int) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return BrokenRow(f"it is not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:
        return BrokenRow(f"it is not JSON: {error.msg} at character {error.pos}")
    except (RecursionError, ValueError) as error:  # brackets nested too deep, or an integer of thousands of digits
        return BrokenRow(f"it is not JSON that can be read: {error}")
