"""A null for two dictionaries in one space: one of them reflected, at random, along its own principal axes about its mean.

Its mean and its covariance stay, and its families; only its features no longer point where those of the other dictionary point.
Nothing is drawn from a fitted law, and nothing is asked of the other dictionary.

Gaussian rows keep their law given what stays: with their mean m and covariance C known, the rest of them is as likely as any
rotation of it in the space in which C is even, and a reflection about m along the axes of C is one (mean and covariance are
complete and sufficient, the rest is ancillary and independent of them: Basu). So p is exact, however few rows tell the axes. Axes
of both dictionaries together would not do: what one has off these axes the other lacks, so that any two lie further apart than
their reflections (the mean largest cosine of 400 x 32 strangers 2 to 3 standard deviations below the mean over its reflections).

Directions are Gaussian rows whose lengths are lost. Each is given back the length at which it lies on the shell

    (z - m)' C^-1 (z - m) = the mean of that over all rows,

which surrounds the origin, and which such a reflection moves onto itself; then it is a direction again. Mean and covariance are
those of the points on the shell, so they are found in rounds (Tyler's M-estimator of shape, where there is no mean). Taken of unit
rows instead, unrelated clouds of spectrum rank^-1 had p <= .05 in .11 (400 x 32). Where lengths hardly vary, one round is enough.

A mean that could be chance is none: reflections then are orthogonal maps, and all cosines inside a dictionary stay to rounding.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.directions import row_slices
from saegeo_core.statistics.null_directions import ProjectedGaussian

SETS = (20, 12, 8, 4, 2)
"""Reflections that share their products."""
MOST_ROUNDS = 5
SETTLED = 0.05
"""Root mean square change of lengths, of length about 1, up to which axes do not move."""
RIDGE = 0.2
"""What is added to each variance in the shell, in mean variances: few rows do not tell the least variances."""
LEAST_MEAN = 2.0
"""Standard deviations by which the squared mean must exceed what is expected of a mean of zero."""
ROWS_AT_ONCE = 1024
ROOM = 1.1
"""How much larger than the origin needs it the shell is, at least, squared."""


@dataclass(frozen=True)
class ReflectedDirections:
    """Directions, ready to be reflected.

    Attributes:
        beside_mean: (n_features, d_in), along the axes, what the point of each feature has beside the mean.
        mean: (d_in,), along the axes; zero where it could be chance.
        variances: (d_in,), of the points along the axes.
        axes: (d_in, d_in), orthonormal columns.
    """

    beside_mean: Tensor
    mean: Tensor
    variances: Tensor
    axes: Tensor

    @classmethod
    def of(cls, unit: Tensor, kin: Integers | None = None) -> "ReflectedDirections":
        """Of unit rows, (n_features, d_in), and their kin, (n_features,), by default each its own: kin tell a mean once."""
        lengths = torch.ones(len(unit), 1, dtype=unit.dtype, device=unit.device)
        mean, moment = _moments(unit, lengths)
        is_kept = _exceeds_chance(mean, moment, unit, kin)
        for _ in range(MOST_ROUNDS):
            mean = mean * is_kept
            spectrum, found = torch.linalg.eigh(moment - torch.outer(mean, mean))
            variances, axes = spectrum.clamp_min(0.0).to(unit.dtype), found.to(unit.dtype)
            along_axes, along_mean = unit @ axes, (mean @ found).to(unit.dtype)
            before, lengths = lengths, _lengths_on_shell(along_axes, along_mean, variances)
            change = lengths / before
            if float((change / change.mean() - 1).square().mean()) <= SETTLED**2:
                break
            mean, moment = _moments(unit, lengths)
        if is_kept:
            along_axes.mul_(lengths).sub_(along_mean)
        return cls(along_axes, along_mean, variances, axes)

    @property
    def law(self) -> ProjectedGaussian:
        """The angular Gaussian of this mean and covariance, in coordinates along the axes."""
        mean, variances = (one.double().numpy(force=True) for one in (self.mean, self.variances))
        return ProjectedGaussian(mean, variances)

    def reflected(self, signs: Tensor) -> Tensor:
        """Unit rows along the axes, (n_features, d_in), what lies beside the mean multiplied by `signs`, (d_in,)."""
        rows = self.beside_mean * signs.to(self.mean) + self.mean
        unit: Tensor = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        return unit

    def sample(self, rng: np.random.Generator) -> Tensor:
        """Unit rows, (n_features, d_in), reflected along each axis or not, at random."""
        return self.reflected(_random_signs(len(self.mean), rng)) @ self.axes.T

    def signs_of_draws(self, n_draws: int, rng: np.random.Generator) -> list[Tensor]:
        """The dictionary as it is and `n_draws` reflections, as signs of coordinates along the axes, in sets of (n_set, d_in).

        In the largest of `SETS` that divides one more than `n_draws`. The axes are dealt at random into as many blocks, and
        within a set whole blocks change sign as the rows of a Hadamard matrix have it, so that the products of a set cost those of
        one reflection (`ReflectedProducts`). The first row of the first set is the dictionary as it is.

        Each reflection is uniform and any two are independent, so that mean and spread over them are unbiased. Where a dictionary
        is as likely as its reflections, its rank among them is uniform: every row of the matrix can be led to every other by
        changes of order and sign that leave the matrix as it is, and signs of whole rows are random; so every member of every
        set can be led to every other without a change of their joint law.
        """
        n_set = next((one for one in SETS if (n_draws + 1) % one == 0), 1)
        rows = hadamard(n_set) * _random_signs(n_set, rng)[:, None]
        within = (rows * rows[0])[:, torch.from_numpy(rng.integers(n_set, size=len(self.mean)))]
        return [within, *(within * _random_signs(len(self.mean), rng) for _ in range((n_draws + 1) // n_set - 1))]


def hadamard(order: int) -> Tensor:
    """Rows of 1 and -1, each perpendicular to all others, (order, order): order 1, 2, or 1 more than a prime that is 3 modulo 4.

    The matrix of Paley (1933): of quadratic residues. The group PSL(2, order - 1) leads every row to every other.
    """
    if order <= 2:
        return torch.tensor([[1.0, 1], [1, -1]])[:order, :order]
    numbers, prime = torch.arange(order - 1), order - 1
    is_residue = torch.zeros(prime, dtype=torch.bool).index_fill_(0, numbers**2 % prime, True)
    matrix = torch.ones(order, order)
    matrix[1:, 0] = -1
    matrix[1:, 1:] = torch.where(is_residue, 1.0, -1.0)[(numbers[:, None] - numbers) % prime]
    return matrix


def _random_signs(n: int, rng: np.random.Generator) -> Tensor:
    return torch.where(torch.from_numpy(rng.random(n) < 0.5), -1.0, 1.0)


def _moments(unit: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, (d_in,), and second moment about the origin, (d_in, d_in), float64, of unit rows times lengths, (n_features, 1)."""
    n, d = unit.shape
    total = torch.zeros(d, dtype=torch.float64, device=unit.device)
    lower = torch.zeros(d, d, dtype=torch.float64, device=unit.device)
    for rows in row_slices(n, ROWS_AT_ONCE):
        points = lengths[rows] * unit[rows]
        total += points.sum(0, dtype=torch.float64)
        add_column_products(lower, points)
    return total / n, mirrored(lower) / n


