"""What a null model of directions expects of a cloud of N features, from a sample of pairs instead of replicate clouds.

A replicate of a cloud of 16,384 features costs as much as the measurement itself; 99 of them are out of reach. But a mean
over pairs is a U-statistic, whose variance for any N follows from two numbers: the variance of its expectation given one of
the two directions (`projection`), and that of a single pair (`pair`): Var U = [4 (N - 2) projection + 2 pair] / (N (N - 1))
(Hoeffding 1948). Both, and the expectation, come from a few thousand directions.

The nulls are matched to the cloud in its mean cosine, and the angular Gaussian in its mean squared cosine too. A cloud drawn
from the null therefore agrees with it in these better than chance would have it, and in whatever varies with them. So
the matched statistics are control variates here: the variance is that of what they leave unexplained, and the Monte-Carlo
error shrinks with it. The matching of the rest of the covariance is not credited: p-values err on the careful side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from saegeo_core.statistics.count_law import CountLaw, MeanLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.tail_given_partner import tail_given_partner

Floats = NDArray[np.float64]

STATISTICS = ("tail", "tail_positive", "tail_negative", "cosine", "squared_cosine")
TAILS = STATISTICS[:3]
BLOCK = 128
ROUNDING = 1e-9


@dataclass(frozen=True)
class NullPairs:
    """Moments, over pairs of a null's directions, of the functions of the cosine named in STATISTICS.

    Attributes:
        n_directions: directions drawn: the number of draws to report. Pairs were formed within blocks of them.
        matched: which statistics the null takes over from the cloud.
        means: shape (5,), expectations; those of the cosine and its square are exact.
        mean_errors: shape (5,), Monte-Carlo standard errors of the expectations.
        projection: shape (5, 5), covariance of the expectations given one direction.
        pair: shape (5,), variance for one pair.
    """

    n_directions: int
    matched: tuple[str, ...]
    means: Floats
    mean_errors: Floats
    projection: Floats
    pair: Floats

    def count_law(self, tail: str, n_features: int) -> CountLaw:
        """Law of the number of pairs in that tail, in a cloud of N features drawn from the null."""
        n_pairs = n_features * (n_features - 1) / 2.0
        law = self.mean_law(tail, n_features)
        return CountLaw(n_pairs * law.mean, (n_pairs * law.standard_deviation) ** 2)

    def mean_law(self, statistic: str, n_features: int) -> MeanLaw:
        """Law of that statistic's mean over all pairs, in a cloud of N features drawn from the null.

        The standard deviation includes the Monte-Carlo error of the mean.

        Raises:
            ValueError: the statistic is matched, so the null has nothing to say about it.
        """
        if statistic in self.matched:
            raise ValueError(f"{statistic} is taken over from the cloud, and agrees with it by construction")
        n, index = n_features, STATISTICS.index(statistic)
        variance = (4.0 * (n - 2) * self._unexplained(index) + 2.0 * self.pair[index]) / (n * (n - 1))
        return MeanLaw(float(self.means[index]), float(np.hypot(np.sqrt(variance), self.mean_errors[index])))

    def _unexplained(self, index: int) -> float:
        """Variance of a statistic's projection that the matched statistics leave.

        Their own sampling error is added to their variance, so that a control that explains nothing for certain is given
        nothing.
        """
        controls = [STATISTICS.index(name) for name in self.matched]
        weights = np.zeros(len(STATISTICS))
        weights[index] = 1.0
        if controls:
            noise = np.diag(self.pair[controls] / BLOCK / np.sqrt(self.n_directions))
            covariance = self.projection[np.ix_(controls, controls)] + noise
            weights[controls] = -np.linalg.solve(covariance, self.projection[controls, index])
        return max(0.0, float(weights @ self.projection @ weights))


def sample_null_pairs(
    null: ProjectedGaussian, threshold: float, rng: np.random.Generator, *, n_blocks: int = 64
) -> NullPairs:
    """Estimate a null's moments over pairs from `n_blocks` blocks of 128 x 128 independent directions.

    Args:
        null: the model.
        threshold: tails are |cosine| > threshold, cosine > threshold and cosine < -threshold; in (0, 1).
        rng: draws the directions.
        n_blocks: how many blocks, at least 16.
    """
    moments = null.moments
    exact = np.array([moments.mean_cosine, moments.mean_squared_cosine])
    known = np.array([*exact, null.variances.sum() + null.mean @ null.mean])
    tail_means, observed = np.empty((n_blocks, len(TAILS))), np.empty((n_blocks, 3))
    projection, fourth_moment = np.zeros((5, 5)), 0.0
    for block in range(n_blocks):
        x = null.place(rng.standard_normal((BLOCK, len(null.mean))))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        controls = np.stack([x @ moments.first, moments.mean_squared_cosine_with(x)])
        # Errors of the two halves are independent, so their covariance over x is that of the expectations given x alone.
        halves, lengths = [], 0.0
        for _ in range(2):
            normals, weights = _stratified_normals(BLOCK // 2, len(null.mean), rng)
            z = null.place(normals)
            above, below = (tail @ weights for tail in tail_given_partner(x, z, null.mean, null.variances, threshold))
            halves.append(np.stack([above + below, above, below, *controls]))
            z_squared = (z**2).sum(axis=1)
            lengths += float(z_squared @ weights) / 2
            fourth_moment += float(((x @ z.T) ** 4 @ (weights / z_squared**2)).mean()) / (2 * n_blocks)
        crossed = np.cov(halves[0], halves[1])[:5, 5:]
        projection += (crossed + crossed.T) / (2 * n_blocks)
        tail_means[block] = (halves[0] + halves[1])[:3].mean(axis=1) / 2
        observed[block] = [*controls.mean(axis=1), lengths]

    tails_mean, errors = _adjusted_means(tail_means, observed, known)
    means = np.concatenate([tails_mean, exact])
    pair = np.array([*tails_mean, exact[1], fourth_moment]) - means**2
    return NullPairs(2 * BLOCK * n_blocks, null.matched, means, np.concatenate([errors, [0.0, 0.0]]), projection, pair)


def _stratified_normals(n: int, dimension: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Standard normal rows and the weights, about 1/n each, with which their averages are unbiased.

    One length from each of n strata of the chi distribution, short ones finer: by the noise of a short rest z turns far
    towards x, so rare tails are made of short rows.
    """
    strata = (np.arange(n) + rng.random(n)) / n
    lengths = np.sqrt(2.0 * gammaincinv(dimension / 2.0, strata**3))
    rows = rng.standard_normal((n, dimension))
    rows *= (lengths / np.linalg.norm(rows, axis=1))[:, np.newaxis]
    return rows, 3.0 * strata**2 / n


def _adjusted_means(values: Floats, controls: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Means of block `values` had the block `controls` their known expectations, by regression; and their errors."""
    deviations = controls - known
    # Where nothing but rounding deviates (uniform directions have no preferred one) there is nothing to regress on.
    sizes = np.abs(deviations).max(axis=0)
    varying = sizes > ROUNDING * known
    design = np.column_stack([np.ones(len(values)), deviations[:, varying] / sizes[varying]])
    coefficients = np.linalg.lstsq(design, values)[0]
    residual = values - design @ coefficients
    variance = (residual**2).sum(axis=0) / (len(values) - design.shape[1])
    return coefficients[0], np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0])
