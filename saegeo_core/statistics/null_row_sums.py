"""Laws of the mean absolute cosine and of the mean capacity of a cloud of N directions drawn from a null model.

Both are had from some directions x and y, not from clouds. Capacity of one direction is f(S), f(S) = 1 / (1 + S), with S the sum of
its squared cosines with the N - 1 others: its mean, (N - 1) q(x), is known in closed form, and S scatters about it by
(N - 1) (E_y c(x, y)^4 - q(x)^2). What one direction adds to the mean over a cloud is

    f(S(x)) + (N - 1) E_y f'(S(y)) c(x, y)^2,

and 2 E_y |c(x, y)| to N times the mean absolute cosine (Hoeffding 1948). As in `null_pairs`, the mean cosine that the null takes
over from the cloud is a control variate: only what it leaves unexplained varies. The mean squared cosine of the null is known
too, and makes the sampled expectations more certain.

A null with the cloud's own mean squared cosine is no judge: both numbers follow that one so closely that what is left tells where
a covariance was misplaced, more than anything of the cloud (common mean, 1,600 x 128: p <= .05 in .35 for capacity).
"""

from typing import NamedTuple

import numpy as np

from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.laws import NormalLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.projected_moments import ProjectedMoments

N_DIRECTIONS = 1024
"""On either side of the sampled pairs."""


class Pairs(NamedTuple):
    """Some pairs of directions x and y of a null, and what is known of each direction.

    Attributes:
        cosines: shape (n_x, n_y).
        of_x: what the expected cosine and squared cosine given each x exceed those of all by, (2, n_x).
        of_y: the same of y.
        mean_squared: expected squared cosine of all.
        n_matched: how many of the first of these two the null takes over from the cloud.
    """

    cosines: Floats
    of_x: Floats
    of_y: Floats
    mean_squared: float
    n_matched: int


def mean_absolute_and_capacity_laws(
    null: ProjectedGaussian, n_features: int, rng: np.random.Generator
) -> tuple[NormalLaw, NormalLaw]:
    """The law of the mean absolute cosine over pairs of N directions, and that of their mean capacity.

    Raises:
        ValueError: the null takes the mean squared cosine over from the cloud, so that it has hardly anything to say about either.
    """
    if "squared_cosine" in null.matched:
        raise ValueError("both are nearly taken over from the cloud with its mean squared cosine")
    x, y = (null.sample_along_axes(N_DIRECTIONS, rng).double().numpy() for _ in range(2))
    of_x, of_y = (_controls(null.moments, one) for one in (x, y))
    pairs = Pairs(x @ y.T, of_x, of_y, null.moments.mean_squared_cosine, len(null.matched))
    return _absolute_law(pairs, n_features), _capacity_law(pairs, n_features)


def capacity_given_mean(mean: Floats, variance: Floats) -> Floats:
    """E 1 / (1 + S) of a sum S of such a mean and such a variance, at second order."""
    return np.asarray(1.0 / (1.0 + mean) + variance / (1.0 + mean) ** 3)


def _controls(moments: ProjectedMoments, x: Floats) -> Floats:
    """What the expected cosine and squared cosine given each direction exceed those of all by, (2, n)."""
    squared = moments.mean_squared_cosine_with(x) - moments.mean_squared_cosine
    return np.stack([x @ moments.first - moments.mean_cosine, squared])


def _absolute_law(pairs: Pairs, n: int) -> NormalLaw:
    absolute = np.abs(pairs.cosines)
    halves = _over_halves(absolute)
    slopes, uncertain = _explained(halves, pairs.of_x)
    _, unexplained = _explained(halves, pairs.of_x[: pairs.n_matched])
    pair = float(absolute.var())
    mean = float(absolute.mean() - slopes @ (pairs.of_x.mean(1) + pairs.of_y.mean(1)))
    variance = (4 * (n - 2) * unexplained + 2 * pair) / (n * (n - 1))
    error = (2 * uncertain + pair / N_DIRECTIONS) / N_DIRECTIONS
    return NormalLaw(mean, float(np.sqrt(variance + error)))


def _capacity_law(pairs: Pairs, n: int) -> NormalLaw:
    squares = pairs.cosines**2
    means_of_x, means_of_y = ((n - 1) * (pairs.mean_squared + one[1]) for one in (pairs.of_x, pairs.of_y))
    fourth_powers = squares**2
    variances = np.maximum((n - 1) * fourth_powers.mean(1) - means_of_x**2 / (n - 1), 0.0)
    own = capacity_given_mean(means_of_x, variances)
    slopes_of_x, slopes_of_y = (-((means + 1.0) ** -2) for means in (means_of_x, means_of_y))
    through_others = _over_halves((n - 1) * squares * slopes_of_y)
    slopes, uncertain = _explained(np.stack([own, own]), pairs.of_x)
    _, unexplained = _explained(own + through_others, pairs.of_x[: pairs.n_matched])
    # About its own mean each S scatters, which at second order is a variance of its own for every direction.
    scatter = float(np.mean(2 * variances**2 / (means_of_x + 1.0) ** 6))
    # Each pair adds its square to the sums of both.
    pair = float(((slopes_of_x[:, np.newaxis] + slopes_of_y) * squares).var()) * (n - 1) / (2 * n)
    through_fourth_powers = float((((n - 1) / (means_of_x + 1.0) ** 3) @ fourth_powers / N_DIRECTIONS).var())
    variance = (unexplained + scatter) / n + pair + (uncertain + through_fourth_powers) / N_DIRECTIONS
    return NormalLaw(float(own.mean() - slopes @ pairs.of_x.mean(1)), float(np.sqrt(variance)))


def _over_halves(given_pairs: Floats) -> Floats:
    """Means over either half of the y, (2, n_x): their errors are independent, so what covaries over x is no noise."""
    return np.stack([half.mean(1) for half in np.split(given_pairs, 2, axis=1)])


def _explained(halves: Floats, controls: Floats) -> tuple[Floats, float]:
    """Slopes of the mean of two estimates for each direction, (2, n), on controls, (n_controls, n); what covaries beside these."""
    design = np.column_stack([np.ones(halves.shape[1]), *controls])
    fits = np.linalg.lstsq(design, halves.T, rcond=None)[0]
    left = halves - (design @ fits).T
    return fits[1:].mean(1), max(0.0, float(np.mean(left[0] * left[1])))
