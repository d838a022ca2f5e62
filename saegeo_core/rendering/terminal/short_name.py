"""Names that give way: a long one is shortened in its middle, so that the numbers beside it stay whole."""

import re
from collections.abc import Sequence
from itertools import takewhile

from rich.cells import cell_len, set_cell_size

SHORTEST = 16
"""Characters that are kept of any name: rows are told apart by its beginning and its end."""
ELLIPSIS = "…"
LEAST_SHARED = 8
"""Characters that names must share at their beginning for it to be worth telling once."""


def shortened(name: str, width: int) -> str:
    """`name` with its middle left out, if it is longer than `width`. Of a path the end says more, so more of it is kept."""
    if cell_len(name) <= width:
        return name
    kept = max(width - len(ELLIPSIS), 0)
    tail = (2 * kept + 2) // 3
    return set_cell_size(name, kept - tail) + ELLIPSIS + set_cell_size(name[::-1], tail)[::-1]


def least_width(names: Sequence[str]) -> int:
    """The width to which names can be shortened and stay distinct; those of up to 16 characters are kept whole."""
    longest, n_distinct = max(map(cell_len, names), default=0), len(set(names))
    widths = range(min(SHORTEST, longest), longest)
    return next((width for width in widths if len({shortened(name, width) for name in names}) == n_distinct), longest)


def shared_beginning(names: Sequence[str]) -> str:
    """What all names begin with, up to a colon or a slash: a release, a folder. Nothing where that is short or is a whole name."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    shared = re.sub(r"[^:/]*$", "", "".join(letter for letter, *_ in alike))
    return "" if cell_len(shared) < LEAST_SHARED or shared in names else shared
