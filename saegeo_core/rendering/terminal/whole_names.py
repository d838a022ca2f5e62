"""A table whose names are to be copied: they are never cut. One that leaves its numbers no room stands on a line of its own."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from saegeo_core.rendering.terminal.rich_table import GAP
from saegeo_core.rendering.terminal.short_name import shortened
from saegeo_core.visible_text import visible


def whole_name_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, groups: Sequence[str]
) -> Text:
    """The table for a terminal `width` columns wide.

    Args:
        headings: of the columns.
        rows: for each heading a text, the name first; the others are aligned at their right.
        width: of the terminal. Only a name, alone on its line, is ever wider.
        groups: for each row the heading that it stands under.
    """
    rows = [[visible(cell) for cell in row] for row in rows]
    numbers = [max(map(cell_len, column)) for column in list(zip(headings, *rows, strict=True))[1:]]
    room = width - sum(GAP + one for one in numbers)
    names = [cell_len(row[0]) for row in rows]
    name_width = max([cell_len(headings[0]), *(one for one in names if one <= room)])

    def line(name: str, cells: Sequence[str]) -> str:
        padded = [" " * (GAP + one - cell_len(cell)) + cell for cell, one in zip(cells, numbers, strict=True)]
        return name + " " * (name_width - cell_len(name)) + "".join(padded)

    told = Text(no_wrap=True, overflow="ignore")
    told.append(f"{line(headings[0], headings[1:])}\n{'─' * (name_width + sum(GAP + one for one in numbers))}\n", "dim")
    above = ""
    for (name, *cells), length, group in zip(rows, names, groups, strict=True):
        if group != above:
            told.append(f"{shortened(visible(group), width)}\n", "dim")
            above = group
        told.append(f"{name}\n{line('', cells)}\n" if length > name_width else f"{line(name, cells)}\n")
    told.right_crop()
    return told
