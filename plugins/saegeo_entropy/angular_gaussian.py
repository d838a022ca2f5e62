"""The angular Gaussian with the mean and the covariance of directions: z / |z| with z Gaussian.

Directions cannot be Gaussian: where the length of z is all but fixed by many axes together, Gaussian surrogates make them look
emptier than nothing. The parameters of z are those for which z / |z|, not z, has the moments of the rows. They are found by fixed
point on one large draw: dividing by lengths takes variance from the direction of the mean, so the covariance of z is not
diagonal where that of the rows is. Of axes with little variance only what they add to the length is matched.

Every draw takes one more step of that kind, so that it has the moments of the rows in its own sample, as Gaussian surrogates have.
z of unit covariance in the sample would not do: dividing then takes variance from whatever axis its longest rows lie along, and
what follows reads .3 to .5 standard deviations low where lengths scatter by 30 to 50 %.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products
from saegeo_core.numerics.directions import row_slices
from saegeo_entropy.principal_axes import PrincipalAxes, random_normals, random_scores

Real = TypeVar("Real", bound=np.floating[Any])

LEADING_AXES = 400
"""How many axes of most variance are matched one by one."""

MIN_DRAWN = 4096
"""Directions at least on which the parameters are found: their error falls with the root of this number."""

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
"""Change of the parameters at which the fixed point is reached."""

ROWS_AT_ONCE = 512

ROWS_PER_AXIS = 8
"""Rows for each leading axis from which a sample of z is near enough to its law for that step to be small."""

MANY_AXES = 256
"""Axes of little variance from which their sum of squares is known by its mean and variance."""


@dataclass(frozen=True, eq=False)
class AngularGaussian:
    """Directions z / |z|; z has the coordinates `mean + root s` along m leading axes, s normal, and independent ones beyond.

    Attributes:
        mean: (m,).
        root: (m, m), lower triangular.
        rest_mean: (rank - m + 1,), along the axes beyond, the last of which is what of the mean lies along none.
        rest_deviations: (rank - m + 1,), 0 for the last.
        mean_wanted: (m,), of the directions.
        deviations_wanted: (m,), theirs along the axes.
    """

    mean: Floats
    root: Floats
    rest_mean: Floats
    rest_deviations: Floats
    mean_wanted: Floats
    deviations_wanted: Floats

    @property
    def n_leading(self) -> int:
        """How many axes are leading ones."""
        return len(self.mean)

    @property
    def rank(self) -> int:
        """How many axes the directions vary along."""
        return self.n_leading + len(self.rest_mean) - 1

    def leading(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Coordinates (n, m) of z along the leading axes, in the precision of the scores."""
        precision = scores.dtype
        return np.asarray(self.mean.astype(precision) + scores @ self.root.T.astype(precision))

    def rest_squares(self, n: int, rng: np.random.Generator) -> Floats:
        """What the other axes add to |z|^2, (n,): of many by a chi-squared law of their moments, of few by drawing them."""
        if len(self.rest_mean) > MANY_AXES:
            squares = self.rest_deviations**2
            expected = float((squares + self.rest_mean**2).sum())
            degrees = expected**2 / float((squares**2 + 2.0 * squares * self.rest_mean**2).sum())
            return expected / degrees * rng.chisquare(degrees, n)
        mean, deviations = (torch.from_numpy(one).float() for one in (self.rest_mean, self.rest_deviations))
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        parts = []
        for rows in row_slices(n, ROWS_AT_ONCE):
            rest = torch.randn(rows.stop - rows.start, len(mean), generator=generator)
            parts.append(rest.mul_(deviations).add_(mean).square_().sum(1, dtype=torch.float64))
        return np.asarray(torch.cat(parts).numpy())

    def directions(self, scores: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Directions (n, rank + 1) of the scores (n, rank) along all axes."""
        precision, m = scores.dtype, self.n_leading
        beyond = np.column_stack([scores[:, m:], np.zeros(len(scores), precision)])
        rest = self.rest_mean.astype(precision) + self.rest_deviations.astype(precision) * beyond
        z = self._with_moments(self.leading(scores[:, :m]), squares(rest))
        return np.asarray(np.hstack([z, rest]) / np.sqrt(squares(z) + squares(rest))[:, None])

    def leading_directions(
        self, n: int, rng: np.random.Generator, precision: type[np.floating[Any]] = np.float64
    ) -> NDArray[np.floating[Any]]:
        """Coordinates (n, m) of n random directions along the leading axes.

        In the sample they have the moments of the rows, up to the square of what is their chance.
        """
        draw = random_normals if n >= ROWS_PER_AXIS * self.n_leading else random_scores
        z, rest = self.leading(draw(n, self.n_leading, rng, precision)), self.rest_squares(n, rng)
        z = self._with_moments(z, rest)
        return np.asarray(z / np.sqrt(squares(z) + rest).astype(z.dtype)[:, None])

    def _with_moments(self, z: NDArray[Real], rest_squares: NDArray[np.floating[Any]]) -> NDArray[Real]:
        """Leading coordinates of z, (n, m), moved so that at the lengths they had they give directions of the moments wanted."""
        if self.rank == 1:
            return z  # directions along one axis are signs
        lengths = np.sqrt(squares(z) + rest_squares).astype(z.dtype)
        correction, shift = _correction(z / lengths[:, None], self.mean_wanted, np.diag(self.deviations_wanted))
        mean = z.mean(0, dtype=np.float64)
        shift = mean - correction @ mean + float(lengths.mean()) * shift
        return np.asarray(z @ correction.T.astype(z.dtype) + shift.astype(z.dtype))


def angular_gaussian(axes: PrincipalAxes, n: int) -> AngularGaussian:
    """The angular Gaussian of n directions with these principal axes."""
    # The law is the same whichever way an axis points; made one way, so that equal clouds have equal draws.
    mean, variances = np.abs(axes.mean), axes.variances
    m = min(axes.rank, LEADING_AXES)
    n_drawn = max(n, MIN_DRAWN)
    rng = np.random.default_rng(n)
    deviations = np.sqrt(variances)
    null = AngularGaussian(
        mean[:m],
        np.diag(deviations[:m]),
        np.append(mean[m:], axes.mean_aside),
        np.append(deviations[m:], 0.0),
        mean[:m],
        deviations[:m],
    )
    return _matched(null, random_scores(n_drawn, m, rng), null.rest_squares(n_drawn, rng))


def _matched(start: AngularGaussian, scores: NDArray[np.floating[Any]], rest_squares: Floats) -> AngularGaussian:
    """The null whose directions have the mean and covariance that `start` gives z, on one draw of scores."""
    wanted_mean, wanted_root = start.mean, start.root
    wanted_rest = 1.0 - float((wanted_root**2).sum() + wanted_mean @ wanted_mean)
    null, stretch = start, 1.0
    for _ in range(MAX_ITERATIONS):
        z = null.leading(scores)
        lengths = np.sqrt(squares(z) + stretch * rest_squares)
        rest = float((stretch * rest_squares / lengths**2).mean())
        correction, shift = _correction(z / lengths[:, None], wanted_mean, wanted_root)
        if max(np.abs(correction - np.eye(len(correction))).max(), np.abs(shift).max()) < TOLERANCE:
            break
        scale = lengths.mean()
        # Of z only the direction counts: it is kept near length 1, so that shifts of x are shifts of z.
        null = replace(null, mean=null.mean / scale + shift, root=correction @ null.root / scale)
        stretch *= (wanted_rest / rest if wanted_rest > TOLERANCE else 1.0) / scale**2
    root = np.sqrt(stretch)
    return replace(null, rest_mean=root * start.rest_mean, rest_deviations=root * start.rest_deviations)


def _correction(x: NDArray[np.floating[Any]], mean: Floats, root: Floats) -> tuple[Floats, Floats]:
    """What gives the rows x, (n, m), a covariance with this root when they are multiplied by it, and their mean this mean: a shift.

    Products are made in the precision of the rows; the correction is (m, m), the shift (m,).
    """
    found = x.mean(0, dtype=np.float64)
    products = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64)
    add_column_products(products, torch.from_numpy(x - found.astype(x.dtype)))
    found_root = cholesky(products.numpy() / len(x), lower=True)
    return solve_triangular(found_root, root.T, lower=True, trans="T").T, mean - found


def squares(rows: NDArray[Real]) -> NDArray[Real]:
    """Squared length of each row, (n,)."""
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
