"""Which features stand for a lobe: those that fire most alike with the rest of it."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_lobes.phi_rows import PhiRows


def mean_phi_within(slabs: Iterable[PhiRows], lobes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean phi of each feature with the other features of its lobe, float64 (n_features,); 0 for the only one of a lobe.

    Args:
        slabs: phi of all pairs, from `phi_rows`.
        lobes: integers (n_features,), the lobe of each, from 0.
    """
    lobe = torch.from_numpy(np.asarray(lobes, np.int64))
    sizes = torch.bincount(lobe)
    sums = torch.zeros(len(lobe), dtype=torch.float64)
    for rows, phi in slabs:
        by_lobe = torch.zeros(len(phi), len(sizes), device=phi.device).index_add_(1, lobe.to(phi.device), phi)
        row = torch.arange(len(phi), device=phi.device)
        own = by_lobe[row, lobe[rows].to(phi.device)] - phi[row, row + rows.start]
        sums[rows] = own.double().cpu()
    return (sums / (sizes[lobe] - 1).clamp_min(1)).numpy()


def typical_features(
    within: NDArray[np.float64], lobes: NDArray[np.integer], n_typical: int
) -> dict[int, NDArray[np.int64]]:
    """For each lobe its features of largest `mean_phi_within`, at most `n_typical`, the most typical first."""
    order = np.lexsort((-within, lobes))
    return {int(lobe): order[lobes[order] == lobe][:n_typical] for lobe in np.unique(lobes)}
