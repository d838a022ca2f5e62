"""The tiles that together hold every pair of rows: the upper triangle of a square matrix, cut into squares."""

from saegeo_core.numerics.directions import row_slices

SIDE = 1024


def upper_tiles(n: int, side: int = SIDE) -> list[tuple[slice, slice]]:
    """Ranges of rows and of columns of the tiles on and above the diagonal, row by row, of a matrix of n rows and n columns."""
    ranges = list(row_slices(n, side))
    return [(rows, columns) for a, rows in enumerate(ranges) for columns in ranges[a:]]
