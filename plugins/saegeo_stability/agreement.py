"""How well two dictionaries agree: each feature with its nearest, and all of them paired one to one."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from saegeo_core.numerics.across import nearest_across


def agreement(first: Tensor, second: Tensor, *, shared_above: float, one_to_one: bool) -> dict[str, float]:
    """Every number of two dictionaries of unit rows, (n_first, d_in) and (n_second, d_in).

    The one-to-one pairing has the largest summed cosine (linear assignment). It needs all cosines at once, in float64.

    Args:
        first: the dictionary that is measured.
        second: the one it is compared with, on the same device.
        shared_above: cosine above which a pair counts as shared.
        one_to_one: whether features are paired; without it the numbers of the pairing are left out.
    """
    near = nearest_across(first, second)
    found = {
        "mmcs": near.cosine.mean(),
        "mmcs_reverse": near.reverse_cosine.mean(),
        "mutual_share": near.is_mutual.mean(),
    }
    if one_to_one:
        cosines = (first @ second.T).numpy(force=True).astype(np.float64).clip(-1, 1)
        paired = cosines[linear_sum_assignment(cosines, maximize=True)]
        found |= {"pw_mcc": paired.mean(), "shared_share": np.mean(paired > shared_above)}
    return {name: float(value) for name, value in found.items()}


def averaged_over(n_first: int, n_second: int) -> dict[str, int]:
    """How many features or pairs each of these numbers is a mean of."""
    n_pairs = min(n_first, n_second)
    return {
        "mmcs": n_first,
        "mmcs_reverse": n_second,
        "mutual_share": n_first,
        "pw_mcc": n_pairs,
        "shared_share": n_pairs,
    }
