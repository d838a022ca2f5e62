"""The corpus in portions: the documents of one shard. Where a portion ends is decided by the text alone.

So a harvest that was interrupted meets the same portions again, whatever had been computed of them, on whatever machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from saegeo_core.activations.prefetch import prefetched
from saegeo_core.corpora.corpus import Corpus, Document
from saegeo_core.errors import SaegeoError

#: Some 130,000 tokens of English: half a minute's work on a slow machine is lost at most.
CHARACTERS = 1 << 19
#: What a document counts for at least: texts may be short, or not there at all where activations are stored.
CHARACTERS_OF_A_DOCUMENT = 1 << 10


@dataclass(frozen=True)
class Portion:
    """Consecutive documents, at least one.

    Attributes:
        documents: the documents.
        is_last: whether there are no more.
        n_skipped: broken lines of the corpus passed over until here, from its beginning.
    """

    documents: list[Document]
    is_last: bool
    n_skipped: int


def portions(corpus: Corpus, start: int, most_documents: int | None) -> Iterator[Portion]:
    """The documents from number `start` on, up to number `most_documents`, in portions. None where there are none.

    Raises:
        SaegeoError: whatever the corpus raises.
    """
    documents = islice(corpus.documents(start), None if most_documents is None else most_documents - start)
    together: list[Document] = []
    n_characters = 0
    document = next(documents, None)
    while document is not None:
        together.append(document)
        n_characters += max(len(document.text), CHARACTERS_OF_A_DOCUMENT)
        document = next(documents, None)
        if document is None or n_characters >= CHARACTERS:
            yield Portion(together, document is None, corpus.n_skipped)
            together, n_characters = [], 0


class PortionReader:
    """Gives portions one after the other, or from a later document on; the next one is read while one is worked on."""

    def __init__(self, corpus: Corpus, most_documents: int | None) -> None:
        self._corpus = corpus
        self._most_documents = most_documents
        self._next_document = -1
        self._portions: Iterator[Portion] = iter(())

    def portion_from(self, document: int) -> Portion:
        """The portion that starts at that document.

        Raises:
            SaegeoError: there is no such document, or whatever the corpus raises.
        """
        if document != self._next_document:
            self._portions = prefetched(portions(self._corpus, document, self._most_documents), ahead=1)
        portion: Portion | None = next(self._portions, None)
        if portion is None:
            raise SaegeoError(
                f"the corpus has no document after the first {document}"
                if document
                else "there is no document in the corpus",
                "name the corpus that the harvest was started with" if document else "name another one",
            )
        self._next_document = portion.documents[-1].position + 1
        return portion
