"""Numbers of the links of one dictionary, and what the shares among them become when some features are left out."""

import numpy as np

from saegeo_core.numerics.arrays import Integers


def linked_shares(n_close: Integers, n_opposite: Integers) -> dict[str, float]:
    """Share of features with a partner on either side, from the partners of each, (n_features,) twice."""
    return {"family_share": float(np.mean(n_close > 0)), "antipodal_share": float(np.mean(n_opposite > 0))}


def family_counts(families: Integers, n_opposite: Integers) -> dict[str, float]:
    """What grows with the number of features, from the family of each and its opposite partners, (n_features,) twice."""
    sizes = np.bincount(families)
    return {
        "families": float(np.sum(sizes > 1)),
        "largest_family": float(sizes.max()),
        "antipodal_pairs": float(n_opposite.sum() / 2),
    }


def linked_shares_without(close: Integers, opposite: Integers, groups: Integers) -> list[dict[str, float]]:
    """The shares of the features that remain when each group is left out, with the partners that remain.

    Args:
        close: partners at cosine > t of each feature in each group, (n_features, n_groups).
        opposite: the same at cosine < -t.
        groups: the group of each feature, (n_features,), from 0.
    """

    def remaining(partners: Integers, group: int) -> Integers:
        left: Integers = (partners.sum(1) - partners[:, group])[groups != group]
        return left

    return [linked_shares(remaining(close, group), remaining(opposite, group)) for group in range(close.shape[1])]
