"""Documents from tables: Parquet, CSV and TSV files, read row by row."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.delimited_rows import delimited_rows
from saegeo_core.corpora.document_rows import BrokenRow, DocumentRows
from saegeo_core.corpora.file_identity import file_identity
from saegeo_core.corpora.parquet_rows import parquet_rows
from saegeo_core.errors import SaegeoError

READERS: dict[str, Callable[[Path], Iterator[dict[str, Any] | BrokenRow]]] = {
    ".parquet": parquet_rows,
    ".csv": partial(delimited_rows, delimiter=","),
    ".tsv": partial(delimited_rows, delimiter="\t"),
}
"""What reads a file, by its ending."""


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

    def _rows(self) -> Iterator[tuple[str, dict[str, Any] | BrokenRow]]:
        for _, path in self._files:
            try:
                for number, row in enumerate(READERS[path.suffix](path), start=1):
                    yield f"row {number} of {path}", row
            except SaegeoError:
                raise
            except (
                Exception
            ) as error:  # pyarrow raises anything from OSError to OverflowError on bytes that are no table
                reason = " ".join(str(error).split()) or type(error).__name__
                raise SaegeoError(
                    f"{path} cannot be read as {path.suffix[1:]}: {reason}", "it may be damaged"
                ) from error
