"""Which features are of one kin: so near each other that they come and go together when a dictionary is trained again.

An interval that takes such features for independent is too narrow: on clouds of families of twenty it holds the truth in half of
the draws where it claims 95 %. So whoever asks how far a number would move in another dictionary leaves out kin, never features.
"""

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.strongest_links import Links, strongest_links
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.statistics.resampling import FEWEST_GROUPS
from saegeo_core.statistics.uniform_directions import tail_threshold

CHANCE_LINKS_PER_FEATURE = 0.05
SAMPLED_ROWS = 1024
QUANTILE, NORMAL_QUANTILE = 0.9, 1.6449
"""Of |cosine| over pairs, and of |z| under the normal law."""


def kin_labels(vectors: torch.Tensor, *, device: str | torch.device = "cpu", watch: Watch = iter) -> Integers:
    """The kin of each feature, int64 (n_features,), from 0.

    Features beyond `kin_threshold` of each other are of one kin, and so are those that a chain of such links joins; the nearest are
    joined first, and a link that would make one kin of more than a tenth of the cloud is left out.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        device: where the products are made.
        watch: wraps the loop over tiles (`saegeo_core.numerics`).
    """
    n = len(vectors)
    if n < 2:
        return np.zeros(n, np.int64)
    return kin_of_links(strongest_links(vectors, kin_threshold(vectors), device=device, watch=watch), n)


def kin_of_links(links: Links, n: int) -> Integers:
    """The kin of each of n features, as above, from the `strongest_links` beyond their `kin_threshold`."""
    joined = coo_array((np.ones(len(links.first), np.int8), (links.first, links.second)), shape=(n, n))
    labels = connected_components(joined, directed=False)[1]
    is_crowded = np.bincount(labels)[labels] > n / FEWEST_GROUPS  # of fewer no spread is told
    if is_crowded.any():
        labels = np.where(is_crowded, n + _joined_up_to(n / FEWEST_GROUPS, links, is_crowded), labels)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def kin_threshold(vectors: torch.Tensor) -> float:
    """The cosine above which a feature has 0.05 others by chance, in a cloud that spreads as this one does.

    The dimension it spreads in is read off the upper decile of |cosine|, as uniform directions would have it: a few related pairs
    do not move that, as they move the mean square. From at most 1,024 rows, evenly spaced.
    """
    n = len(vectors)
    chosen = np.unique(np.linspace(0, n - 1, min(n, SAMPLED_ROWS)).round().astype(np.int64))
    rows = unit_rows(vectors[torch.from_numpy(chosen)])
    cosines = (rows @ rows.T).abs().numpy(force=True)[np.triu_indices(len(chosen), 1)]
    dimension = max(2.0, (NORMAL_QUANTILE / max(float(np.quantile(cosines, QUANTILE)), 1e-9)) ** 2)
    return float(tail_threshold(min(1.0, CHANCE_LINKS_PER_FEATURE / n), dimension))


def _joined_up_to(largest: float, links: Links, is_crowded: np.ndarray) -> Integers:
    """One feature of each one's group, (n,), after the links among crowded features were followed in turn, as far as `largest`."""
    leader, size = list(range(len(is_crowded))), [1] * len(is_crowded)

    def led(feature: int) -> int:
        while leader[feature] != feature:
            leader[feature] = leader[leader[feature]]
            feature = leader[feature]
        return feature

    inside = is_crowded[links.first]
    for first, second in zip(links.first[inside].tolist(), links.second[inside].tolist(), strict=True):
        one, other = led(first), led(second)
        if one != other and size[one] + size[other] <= largest:
            leader[other] = one
            size[one] += size[other]
    return np.array([led(feature) for feature in range(len(leader))])
