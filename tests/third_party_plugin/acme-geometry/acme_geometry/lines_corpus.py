"""Text of which every line is a document."""

from itertools import islice
from pathlib import Path


class AcmeLines:
    name = "acme-lines"
    summary = "a text file, every line of which is a document"

    def open(self, where, rows):
        return Lines(Path(where), rows)


class Lines:
    def __init__(self, path, rows):
        self._path = path
        self._rows = rows

    @property
    def n_skipped(self):
        return self._rows.n_skipped

    def describe(self):
        from saegeo_core.corpora.file_identity import file_identity

        return {"kind": "acme-lines", "file": file_identity(self._path, self._path.name), **self._rows.describe()}

    def documents(self, start=0):
        with self._path.open() as file:
            rows = ((f"line {number} of {self._path}", {"text": line}) for number, line in enumerate(file, 1))
            yield from islice(self._rows.documents(rows, str(self._path)), start, None)
