"""How well two dictionaries agree: each feature with its nearest, and all of them paired one to one."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.across import CosinesAcross, nearest_across
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.full_pairing import FullPairing
from saegeo_core.numerics.pairing_across import NearPairs, pairings_across


class Mean(NamedTuple):
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


class Agreement(NamedTuple):
    """Two dictionaries beside each other.

    Attributes:
        means: every number by name.
        nearest: int64 (n_first,), the feature of the second that each of the first lies nearest to.
        pairings: of the numbers of one-to-one pairings, how good they are.
    """

    means: Mapping[str, Mean]
    nearest: Integers
    pairings: Mapping[str, FullPairing]

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers alone."""
        return {name: one.number for name, one in self.means.items()}


def agreement(
    first: Tensor, second: Tensor, *, shared_above: float, one_to_one: bool, watch: Watch = iter
) -> Agreement:
    """Every number of two dictionaries of unit rows, (n_first, d_in) and (n_second, d_in), from cosines in float64.

    The one-to-one pairing has the largest summed cosine (linear assignment), that of `pw_mcc_absolute` the largest summed
    absolute cosine: two pairings, each within a ten thousandth of the best, or nearer, as its bound says.

    Args:
        first: the dictionary that is measured.
        second: the one it is compared with, on the same device.
        shared_above: cosine above which a pair counts as shared.
        one_to_one: whether features are paired; without it the numbers of the pairing are left out.
        watch: wraps each pass over all pairs (`saegeo_core.numerics`).
    """
    is_smaller = len(first) <= len(second)
    across = CosinesAcross(*((first, second) if is_smaller else (second, first)))
    near = {
        name: NearPairs(across.shape, across.device, absolute=name == "pw_mcc_absolute")
        for name in (("pw_mcc", "pw_mcc_absolute") if one_to_one else ())
    }
    nearest = nearest_across(across, looks=[one.look for one in near.values()], watch=watch)
    seen_from_first = nearest if is_smaller else nearest.reversed
    all_first, all_second = np.arange(len(first)), np.arange(len(second))
    means = {
        "mmcs": Mean(seen_from_first.cosine, all_first),
        "mmcs_reverse": Mean(seen_from_first.reverse_cosine, all_second, of_second=True),
        "mutual_share": Mean(seen_from_first.is_mutual.astype(np.float64), all_first),
    }
    pairings = dict(zip(near, pairings_across(across, [*near.values()], watch=watch), strict=True))
    for name, pairing in pairings.items():
        features = all_first if is_smaller else pairing.columns
        means[name] = Mean(pairing.values, features)
        if name == "pw_mcc":
            means["shared_share"] = Mean((pairing.values > shared_above).astype(np.float64), features)
    return Agreement(means, seen_from_first.partner, pairings)
