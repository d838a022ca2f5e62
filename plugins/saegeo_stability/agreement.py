"""How well two dictionaries agree: each feature with its nearest, and all of them paired one to one."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from saegeo_core.numerics.across import nearest_across
from saegeo_core.numerics.arrays import Floats, Integers


class Agreement(NamedTuple):
    """One number of two dictionaries: the mean of one value for each feature, or each pair.

    Attributes:
        values: (n_items,).
        features: int64 (n_items,), the feature of each: of the first dictionary, or of the second.
        of_second: whether they are features of the second.
    """

    values: Floats
    features: Integers
    of_second: bool = False

    @property
    def number(self) -> float:
        """The mean."""
        return float(self.values.mean())


def agreement(first: Tensor, second: Tensor, *, shared_above: float, one_to_one: bool) -> dict[str, Agreement]:
    """Every number of two dictionaries of unit rows, (n_first, d_in) and (n_second, d_in).

    The one-to-one pairing has the largest summed cosine (linear assignment), that of `pw_mcc_absolute` the largest summed
    absolute cosine: two pairings. They need all cosines at once, in float64.

    Args:
        first: the dictionary that is measured.
        second: the one it is compared with, on the same device.
        shared_above: cosine above which a pair counts as shared.
        one_to_one: whether features are paired; without it the numbers of the pairing are left out.
    """
    near = nearest_across(first, second)
    all_first, all_second = np.arange(len(first)), np.arange(len(second))
    found = {
        "mmcs": Agreement(near.cosine, all_first),
        "mmcs_reverse": Agreement(near.reverse_cosine, all_second, of_second=True),
        "mutual_share": Agreement(near.is_mutual.astype(np.float64), all_first),
    }
    if one_to_one:
        cosines = (first @ second.T).numpy(force=True).astype(np.float64).clip(-1, 1)
        rows, columns = linear_sum_assignment(cosines, maximize=True)
        paired = cosines[rows, columns]
        found["pw_mcc"] = Agreement(paired, rows)
        magnitudes = np.abs(cosines)
        either_way, partners = linear_sum_assignment(magnitudes, maximize=True)
        found["pw_mcc_absolute"] = Agreement(magnitudes[either_way, partners], either_way)
        found["shared_share"] = Agreement((paired > shared_above).astype(np.float64), rows)
    return found


def numbers_of(found: Mapping[str, Agreement]) -> dict[str, float]:
    """The numbers alone."""
    return {name: one.number for name, one in found.items()}
