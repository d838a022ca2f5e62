"""Rows of a labeled corpus, as JSON or a data set gives them, to documents. The Pile's fields are the default.

A broken row stops the reading, with its place named, or is passed over and counted: never silently.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError

PILE_LABEL = "meta.pile_set_name"
TEXT = "text"
_ABSENT = object()


class BrokenRow(ValueError):
    """A row that is no document."""


class RowWithoutText(BrokenRow):
    """A row with other fields than the one its text was looked for in: all others will have them too."""


class DocumentRows:
    """How rows are read.

    Args:
        label_field: where the label is, names joined by dots; by default `meta.pile_set_name` where that is there.
        skip_bad_lines: pass over broken rows and count them in `n_skipped`.
        text_field: where the text is, names joined by dots.
    """

    def __init__(self, label_field: str | None = None, skip_bad_lines: bool = False, text_field: str = TEXT) -> None:
        self.label_field = label_field
        self.skip_bad_lines = skip_bad_lines
        self.text_field = text_field
        self.n_skipped = 0

    def describe(self) -> dict[str, Any]:
        """What decides which rows are documents, and their labels."""
        told = {"label_field": self.label_field, "skip_bad_lines": self.skip_bad_lines}
        return told if self.text_field == TEXT else {**told, "text_field": self.text_field}

    def documents(self, rows: Iterable[tuple[str, Any]], corpus: str) -> Iterator[Document]:
        """Documents in the order of `rows`: pairs of the row's place, in words, and the row, or why it cannot be read.

        Raises:
            SaegeoError: a broken row, unless they are skipped, or no document at all.
        """
        self.n_skipped = position = 0
        for place, row in rows:
            try:
                if isinstance(row, BrokenRow):
                    raise row
                document = document_of_row(row, position, self.label_field, self.text_field)
            except BrokenRow as error:
                if not self.skip_bad_lines:
                    way = (
                        "type --text-field PATH to say where the text is, names joined by dots"
                        if isinstance(error, RowWithoutText)
                        else "type --skip-bad-lines to go on without such lines"
                    )
                    raise SaegeoError(f"{place} is no document: {error}", way) from error
                self.n_skipped += 1
                continue
            yield document
            position += 1
        if not position:
            skipped = f" ({self.n_skipped} broken lines were skipped)" if self.n_skipped else ""
            raise SaegeoError(
                f"there is no document in {corpus}{skipped}",
                f'a document is an object with "{self.text_field}"; --text-field names another field',
            )


def document_of_row(row: Any, position: int, label_field: str | None = None, text_field: str = TEXT) -> Document:
    """The document in a row, an object with its text at `text_field`.

    The label is read at `label_field`, without one at `meta.pile_set_name` if that is there. The group is `meta.source` up
    to its last '#' (what follows numbers the pieces of one source), else the position.

    Raises:
        BrokenRow: not an object, without text, text that is no valid Unicode, or without the label field asked for.
    """
    if not isinstance(row, dict):
        raise BrokenRow(f"it is a {type(row).__name__}, not an object")
    text = row[text_field] if text_field in row else _field(row, text_field)
    if text is _ABSENT:
        raise RowWithoutText(f"it has no {text_field!r}; {_fields(row)}")
    source = _field(row, "meta.source")
    group = source.rpartition("#")[0] or source if isinstance(source, str) and source else f"#{position}"
    return Document(_text(text, text_field), _label(row, label_field), group, position)


def _text(text: Any, field: str) -> str:
    if not isinstance(text, str):
        raise BrokenRow(f"its {field!r} is a {type(text).__name__}, not a string")
    try:
        text.encode("utf-8")  # JSON can spell half a surrogate pair, which no tokenizer takes
    except UnicodeEncodeError as error:
        raise BrokenRow(f"its {field!r} holds half a surrogate pair at character {error.start}") from error
    return text


def _label(row: dict[str, Any], label_field: str | None) -> str | None:
    path = label_field or PILE_LABEL
    label = _field(row, path)
    if label is _ABSENT and label_field:
        raise BrokenRow(f"it has no label at {path!r}; {_fields(row)}")
    if isinstance(label, dict | list):
        raise BrokenRow(f"its label at {path!r} is a {type(label).__name__}, not a name")
    return None if label is None or label is _ABSENT else str(label)


def _field(row: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(row, dict) or name not in row:
            return _ABSENT
        row = row[name]
    return row


def _fields(row: dict[str, Any]) -> str:
    return "it has " + (", ".join(map(repr, row)) or "no fields")
