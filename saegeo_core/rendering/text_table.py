"""A table of texts, the same for every format it is written in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextTable:
    """Texts in rows and columns, and sentences about them.

    Attributes:
        headings: of the columns; the first is that of the row names.
        rows: one text for each heading.
        groups: for each row the heading it stands under, "" for none.
        warnings, notes: sentences under the table.
        title: what the table is of, "" where that is plain.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = ""
