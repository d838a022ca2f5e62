"""A table of names and numbers for a terminal of any width. Numbers are never cut.

Headings are broken first. Then names give way: what all begin with is told once, below the table, and the rest is shortened in its
middle as long as rows stay distinct. Where that is not enough, columns go on in a second block below the first, which repeats the
names.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import GAP, rich_table
from saegeo_core.rendering.terminal.short_name import ELLIPSIS, least_width, shared_beginning, shortened

NARROWEST_HEADING = 10
"""Characters that a heading may take on one line though the numbers below it are narrower."""
PIECES = re.compile(r"[^ _.:/-]*[ _.:/-]*")

Lines = list[str]


def fitted_table(
    headings: Sequence[Sequence[str]],
    rows: Sequence[Sequence[Text]],
    width: int,
    *,
    groups: Sequence[str] = (),
    left: frozenset[int] = frozenset(),
) -> RenderableType:
    """The table for a terminal `width` columns wide.

    Args:
        headings: of each column what stands above it, outermost first, as many levels as it has. What a column has in common with
            the one before it is not repeated, but for the innermost.
        rows: for each heading a text without line breaks, the name of the row first.
        width: of the terminal.
        groups: for each row the heading it stands under, "" for none.
        left: places of columns, besides the first, that are aligned at their left.
    """
    names, shared = [row[0] for row in rows], ""
    cells = [max((row[place].cell_len for row in rows), default=0) for place in range(len(headings))]
    levels: list[list[Lines]] = [[[part] for part in heading] for heading in headings]
    if sum(_widths(levels, cells)) + GAP * (len(cells) - 1) > width:
        levels = [
            [_broken(part, max(one, NARROWEST_HEADING)) for part in heading]
            for heading, one in zip(headings, cells, strict=True)
        ]
        if sum(_widths(levels, cells)) + GAP * (len(cells) - 1) > width:
            shared = shared_beginning([name.plain for name in names])
            names = [Text(ELLIPSIS * bool(shared) + name.plain[len(shared) :], name.style) for name in names]
            cells[0] = max((name.cell_len for name in names), default=0)
    name, *numbers = widths = _widths(levels, cells)
    room = max(width - GAP - max(numbers, default=0), 1)
    least = min(max(least_width([one.plain for one in names]), *map(cell_len, levels[0][-1])), room)
    parts: list[RenderableType] = []
    for block in _blocks(numbers, width - least):
        name_width = min(name, width - sum(widths[place] + GAP for place in block))
        table, places = rich_table(), [0, *block]
        told = _told_once([headings[place] for place in places], [levels[place] for place in places])
        for place, heading in zip(places, told, strict=True):
            table.add_column(
                heading,
                justify="left" if place in left | {0} else "right",
                vertical="bottom",
                width=widths[place] if place else name_width,
                no_wrap=True,
            )
        above = ""
        for row, row_name, own in zip(rows, names, groups or [""] * len(rows), strict=True):
            if own != above:
                table.add_row(Text(shortened(own, name_width), "bold"))
                above = own
            table.add_row(Text(shortened(row_name.plain, name_width), row_name.style), *(row[place] for place in block))
        parts += [Text(), table] if parts else [table]
    return Group(*parts, *([plain(f"{ELLIPSIS} at the beginning: {shared}", "dim")] if shared else []))


def _widths(levels: Sequence[Sequence[Lines]], cells: Sequence[int]) -> list[int]:
    """Of every column."""
    return [
        max(one, *(cell_len(line) for lines in column for line in lines))
        for column, one in zip(levels, cells, strict=True)
    ]


def _blocks(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Places of the columns, counted from 1, that fit beside each other in `room`; at least one in a block."""
    block: list[int] = []
    used = 0
    for place, width in enumerate(widths, start=1):
        if block and used + width + GAP > room:
            yield block
            block, used = [], 0
        block.append(place)
        used += width + GAP
    yield block


def _told_once(headings: Sequence[Sequence[str]], columns: Sequence[Sequence[Lines]]) -> Iterator[Text]:
    """Headings of the columns of a block: levels at one height, blank where the outer ones are those of the column before."""
    n_levels = max(map(len, columns))
    told: list[list[Lines]] = []
    before: Sequence[str] = ()
    for heading, levels in zip(headings, columns, strict=True):
        outer = heading[:-1] if len(heading) == n_levels else heading if len(heading) > 1 else ()
        same = [one == other for one, other in zip(outer, before, strict=False)]
        n_same = (*same, False).index(False)
        filled = [[""]] * (n_levels - len(levels))
        whole = [*levels, *filled] if len(levels) > 1 else [*filled, *levels]
        told.append([*[[""]] * n_same, *whole[n_same:]])
        before = outer
    heights = [max(len(levels[n]) for levels in told) for n in range(n_levels)]
    for levels in told:
        padded = [[*[""] * (height - len(lines)), *lines] for lines, height in zip(levels, heights, strict=True)]
        yield Text("\n".join(line for lines in padded for line in lines))


def _broken(heading: str, width: int) -> Lines:
    """A heading on lines of at most so many characters, where its separators allow."""
    lines = [""]
    for piece in PIECES.findall(heading):
        if lines[-1] and cell_len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
