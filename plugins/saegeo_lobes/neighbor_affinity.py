"""The functional affinity of dictionaries so wide that the dense matrix exceeds the memory allowed for it.

Each feature keeps the partners it fires with most alike. Counts are made and forgotten tile by tile; each pair is counted
once and offered to both its features.
"""

from collections.abc import Callable

from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.neighbor_graph import LargestPartners
from saegeo_lobes.affinities import Measure

CountTile = Callable[[slice, slice], Tensor]

DENSE_BYTES = 2 * 2**30
"""Up to here the dense float32 matrix is held: 23,170 features."""

ROWS_AT_ONCE = 512


def fits_densely(n_features: int, most_bytes: int = DENSE_BYTES) -> bool:
    """Whether a float32 matrix of all pairs takes at most `most_bytes`."""
    return 4 * n_features**2 <= most_bytes


def neighbor_affinity(
    count_tile: CountTile, counts: Tensor, n_blocks: int, measure: Measure, *, n_partners: int = 30, side: int = 8192
) -> Tensor:
    """The symmetric graph that joins each feature to the `n_partners` most alike ones, weighted by the measure.

    Pairs whose measure is not above 0 are never joined.

    Args:
        count_tile: maps a range of rows and one of columns to the co-occurrence counts (n_rows, n_columns) between them,
            as `FiringStatistics.cooccurrence_tile` does.
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        measure: which, at least 0.
        n_partners: how many each feature chooses; an edge needs to be chosen from one end.
        side: features on a side of a tile of counts, 4 bytes an entry. Larger tiles read the incidence less often.

    Returns:
        Sparse COO tensor (n_features, n_features), float32, where `counts` lie.
    """
    n = len(counts)
    partners = LargestPartners(n, n_partners, counts.device)
    ranges = list(row_slices(n, side))
    for place, rows in enumerate(ranges):
        for columns in ranges[place:]:
            together = count_tile(rows, columns)
            for some in row_slices(rows.stop, ROWS_AT_ONCE, rows.start):
                here = together[some.start - rows.start : some.stop - rows.start]
                values = measure(here, counts[some], counts[columns], n_blocks)
                partners.offer(some, columns, values)
                if rows != columns:
                    partners.offer(columns, some, values.T)
    return partners.graph()