def _exceeds_chance(mean: Tensor, moment: Tensor, unit: Tensor, kin: Integers | None) -> bool:
    """Whether the squared mean of unit rows lies beyond what independent kin around a mean of zero have."""
    expected = 1.0 / len(unit)
    if kin is not None:
        groups = torch.tensor(kin, device=unit.device)
        sums = torch.zeros(int(kin.max()) + 1, unit.shape[1], dtype=unit.dtype, device=unit.device)
        expected = float(sums.index_add_(0, groups, unit).square().sum(dtype=torch.float64)) / len(unit) ** 2
    deviation = expected * float(2 * moment.square().sum()) ** 0.5
    return bool(float(mean @ mean) > expected + LEAST_MEAN * deviation)


def _lengths_on_shell(unit: Tensor, mean: Tensor, variances: Tensor) -> Tensor:
    """How far from the origin the shell lies in the direction of each row, (n_features, 1), all along the axes."""
    inverse = 1 / (variances + RIDGE * variances.mean()).clamp_min(torch.finfo(torch.float32).eps)
    of_mean = float(mean.square() @ inverse)
    radius = max(float(variances @ inverse), ROOM * of_mean)
    of_rows, mixed = unit.square() @ inverse, unit @ (mean * inverse)
    lengths: Tensor = (mixed + (mixed.square() + of_rows * (radius - of_mean)).sqrt()) / of_rows
    return lengths[:, None]
