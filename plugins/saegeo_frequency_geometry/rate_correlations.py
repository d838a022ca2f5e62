"""Where features lie, and the rank correlation of that with how often they fire."""

from typing import NamedTuple

import numpy as np
import torch

from saegeo_core import Absent
from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import first_principal_scores
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.statistics.rank_correlation import standard_ranks

NORM, NEAREST, AXIS = "rate_norm", "rate_nearest", "rate_pc1"
MIN_FEATURES = 12
"""Features that fire, from which there are correlations."""


class RateCorrelations(NamedTuple):
    """Spearman's rank correlations of firing rate with three numbers that say where a feature lies.

    Attributes:
        rho: name to correlation, of those that say something.
        places: the same names to what rates are correlated with, (n_live,), over features that fire.
        absent: the other names to the reason why not.
    """

    rho: dict[str, float]
    places: dict[str, Floats]
    absent: dict[str, Absent]


def rate_correlations(
    vectors: torch.Tensor, counts: Integers, *, device: str | torch.device = "cpu", watch: Watch = iter
) -> RateCorrelations:
    """Correlate the blocks each feature fires in, (n_features,), with where it lies, over the features that fire.

    Norms are relative to their mean. The first principal axis is turned so that its correlation is positive.

    Args:
        vectors: (n_features, d_in), any floating dtype.
        counts: blocks each feature fires in, (n_features,).
        device: where the products are made.
        watch: wraps the pass over pairs (`saegeo_core.numerics`).
    """
    live = np.flatnonzero(counts)
    if len(live) < MIN_FEATURES or len(np.unique(counts[live])) < 2:
        reason = Absent(f"{len(live)} features fire; {MIN_FEATURES} are needed, and not all equally often")
        return RateCorrelations({}, {}, dict.fromkeys((NORM, NEAREST, AXIS), reason))
    fired = vectors[torch.from_numpy(live)]
    norms = torch.linalg.vector_norm(fired.double(), dim=1).numpy()
    values: dict[str, Floats] = {
        NORM: norms / norms.mean(),
        NEAREST: nearest_neighbors(fired, 1, device=device, watch=watch).cosines[:, 0],
        AXIS: first_principal_scores(fired, device=device).numpy(),
    }
    rounding = 4 * torch.finfo(vectors.dtype).eps
    alike = Absent(f"it is the same for all features, to the rounding of their storage ({rounding:.1g})")
    absent = {name: alike for name, place in values.items() if not np.ptp(place) > rounding}
    places = {name: place for name, place in values.items() if name not in absent}
    ranks = standard_ranks(counts[live])
    rho = {name: float(ranks @ standard_ranks(place)) for name, place in places.items()}
    if rho.get(AXIS, 0) < 0:
        places[AXIS], rho[AXIS] = -places[AXIS], -rho[AXIS]
    return RateCorrelations(rho, places, absent)
