"""The tiles that together hold every pair of rows: the upper triangle of a square matrix, cut into squares."""

from saegeo_core.numerics.directions import row_slices

SIDE = 1024


def upper_tiles(n: int, side: int = SIDE, *, of_first: int | None = None) -> list[tuple[slice, slice]]:
    """Ranges of rows and of columns of the tiles on and above the diagonal, row by row, of a matrix of n rows and n columns.

    With `of_first`, those of so many first rows only: together they hold every pair with one of them.
    """
    cut = n if of_first is None else of_first
    ranges = [*row_slices(cut, side), *row_slices(n, side, cut)]
    return [(rows, columns) for a, rows in enumerate(ranges) if rows.start < cut for columns in ranges[a:]]
