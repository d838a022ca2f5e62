"""A table of texts in HTML: a fragment without script or style sheet, for notebooks and pages."""

from collections.abc import Iterator, Sequence
from html import escape

from saegeo_core.rendering.text_table import TextTable


def html_tables(tables: Sequence[TextTable]) -> str:
    """The tables one below the other, warnings and notes as lists."""
    return "\n".join(line for table in tables for line in _lines(table)) + "\n"


def _lines(table: TextTable) -> Iterator[str]:
    yield '<table class="saegeo-comparison">'
    if table.title:
        yield f"<caption>{escape(table.title)}</caption>"
    headings = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
    yield f"<thead><tr>{headings}</tr></thead>"
    yield "<tbody>"
    group = ""
    for own, row in zip(table.groups, table.rows, strict=True):
        if own != group:
            yield f'<tr><th scope="rowgroup" colspan="{len(table.headings)}">{escape(own)}</th></tr>'
            group = own
        cells = "".join(f"<td>{escape(text)}</td>" for text in row[1:])
        yield f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'
    yield "</tbody>"
    yield "</table>"
    yield from _list("saegeo-warnings", [f"warning: {warning}" for warning in table.warnings])
    yield from _list("saegeo-notes", table.notes)


def _list(name: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield f'<ul class="{name}">{"".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)}</ul>'
