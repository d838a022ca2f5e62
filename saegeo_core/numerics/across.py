"""Who in one dictionary lies nearest to each feature of another, tile by tile: the cosines of all pairs are never held."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics.directions import row_slices

ENTRIES_AT_ONCE = 2**24


@dataclass(frozen=True)
class NearestAcross:
    """Two dictionaries seen from each other.

    Attributes:
        cosine: float64 (n_first,), largest cosine of each feature of the first with one of the second.
        partner: int64 (n_first,), who has it.
        reverse_cosine: float64 (n_second,), the same seen from the second.
        reverse_partner: int64 (n_second,).
    """

    cosine: NDArray[np.float64]
    partner: NDArray[np.int64]
    reverse_cosine: NDArray[np.float64]
    reverse_partner: NDArray[np.int64]

    @property
    def is_mutual(self) -> NDArray[np.bool_]:
        """Whether each feature of the first is the nearest to its own nearest, (n_first,)."""
        return np.asarray(self.reverse_partner[self.partner] == np.arange(len(self.partner)))


def nearest_across(first: torch.Tensor, second: torch.Tensor) -> NearestAcross:
    """The nearest in `second` of each row of `first`, and the other way round; float32 products.

    Args:
        first: (n_first, d_in), unit rows.
        second: (n_second, d_in), unit rows on the same device.
    """
    best, partner = [], []
    reverse = torch.full((len(second),), -torch.inf, dtype=first.dtype, device=first.device)
    reverse_partner = torch.zeros(len(second), dtype=torch.int64, device=first.device)
    for rows in row_slices(len(first), max(1, ENTRIES_AT_ONCE // len(second))):
        products = first[rows] @ second.T
        highest = products.max(dim=1)
        best.append(highest.values)
        partner.append(highest.indices)
        upward = products.max(dim=0)
        better = upward.values > reverse
        reverse = torch.where(better, upward.values, reverse)
        reverse_partner = torch.where(better, upward.indices + rows.start, reverse_partner)
    arrays = [torch.cat(best).double(), torch.cat(partner), reverse.double(), reverse_partner]
    cosine, index, reverse_cosine, reverse_index = (array.numpy(force=True) for array in arrays)
    return NearestAcross(cosine.clip(-1, 1), index, reverse_cosine.clip(-1, 1), reverse_index)
