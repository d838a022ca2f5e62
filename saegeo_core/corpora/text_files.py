"""Plain text files as a corpus: every file is one document, whole, and its own group."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from saegeo_core.corpora.compressed_lines import read_text
from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.file_identity import file_identity
from saegeo_core.errors import SaegeoError


class TextFilesCorpus:
    """One document a file, in the order given, without labels.

    Args:
        files: name (as reports show it, and the document's group) and path of every file.
    """

    n_skipped = 0

    def __init__(self, files: Sequence[tuple[str, Path]]) -> None:
        self._files = list(files)

    def describe(self) -> dict[str, Any]:
        """Names, sizes and digests of the files."""
        return {"kind": "text-files", "files": [file_identity(path, name) for name, path in self._files]}

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on.

        Raises:
            SaegeoError: unreadable or not UTF-8, or nothing but blanks in all of them.
        """
        return islice(self._all_documents(), start, None)

    def _all_documents(self) -> Iterator[Document]:
        position = 0
        for name, path in self._files:
            text = read_text(path)
            if text.strip():
                yield Document(text, None, name, position)
                position += 1
        if not position:
            raise SaegeoError(f"there is no text in {', '.join(str(path) for _, path in self._files)}")
