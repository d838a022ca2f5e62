"""Which features hang together by cosines above a threshold: all pairs are looked at, none is kept.

As in `nearest_neighbors`: products within a proven bound of the cosines, and whoever the bound leaves in doubt is settled in
float64. Links are used block by block, so memory does not grow with their number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.pairs_beyond import blocks_of, pairs_beyond

Links = tuple[Integers, Integers, Floats]
"""Numbers i and numbers j of some pairs, i < j, and their cosines."""


@dataclass(frozen=True)
class CloseFeatures:
    """The links at one threshold t, and what they connect.

    Attributes:
        families: int64 (n_features,), components of the links at cosine > t.
        n_close: int64 (n_features,), partners at cosine > t.
        n_opposite: int64 (n_features,), partners at cosine < -t.
    """

    families: Integers
    n_close: Integers
    n_opposite: Integers


def close_features(
    vectors: torch.Tensor, threshold: float, *, device: str | torch.device = "cpu", watch: Watch = iter
) -> CloseFeatures:
    """Link the rows of `vectors`, (n_features, d_in), that lie closer to each other, or to the opposite, than `threshold`.

    Args:
        vectors: any floating dtype, rows of any length but zero.
        threshold: a cosine in (0, 1).
        device: where the products are made.
        watch: wraps the loop over blocks of pairs (`saegeo_core.numerics`).

    Raises:
        ValueError: a row without a direction, or a threshold outside (0, 1).
    """
    return linked_by(len(vectors), _links(vectors, threshold, device, watch))


def linked_by(n: int, links: Iterable[Links]) -> CloseFeatures:
    """What links among n features, a few at a time, connect."""
    families = np.arange(n)
    n_close, n_opposite = np.zeros(n, np.int64), np.zeros(n, np.int64)
    # Joining looks at all features, so it waits until there are as many pairs.
    waiting: list[tuple[Integers, Integers]] = []
    for first, second, cosines in links:
        close = cosines > 0
        n_close += _ends(first[close], second[close], n)
        n_opposite += _ends(first[~close], second[~close], n)
        waiting.append((first[close], second[close]))
        if sum(len(some) for some, _ in waiting) >= n:
            families, waiting = _joined(families, waiting), []
    return CloseFeatures(_joined(families, waiting), n_close, n_opposite)


def extreme_cosines_by_group(
    vectors: torch.Tensor,
    threshold: float,
    groups: Integers,
    *,
    device: str | torch.device = "cpu",
    watch: Watch = iter,
) -> tuple[Floats, Floats]:
    """Largest cosine of each feature with one of each group, and with the opposite of one: two of float64 (n_features, n_groups).

    What is not above `threshold` is 0.

    Args and errors as above; `groups` int64 (n_features,) counts from 0.
    """
    n, n_groups = len(vectors), int(groups.max()) + 1
    close, opposite = np.zeros(n * n_groups), np.zeros(n * n_groups)
    for first, second, cosines in _links(vectors, threshold, device, watch):
        for ends, partners in ((first, second), (second, first)):
            places = ends * n_groups + groups[partners]
            np.maximum.at(close, places, cosines)
            np.maximum.at(opposite, places, -cosines)
    return close.reshape(n, n_groups), opposite.reshape(n, n_groups)


def partners_among(
    rows: torch.Tensor, others: torch.Tensor, threshold: float, *, device: str | torch.device = "cpu"
) -> tuple[Integers, Integers]:
    """How many of `others`, (n_others, d_in), each of `rows`, (n_rows, d_in), is linked to: at cosine > t, and at < -t.

    Two of int64 (n_rows,). Args and errors as above.
    """
    n = len(rows)
    n_close, n_opposite = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for first, _, cosines in _links(torch.cat([rows, others]), threshold, device, iter, n_first=n):
        n_close += np.bincount(first[cosines > 0], minlength=n)
        n_opposite += np.bincount(first[cosines < 0], minlength=n)
    return n_close, n_opposite


def _links(
    vectors: torch.Tensor, threshold: float, device: str | torch.device, watch: Watch, n_first: int | None = None
) -> Iterator[Links]:
    """All pairs i < j at |cosine| > threshold, block by block: numbers i, numbers j, and their cosines.

    With `n_first`, those of one of so many first rows and one that comes after all of them.
    """
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"a threshold for links lies in (0, 1), not at {threshold}")
    directions = Directions(vectors, device)
    n = len(directions)
    products_of = BoundedProducts(directions, fastest_format(device, vectors.shape[1]))
    reach = products_of.reach(threshold)
    for rows, columns in watch(blocks_of(n, n_first)):
        i, j, products = pairs_beyond(products_of, rows, columns, threshold - reach, device=device)
        cosines = products.double()
        doubtful = (cosines.abs() - threshold).abs() <= reach
        cosines[doubtful] = directions.pair_cosines(i[doubtful], j[doubtful])
        beyond = cosines.abs() > threshold
        yield i[beyond].numpy(force=True), j[beyond].numpy(force=True), cosines[beyond].numpy(force=True)


def _ends(first: Integers, second: Integers, n: int) -> Integers:
    """How many pairs end at each place."""
    return np.bincount(np.concatenate([first, second]), minlength=n)


def _joined(labels: Integers, pairs: Sequence[tuple[Integers, Integers]]) -> Integers:
    """Labels from 0 of the components that `labels`, numbers below n, become when these pairs are linked as well."""
    n = len(labels)
    first, second = (np.concatenate([labels[:0], *(labels[pair[end]] for pair in pairs)]) for end in (0, 1))
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(n, n))
    merged = connected_components(links, directed=False)[1]
    return np.unique(merged[labels], return_inverse=True)[1].astype(np.int64)
