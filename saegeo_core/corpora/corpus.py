"""What a corpus is: documents in one fixed order, readable again from any of them.

The order is the whole contract: a harvest that was interrupted at document K asks for `documents(start=K)` and must get
the very document it would have met. What cannot be promised cheaply (that nobody edited the files in between) is at least
noticed: `describe()` identifies the content, and a resumed harvest compares.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """One text.

    Attributes:
        text: what the model reads. Empty for documents whose activations are stored: nobody reads them again.
        label: its kind, or None where the corpus does not say.
        group: the source it was cut from. Pieces of one source are one document to every resampling.
        position: its running number in the corpus, from 0, without gaps.
    """

    text: str
    label: str | None
    group: str
    position: int


class Corpus(Protocol):
    """Documents in one fixed order."""

    @property
    def n_skipped(self) -> int:
        """Broken lines that the latest `documents` has passed over so far.

        Counted from the beginning of the corpus whatever `start` was, so that an interrupted harvest counts as many as an
        uninterrupted one.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Plain JSON that identifies the documents and their order."""
        ...

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on.

        Raises:
            SaegeoError: damaged, unreadable, a broken line (file and line are named), or no document at all.
        """
        ...
