"""Families of features: groups of close directions, which a dictionary gains or loses together.

Ten near-copies of one direction are not ten independent features, so an interval that treats them so is too short.
Families are therefore the unit of the `pair_jackknife`. They are found from what every pass over all pairs leaves anyway,
the nearest and the most opposite partner of each feature: the links are those closer than chance explains, the families what
they connect. Such groups stay small where a graph of all close pairs would grow into one giant component.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.uniform_directions import tail_threshold

Kernel = Callable[[Floats], Floats]

CHANCE_LINKS_PER_FEATURE = 0.05
ROWS_AT_ONCE = 256


def family_threshold(
    n_features: int, mean_squared_cosine: float, chance_links: float = CHANCE_LINKS_PER_FEATURE
) -> float:
    """The |cosine| above which two features are linked.

    A cloud with mean squared cosine q spreads like a uniform one in 1/q dimensions (its participation ratio); there, so many
    such links per feature would be chance: far fewer than one, lest chance alone joins all features into one family.
    """
    dimension = max(2.0, 1.0 / mean_squared_cosine)
    return float(tail_threshold(min(1.0, chance_links / n_features), dimension))


def family_labels(partners: ArrayLike, cosines: ArrayLike, threshold: float) -> Integers:
    """The family of each feature, shape (n_features,): components of the links from features to their partners.

    Args:
        partners: shape (n_kinds, n_features), indices: the nearest and the most opposite feature of each, say.
        cosines: same shape, the cosine with each of these.
        threshold: links with |cosine| above it count. A feature without any is a family by itself.
    """
    partners, cosines = np.atleast_2d(partners), np.atleast_2d(cosines)
    n_features = partners.shape[1]
    kind, feature = np.nonzero(np.abs(cosines) > threshold)
    links = coo_array((np.ones(len(feature)), (feature, partners[kind, feature])), shape=(n_features, n_features))
    labels: Integers = connected_components(links, directed=False)[1].astype(np.int64)
    return labels


def within_family_sums(
    unit_rows: Callable[[Integers], Floats], families: Integers, kernels: Sequence[Kernel]
) -> Floats:
    """Sums of functions of the cosine over the pairs inside each family, shape (n_kernels, n_families).

    Args:
        unit_rows: maps feature indices to their unit directions, shape (n_indices, d_in).
        families: shape (n_features,), as from `family_labels`.
        kernels: elementwise functions of an array of cosines.
    """
    sizes = np.bincount(families)
    members = np.split(np.argsort(families, kind="stable"), np.cumsum(sizes)[:-1])
    sums = np.zeros((len(kernels), len(sizes)))
    for family in np.flatnonzero(sizes > 1):
        rows = np.asarray(unit_rows(members[family]), dtype=np.float64)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            cosines = rows[start : start + ROWS_AT_ONCE] @ rows[start:].T
            pairs = cosines[np.tri(*cosines.shape) == 0.0]
            sums[:, family] += [kernel(pairs).sum() for kernel in kernels]
    return sums
