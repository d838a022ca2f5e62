"""Numbers of the links of one dictionary, and what the shares among them become when some features are left out."""

import numpy as np
import torch

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.unit_rows import unit_rows


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


def linked_shares_without(
    close: Floats, opposite: Floats, groups: Integers, thresholds: Floats
) -> list[dict[str, float]]:
    """The shares of the features that remain when each group is left out, at the threshold that is right for these.

    Args:
        close: largest cosine of each feature with one of each group, (n_features, n_groups).
        opposite: the same with the opposites.
        groups: the group of each feature, (n_features,), from 0.
        thresholds: the cosine that links, without each group, (n_groups,).
    """

    def linked(cosines: Floats, group: int) -> float:
        others = np.delete(cosines, group, axis=1)[groups != group]
        return float(np.mean(others.max(1) > thresholds[group]))

    return [
        {"family_share": linked(close, group), "antipodal_share": linked(opposite, group)}
        for group in range(close.shape[1])
    ]


def mean_squared_cosines_without(vectors: torch.Tensor, moment: Floats, groups: Integers) -> Floats:
    """Mean squared cosine over the pairs that remain when each group is left out, (n_groups,).

    Args:
        vectors: (n_features, d_in).
        moment: their `second_moment`, (d_in, d_in).
        groups: the group of each feature, (n_features,), from 0.
    """
    n, total, of_all = len(vectors), float((moment**2).sum()), torch.from_numpy(moment.astype(np.float32))
    means = np.empty(int(groups.max()) + 1)
    for group in range(len(means)):
        rows = unit_rows(vectors[torch.from_numpy(groups == group)], torch.float32)
        left = n - len(rows)
        with_all = n * float(((rows @ of_all) * rows).sum(dtype=torch.float64))
        # Squared cosines add up to the same over the products of columns: whichever are fewer.
        products = rows @ rows.T if left <= rows.shape[1] else rows.T @ rows
        among_themselves = float(products.square().sum(dtype=torch.float64))
        means[group] = (n**2 * total - 2 * with_all + among_themselves - left) / (left * (left - 1))
    return means
