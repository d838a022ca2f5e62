"""How phi rises with cosine: the curve behind `neighbor_phi_excess`, over all pairs instead of the nearest ones."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_lobes.phi_rows import PhiRows


@dataclass(frozen=True)
class PhiByCosine:
    """Pairs of features in bins of their cosine.

    Attributes:
        edges: float64 (n_bins + 1,).
        n_pairs: int64 (n_bins,).
        mean_phi: float64 (n_bins,); NaN where a bin has no pair.
    """

    edges: NDArray[np.float64]
    n_pairs: NDArray[np.int64]
    mean_phi: NDArray[np.float64]


def phi_by_cosine(slabs: Iterable[PhiRows], units: Tensor, *, n_bins: int = 40) -> PhiByCosine:
    """Mean phi of the pairs in equal bins of cosine from -1 to 1.

    Args:
        slabs: phi of all pairs, from `phi_rows`.
        units: float32 (n_features, d_in), unit rows, on the device of the slabs.
        n_bins: how many.
    """
    counts = torch.zeros(n_bins, dtype=torch.int64, device=units.device)
    sums = torch.zeros(n_bins, dtype=torch.float64, device=units.device)
    for rows, phi in slabs:
        cosines = units[rows] @ units.T
        place = cosines.add_(1).mul_(n_bins / 2).long().clamp_(0, n_bins - 1)
        upper = torch.ones_like(phi, dtype=torch.bool).triu_(rows.start + 1)
        counts += torch.bincount(place[upper], minlength=n_bins)
        sums += torch.bincount(place[upper], phi[upper].double(), minlength=n_bins)
    n_pairs = counts.numpy(force=True)
    total = sums.numpy(force=True)
    mean = np.divide(total, n_pairs, out=np.full(n_bins, np.nan), where=n_pairs > 0)
    return PhiByCosine(np.linspace(-1, 1, n_bins + 1), n_pairs, mean)
