"""What a kind of corpus is: the interface of a plugin that brings text from somewhere else, and how such a corpus is named."""

from collections.abc import Sequence
from typing import Protocol

from saegeo_core.corpora.corpus import Corpus
from saegeo_core.corpora.document_rows import DocumentRows


class CorpusKind(Protocol):
    """One way of getting text.

    Attributes:
        name: what stands before the colon in `--corpus NAME:WHERE`.
        summary: one line: what text it reads.
    """

    name: str
    summary: str

    def open(self, where: str, rows: DocumentRows) -> Corpus:
        """The corpus named by `where`, what follows the colon.

        `rows` makes documents of rows as `--label-field`, `--text-field` and `--skip-bad-lines` ask, for kinds that have rows.

        Raises:
            SaegeoError: not there, damaged, or not able to do what is asked.
        """
        ...


def kind_and_place(where: str, kinds: Sequence[CorpusKind]) -> tuple[CorpusKind, str] | None:
    """The kind that `NAME:WHERE` names and what follows the colon, or None where it names none of these."""
    name, colon, place = where.partition(":")
    named = [kind for kind in kinds if colon and kind.name == name]
    return (named[0], place) if named else None
