"""All pairwise cosines of a cloud, in one pass over the upper triangle, never holding more than a tile of them.

Each tile is multiplied cheaply, with a proven bound on the error (`bounded_products`). Whatever the bound leaves open is
settled in float64: which pairs lie beyond a threshold, and who is the nearest and the most opposite partner of each
feature. These results are those of float64 on every device, for every tile size and number of threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.bounded_products import BoundedProducts, ProductFormat, fastest_format
from saegeo_core.numerics.cosine_histogram import CosineHistogram
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.partners import Partners
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.numerics.strongest_links import NO_LINKS, Links, LinkSearch
from saegeo_core.numerics.upper_tiles import SIDE, upper_tiles

IDENTICAL = 1 - 1e-6
"""Features whose cosine is above this are duplicates of each other; below minus this, antipodes."""

FINENESS = 2.0**40
"""Sums of squares and of absolute values are added up in units of one over this, as whole numbers: which tile is done first does
not change them."""


@dataclass(frozen=True, eq=False)
class PairwiseCosines:
    """What one pass over all pairs of n_features directions leaves, or over those of some of them with all.

    Attributes:
        n_features: number of features looked at, all N unless fewer were asked for.
        n_pairs: number of unordered pairs, N (N - 1) / 2; of m features with all, m (N - 1) - m (m - 1) / 2.
        thresholds: shape (n_thresholds,), as given.
        n_above: shape (n_thresholds, n_features), for each feature the number of partners with cosine > threshold. Its
            sum over features counts every pair twice.
        n_below: the same for cosine < -threshold.
        nearest_cosine: shape (n_features,), largest cosine of each feature with another, to 12 decimals.
        nearest_index: shape (n_features,), the partner that has it; the lowest index where several do.
        farthest_cosine: shape (n_features,), smallest cosine of each feature with another, to 12 decimals.
        farthest_index: shape (n_features,), its partner, likewise.
        cosine_sum: shape (n_features,), sum of the cosines over all partners; float64 throughout.
        absolute_cosine_sum: shape (n_features,), sum of the absolute products over all partners; their rounding moves a mean by
            some 1e-5 of itself in bfloat16.
        squared_cosine_sum: shape (n_features,), sum of the squared products over all partners. In bfloat16 it may be off
            by a few parts in 10,000, enough for standard errors; the mean over all pairs is had to eight digits from
            `directions.second_moment`.
        histogram_edges: shape (257,), from -1 to 1. Halfway between two bfloat16 numbers, the upper one a multiple of
            1/128, so that rounding to bfloat16 moves nothing across an edge; expected counts are to be computed with
            these edges.
        histogram_counts: shape (256,), int64; the sum is n_pairs. What is counted are the products.
        product_error: no product lies farther than this from its cosine, but for its own rounding to the format. A
            proven bound; in bfloat16 at d_in 2,304 it is 0.004, and the error found 0.00007 on average.
        n_duplicates: number of features with a partner at cosine > 1 - 1e-6.
        n_antipodes: number of features with a partner at cosine < -(1 - 1e-6).
        links: the pairs that `strongest_links` finds; none where none were asked for.
    """

    n_features: int
    n_pairs: int
    thresholds: NDArray[np.float64]
    n_above: NDArray[np.int64]
    n_below: NDArray[np.int64]
    nearest_cosine: NDArray[np.float64]
    nearest_index: NDArray[np.int64]
    farthest_cosine: NDArray[np.float64]
    farthest_index: NDArray[np.int64]
    cosine_sum: NDArray[np.float64]
    absolute_cosine_sum: NDArray[np.float64]
    squared_cosine_sum: NDArray[np.float64]
    histogram_edges: NDArray[np.float64]
    histogram_counts: NDArray[np.int64]
    product_error: float
    n_duplicates: int
    n_antipodes: int
    links: Links


def pairwise_cosines(
    vectors: Tensor,
    thresholds: Sequence[float],
    *,
    device: str | torch.device = "cpu",
    product_format: ProductFormat | None = None,
    tile: int = SIDE,
    of_first: int | None = None,
    links_above: float | None = None,
    watch: Watch = iter,
) -> PairwiseCosines:
    """Measure the cosines of all pairs of rows.

    Args:
        vectors: shape (n_features, d_in), any floating dtype, memory-mapped or not, rows of any length but zero.
        thresholds: cosines in [0, 1) beyond which partners are counted, on both sides.
        device: where the arithmetic is done.
        product_format: format of the products; None takes the fastest. Only `squared_cosine_sum` and the bins of cosines
            near an edge depend on it.
        tile: rows and columns of a tile. Each thread needs about 30 bytes for each entry of a tile.
        of_first: look at so many first rows only, each with all; None looks at all.
        links_above: the cosine above which pairs are to be named, as `strongest_links` does; None names none.
        watch: wraps the loop over tiles (`saegeo_core.numerics`).

    Raises:
        ValueError: fewer than two rows, a row without a direction, a threshold outside [0, 1), or more rows to look at than there
            are.
    """
    directions = Directions(vectors, device)
    n_features = len(directions)
    n_looked_at = n_features if of_first is None else of_first
    if n_features < 2:
        raise ValueError("a single direction has no pair")
    if not all(0 <= threshold < 1 for threshold in thresholds):
        raise ValueError(f"thresholds must lie in [0, 1), got {list(thresholds)}")
    if not 0 < n_looked_at <= n_features:
        raise ValueError(f"of {n_features} rows 1 to all can be looked at, not {n_looked_at}")

    bounded = BoundedProducts(directions, product_format or fastest_format(device, vectors.shape[1]))
    near, opposite = (Partners(directions, bounded, thresholds, sign) for sign in (+1, -1))
    histogram = CosineHistogram(device)
    search = None if links_above is None else LinkSearch(directions, bounded, links_above)
    sums, adding = torch.zeros(2, n_features, dtype=torch.int64, device=device), Lock()

    def take(place: tuple[slice, slice]) -> None:
        rows, columns = place
        products = bounded.tile(rows, columns)
        near.take(rows, columns, products)
        opposite.take(rows, columns, products)
        if search is not None:
            search.take(rows, columns, products)
        if rows == columns:
            histogram.add(products[torch.ones_like(products, dtype=torch.bool).triu(1)])
            products.triu_(1)
        else:
            histogram.add(products)
        added = [_sums_in_units(products.abs_()), _sums_in_units(products.square_())]
        with adding:
            for total, (of_rows, of_columns) in zip(sums, added, strict=True):
                total[rows] += of_rows
                total[columns] += of_columns

    side_by_side(take, watch(upper_tiles(n_features, tile, of_first=n_looked_at)), device)
    near.settle()
    opposite.settle()

    first = slice(n_looked_at)
    nearest, farthest = near.best[first], -opposite.best[first]
    return PairwiseCosines(
        n_features=n_looked_at,
        n_pairs=n_looked_at * (n_features - 1) - n_looked_at * (n_looked_at - 1) // 2,
        thresholds=np.asarray(thresholds, dtype=np.float64),
        n_above=near.counts[:, first].numpy(force=True),
        n_below=opposite.counts[:, first].numpy(force=True),
        nearest_cosine=nearest.numpy(force=True),
        nearest_index=near.partner[first].numpy(force=True),
        farthest_cosine=farthest.numpy(force=True),
        farthest_index=opposite.partner[first].numpy(force=True),
        cosine_sum=directions.cosine_sums()[first].numpy(force=True),
        absolute_cosine_sum=sums[0, first].double().div_(FINENESS).numpy(force=True),
        squared_cosine_sum=sums[1, first].double().div_(FINENESS).numpy(force=True),
        histogram_edges=histogram.edges(),
        histogram_counts=histogram.counts(),
        product_error=bounded.error,
        n_duplicates=int((nearest > IDENTICAL).sum()),
        n_antipodes=int((farthest < -IDENTICAL).sum()),
        links=NO_LINKS if search is None else search.links(),
    )


def _sums_in_units(products: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of rows and of columns, int64, in units of one over FINENESS."""
    of_rows, of_columns = (products.sum(dim).double().mul_(FINENESS).round_().long() for dim in (1, 0))
    return of_rows, of_columns
