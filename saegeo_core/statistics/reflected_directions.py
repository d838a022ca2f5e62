"""A null for two dictionaries in one space: one of them reflected, at random, along principal axes beside the mean.

A reflection is an orthogonal map: the cosines inside the dictionary stay to rounding, families included. What lies along the mean
stays too, and along the axes the covariance. Only its features no longer point where those of the other dictionary point. Nothing
is drawn from a fitted law, which matters: draws from an angular Gaussian fitted to few rows lean less towards the axes of the
other cloud than the rows themselves do.

Axes of one dictionary follow its own few rows, and the other one then lies nearer to it than to its reflections: two dictionaries
are compared along axes of both together. Share of p <= .05 for the mean largest cosine of unrelated clouds of 80 x 16, 39 draws,
100 pairs each, along axes of one about its mean and along pooled ones beside the mean: uniform .05 and 0, spectrum rank^-1 .12
and .05, a common mean .10 and 0, both .15 and .02, families of 5 .03 and 0. The price is power in small clouds: of 10 % shared
features (cosine .9) pooled axes find .2 to .6 there, of 20 % all.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.directions import second_moment

HADAMARD = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
"""Signs of four blocks in four reflections, each the product of any two of the others and the first."""


@dataclass(frozen=True)
class ReflectedDirections:
    """Unit rows, ready to be reflected.

    Attributes:
        along_axes: (n_features, d_in), their coordinates along the axes.
        axes: (d_in, d_in), orthonormal columns: the principal axes of what lies beside the mean, and the mean's own direction last.
    """

    along_axes: Tensor
    axes: Tensor

    @classmethod
    def of(cls, unit: Tensor, pooled_with: Tensor | None = None) -> "ReflectedDirections":
        """The axes of unit rows, (n_features, d_in); with other unit rows, (n_other, d_in), those of both, each counting half."""
        clouds = [unit] if pooled_with is None else [unit, pooled_with]
        mean = torch.stack([one.mean(0, dtype=torch.float64) for one in clouds]).mean(0)
        mean /= torch.linalg.vector_norm(mean).clamp_min(torch.finfo(torch.float64).tiny)
        moment = 2.0 * torch.outer(mean, mean)
        for one in clouds:
            whole = second_moment(one, device=unit.device)
            along = torch.outer(whole @ mean, mean)
            beside = whole - along - along.T + (mean @ whole @ mean) * torch.outer(mean, mean)
            moment += beside / len(clouds)
        # Of unit trace at most without the mean's own direction, so that this is the last.
        axes = torch.linalg.eigh(moment).eigenvectors.to(unit.dtype)
        return cls(unit @ axes, axes)

    def sample_along_axes(self, rng: np.random.Generator) -> Tensor:
        """Coordinates of unit rows along the axes, (n_features, d_in): reflected along each but the mean, or not, at random.

        Enough where only cosines are asked for, with rows whose coordinates are known as well: `rows @ axes`.
        """
        reflected: Tensor = self.along_axes * self._random_signs(rng).to(self.axes)
        return reflected

    def signs_of_draws(self, n_draws: int, rng: np.random.Generator) -> list[Tensor]:
        """The dictionary as it is and `n_draws` reflections, as signs of coordinates along the axes, in sets of (n_set, d_in).

        In fours, or twos, where one more than `n_draws` can be so divided. The axes are dealt at random into as many blocks, and
        within a set whole blocks change sign as the rows of a Hadamard matrix have it, so that the products of a set cost those of
        one reflection (`ReflectedProducts`). The first row of the first set is the dictionary as it is.

        Each reflection is uniform and any two are independent, so that mean and spread over them are unbiased. Where a dictionary
        is as likely as its reflections, its rank among them is uniform: the sets are cosets of one group of reflections, the first
        one as random as the others then, and every member can be led to every other without a change of their joint law.
        """
        n_set = gcd(len(HADAMARD), n_draws + 1)
        n_axes = self.axes.shape[1] - 1
        within = HADAMARD[:n_set, torch.from_numpy(rng.integers(n_set, size=n_axes))]
        within = torch.cat([within, torch.ones(n_set, 1)], 1)
        return [within, *(within * self._random_signs(rng) for _ in range((n_draws + 1) // n_set - 1))]

    def _random_signs(self, rng: np.random.Generator) -> Tensor:
        """Of the coordinates, (d_in,): either one for each but the mean."""
        signs = torch.where(torch.from_numpy(rng.random(self.axes.shape[1] - 1) < 0.5), -1.0, 1.0)
        return torch.cat([signs, torch.ones(1)])

    def sample(self, rng: np.random.Generator) -> Tensor:
        """The unit rows themselves, (n_features, d_in)."""
        return self.sample_along_axes(rng) @ self.axes.T
