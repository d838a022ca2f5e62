"""The cosine beyond which two features are linked, and what chance links."""

from typing import NamedTuple

import numpy as np

from saegeo_core.numerics.pairwise_cosine import IDENTICAL
from saegeo_core.statistics.pair_jackknife import family_threshold
from saegeo_core.statistics.uniform_directions import cosine_sf

MATCHED = "an angular Gaussian of the cloud's mean and covariance"
UNIFORM = "uniform directions (exact mean)"


class Linking(NamedTuple):
    """How the cosine is chosen beyond which two features are linked.

    Attributes:
        d: dimensions.
        chance_links: links per feature that chance may make.
        fixed: a cosine in place of that.
    """

    d: int
    chance_links: float
    fixed: float | None = None

    def threshold(self, n: int, mean_squared_cosine: float) -> float:
        """For so many features whose directions spread so far."""
        concentration = max(mean_squared_cosine, 1 / self.d)
        return self.fixed or min(family_threshold(n, concentration, self.chance_links), IDENTICAL)


def chance_of_a_partner(cosine: float, n: int, d: int) -> float:
    """That one of n uniform directions in d dimensions has another beyond `cosine`."""
    return float(-np.expm1((n - 1) * np.log1p(-cosine_sf(cosine, d))))
