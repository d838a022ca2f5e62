"""A data set of the Hugging Face hub, streamed: rows arrive while they are read, nothing is downloaded whole.

A stream has no size and no digest. Its first rows are what can be had before the harvest starts, so they identify it.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.document_rows import DocumentRows
from saegeo_core.errors import SaegeoError

ROWS_THAT_IDENTIFY = 16
NAME = re.compile(r"(?P<name>[^:@]+)(:(?P<config>[^:@]+))?(@(?P<split>[^:@]+))?")


class HubCorpus:
    """The rows of `NAME[:CONFIG][@SPLIT]`, split `train` unless named; each row has `text`.

    Args:
        where: the data set, without the leading `hf:`.
        rows: how rows are read.

    Raises:
        SaegeoError: `where` is not of that form.
    """

    def __init__(self, where: str, rows: DocumentRows | None = None) -> None:
        match = NAME.fullmatch(where)
        if match is None:
            raise SaegeoError(f"{where!r} names no data set", "type hf:NAME, hf:NAME:CONFIG or hf:NAME:CONFIG@SPLIT")
        self._name, self._config = match["name"], match["config"]
        self._split = match["split"] or "train"
        self._reading = rows or DocumentRows()

    @property
    def n_skipped(self) -> int:
        """Broken rows passed over so far, from the beginning of the corpus."""
        return self._reading.n_skipped

    def describe(self) -> dict[str, Any]:
        """Name, configuration and split, and SHA-256 of the first rows' texts (which are fetched for it)."""
        first = hashlib.sha256()
        for _, row in islice(self._rows(), ROWS_THAT_IDENTIFY):
            first.update(repr(row.get(self._reading.text_field)).encode())
        return {
            "kind": "hugging-face",
            "name": self._name,
            "config": self._config,
            "split": self._split,
            "digest_of_first_rows": first.hexdigest(),
            **self._reading.describe(),
        }

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on; what comes before is streamed and checked again.

        Raises:
            SaegeoError: no such data set, no network, a row that is no document (unless skipped), or no row at all.
        """
        return islice(self._reading.documents(self._rows(), f"{self._name}, split {self._split}"), start, None)

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        from datasets import load_dataset

        try:
            rows = load_dataset(self._name, self._config, split=self._split, streaming=True)
            for number, row in enumerate(rows, start=1):
                yield f"row {number} of {self._name}, split {self._split},", row
        except Exception as error:  # datasets, the hub, its HTTP library and every file reader raise their own
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise SaegeoError(
                f"the data set {self._name}, split {self._split}, cannot be read: {reason}",
                "it needs the network; --corpus python-env needs none, and a local JSON-lines file can be named instead",
            ) from error
