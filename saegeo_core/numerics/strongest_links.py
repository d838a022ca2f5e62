"""The pairs of features that lie nearest to each other: all pairs are looked at, so many are kept.

Products within a proven bound of the cosines sort out who is in question, and whoever is has the cosine computed in float64: the
same pairs on every processor.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.pairs_beyond import pairs_beyond, slabs_of


@dataclass(frozen=True)
class Links:
    """Pairs of features, the nearest first, of equally near ones in the order of their numbers.

    Attributes:
        first: int64 (n_links,).
        second: int64 (n_links,), > `first`.
        cosines: float64 (n_links,), to 12 decimals.
    """

    first: Integers
    second: Integers
    cosines: Floats

    def strongest(self, most: int) -> "Links":
        """The first `most` of them, after they were put in order."""
        order = np.lexsort((self.second, self.first, -self.cosines))[:most]
        return Links(self.first[order], self.second[order], self.cosines[order])

    def and_also(self, first: Integers, second: Integers, cosines: Floats) -> "Links":
        """These and others, in no order."""
        return Links(
            np.concatenate([self.first, first]),
            np.concatenate([self.second, second]),
            np.concatenate([self.cosines, cosines]),
        )


def strongest_links(
    vectors: Tensor, threshold: float, *, per_feature: int = 16, device: str | torch.device = "cpu"
) -> Links:
    """The pairs at a cosine above `threshold`; of more than `per_feature` * n_features the nearest.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        threshold: a cosine.
        per_feature: how many are kept for each feature, on the average.
        device: where the products are made. Beside the vectors it takes a copy of them in the format of the products.

    Raises:
        ValueError: a row without a direction.
    """
    directions = Directions(vectors, device)
    n, most = len(directions), per_feature * len(directions)
    products_of = BoundedProducts(directions, fastest_format(device, vectors.shape[1]))
    reach = products_of.reach(1.0)
    kept = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    floor = threshold
    for slab in slabs_of(n):
        first, second, products = pairs_beyond(products_of, slab, n, floor - reach, device=device)
        nearest_first = products.argsort(descending=True) if len(first) > most else slice(None)
        first, second, products = first[nearest_first], second[nearest_first], products[nearest_first]
        for some in row_slices(len(first), most):
            likely = products[some] > floor - reach
            i, j = first[some][likely], second[some][likely]
            cosines = directions.pair_cosines(i, j).numpy(force=True)
            beyond = cosines > floor
            kept = kept.and_also(i.numpy(force=True)[beyond], j.numpy(force=True)[beyond], cosines[beyond])
            if len(kept.first) > 2 * most:
                kept = kept.strongest(most)
                floor = float(kept.cosines[-1])
    return kept.strongest(most)
