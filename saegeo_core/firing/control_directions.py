"""Directions for untrained dictionaries: drawn from the angular Gaussian of a decoder, and drawn again whenever they are needed.

The null model is that of `null_directions`. Here it is kept as a mean and a triangular factor of the covariance, which is
unique: eigenvectors have signs, and near-equal ones any orientation, so that two machines could draw different directions
from one seed. The factor takes a fraction of the room of the directions, so they need not be kept.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.statistics.null_directions import angular_gaussian_directions

#: Added to the variances, relative to their mean: the covariance of few features may have none in some directions.
RIDGE = 1e-9


@dataclass(frozen=True, eq=False)
class ControlGaussian:
    """Directions z / |z| with z = mean + factor g, g standard normal.

    Attributes:
        mean: float32 array (d_in,).
        factor: float32 array (d_in, d_in), lower triangular.
    """

    mean: NDArray[np.float32]
    factor: NDArray[np.float32]

    @classmethod
    def matched_to(cls, cloud: FeatureCloud) -> "ControlGaussian":
        """The angular Gaussian with the mean and covariance of the cloud's unit rows, of which there are at least three."""
        unit = cloud.unit_vectors(torch.float64)
        null = angular_gaussian_directions((unit.T @ unit / len(unit)).numpy(), unit.mean(0).numpy(), len(unit))
        axes = np.eye(cloud.d_in) if null.axes is None else null.axes
        covariance = (axes * (null.variances + RIDGE * null.variances.mean())) @ axes.T
        factor = np.linalg.cholesky((covariance + covariance.T) / 2)
        return cls((axes @ null.mean).astype(np.float32), factor.astype(np.float32))

    def draw(self, n_features: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Unit directions, float32 (n_features, d_in)."""
        rows = self.mean + rng.standard_normal((n_features, len(self.mean))) @ self.factor.T.astype(np.float64)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float32)

    def packed(self) -> NDArray[np.float32]:
        """Mean and factor as one row of numbers, d_in + d_in (d_in + 1) / 2 of them."""
        return np.concatenate([self.mean, self.factor[np.tril_indices(len(self.mean))]])

    @classmethod
    def unpacked(cls, packed: NDArray[np.float32], d_in: int) -> "ControlGaussian":
        """What `packed` came from."""
        factor = np.zeros((d_in, d_in), np.float32)
        factor[np.tril_indices(d_in)] = packed[d_in:]
        return cls(packed[:d_in], factor)


def control_generator(cloud_digest: str, seed: int, draw: int, kind: str = "gaussian") -> np.random.Generator:
    """The generator of one draw for one cloud: other draws, seeds, clouds and kinds of control have others."""
    of_kind = [] if kind == "gaussian" else [*kind.encode()]  # Gaussian ones came first: stored draws must come again
    return np.random.default_rng([seed, draw, int(cloud_digest[:16], 16), *of_kind])
