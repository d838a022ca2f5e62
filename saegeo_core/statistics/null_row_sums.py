"""Laws of the mean absolute cosine and of the mean capacity of a cloud of N directions drawn from a null model.

Both are had from some directions x and y, not from clouds. Capacity of one direction is f(S), f(S) = 1 / (1 + S), with S the sum of
its squared cosines with the N - 1 others: its mean, (N - 1) q(x), is known in closed form, and S scatters about it as a sum of
squares of normal numbers does, by 2 (N - 1) q(x)^2. What one direction adds to the mean over a cloud is

    f(S(x)) + (N - 1) E_y f'(S(y)) c(x, y)^2,

and 2 E_y |c(x, y)| to N times the mean absolute cosine (Hoeffding 1948). As in `null_pairs`, what the null takes over from the
cloud is a control variate: only what it leaves unexplained varies.
"""

import numpy as np

from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.laws import NormalLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian

N_DIRECTIONS = 1024
"""On either side of the sampled pairs."""


def mean_absolute_and_capacity_laws(
    null: ProjectedGaussian, n_features: int, rng: np.random.Generator
) -> tuple[NormalLaw, NormalLaw]:
    """The law of the mean absolute cosine over pairs of N directions, and that of their mean capacity."""
    n, exact = n_features, null.moments
    x, y = (null.sample_along_axes(N_DIRECTIONS, rng).double().numpy() for _ in range(2))
    squares_of_x, squares_of_y = exact.mean_squared_cosine_with(x), exact.mean_squared_cosine_with(y)
    controls = np.stack([squares_of_x - exact.mean_squared_cosine, x @ exact.first - exact.mean_cosine])
    cosines = np.abs(x @ y.T)

    # Halves of y err independently of each other: what covaries over x is no noise.
    halves = [half.mean(1) for half in np.split(cosines, 2, axis=1)]
    mean, unexplained = _beyond_controls(halves, controls)
    pair = float(cosines.var())
    absolute = (4 * (n - 2) * unexplained + 2 * pair) / (n * (n - 1))
    error = (2 * unexplained + pair / N_DIRECTIONS) / N_DIRECTIONS
    of_absolute = NormalLaw(mean, float(np.sqrt(absolute + error)))

    slopes = -(((n - 1) * squares_of_y + 1.0) ** -2)
    own = capacity_given_mean((n - 1) * squares_of_x, 2 * (n - 1) * squares_of_x**2)
    through_others = [
        (n - 1) * (half**2 * slope).mean(1)
        for half, slope in zip(np.split(cosines, 2, axis=1), np.split(slopes, 2), strict=True)
    ]
    mean, own_unexplained = _beyond_controls([own, own], controls)
    _, unexplained = _beyond_controls([own + one for one in through_others], controls)
    # About its own mean each S scatters, which at second order is a variance of its own for every direction.
    scatter = float(np.mean(2 * (2 * (n - 1) * squares_of_x**2) ** 2 / ((n - 1) * squares_of_x + 1.0) ** 6))
    variance = (unexplained + scatter) / n + own_unexplained / N_DIRECTIONS
    return of_absolute, NormalLaw(mean, float(np.sqrt(variance)))


def capacity_given_mean(mean: Floats, variance: Floats) -> Floats:
    """E 1 / (1 + S) of a sum S of such a mean and such a variance, at second order."""
    return np.asarray(1.0 / (1.0 + mean) + variance / (1.0 + mean) ** 3)


def _beyond_controls(halves: list[Floats], controls: Floats) -> tuple[float, float]:
    """Mean of two estimates for each direction, (n,), where the controls, (n_controls, n), are 0; covariance of what they leave."""
    design = np.column_stack([np.ones(controls.shape[1]), *controls])
    fits = [np.linalg.lstsq(design, half, rcond=None)[0] for half in halves]
    left = [half - design @ fit for half, fit in zip(halves, fits, strict=True)]
    return float(np.mean([fit[0] for fit in fits])), max(0.0, float(np.mean(left[0] * left[1])))
