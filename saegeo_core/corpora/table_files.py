"""Documents from tables: Parquet, CSV and TSV files, read row by row by the `datasets` library."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.document_rows import DocumentRows
from saegeo_core.corpora.file_identity import file_identity
from saegeo_core.errors import SaegeoError

READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".parquet": ("parquet", {}),
    ".csv": ("csv", {}),
    ".tsv": ("csv", {"sep": "\t"}),
}
"""By the ending of a file, the reader of `datasets` and what it is told."""


class TableFilesCorpus:
    """One document a row; files in the order given.

    Args:
        files: name (as reports show it) and path of every file.
        rows: how rows are read.
    """

    def __init__(self, files: Sequence[tuple[str, Path]], rows: DocumentRows) -> None:
        self._files = list(files)
        self._reading = rows

    @property
    def n_skipped(self) -> int:
        """Broken rows passed over so far, from the beginning of the corpus."""
        return self._reading.n_skipped

    def describe(self) -> dict[str, Any]:
        """Names, sizes and digests of the files, and what decides which documents they hold."""
        files = [file_identity(path, name) for name, path in self._files]
        return {"kind": "tables", "files": files, **self._reading.describe()}

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on; what comes before is read and checked again.

        Raises:
            SaegeoError: damaged file, broken row (unless they are skipped), or no document in any file.
        """
        paths = ", ".join(str(path) for _, path in self._files)
        return islice(self._reading.documents(self._rows(), paths), start, None)

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        from datasets import load_dataset

        for _, path in self._files:
            reader, options = READERS[path.suffix]
            try:
                rows = load_dataset(reader, data_files=str(path), split="train", streaming=True, **options)
                for number, row in enumerate(rows, start=1):
                    yield f"row {number} of {path}", row
            except Exception as error:  # datasets and the readers below it raise their own
                reason = " ".join(str(error).split()) or type(error).__name__
                raise SaegeoError(
                    f"{path} cannot be read as {path.suffix[1:]}: {reason}", "it may be damaged"
                ) from error
