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

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from scipy.special import gammaincinv

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.laws import CountLaw, NormalLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.sampled_rows import SampledRows
from saegeo_core.statistics.tail_given_partner import TailGivenPartner

Measured = TypeVar("Measured")

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

    def sampled_count_law(self, tail: str, rows: SampledRows) -> CountLaw:
        """Law of the number of pairs in that tail that the sampled rows of such a cloud have, added up over them."""
        index = STATISTICS.index(tail)
        return rows.count_law(
            self.count_law(tail, rows.n_rows), float(self.projection[index, index]), float(self.pair[index])
        )

    def mean_law(self, statistic: str, n_features: int) -> NormalLaw:
        """Law of that statistic's mean over all pairs, in a cloud of N features drawn from the null.

        The standard deviation includes the Monte-Carlo error of the mean.

        Raises:
            ValueError: the statistic is matched, so the null has nothing to say about it.
        """
        if statistic in self.matched:
            raise ValueError(f"{statistic} is taken over from the cloud, and agrees with it by construction")
        n, index = n_features, STATISTICS.index(statistic)
        variance = (4.0 * (n - 2) * self._unexplained(index) + 2.0 * self.pair[index]) / (n * (n - 1))
        return NormalLaw(float(self.means[index]), float(np.hypot(np.sqrt(variance), self.mean_errors[index])))

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
    null: ProjectedGaussian,
    threshold: float,
    rng: np.random.Generator,
    *,
    n_blocks: int = 32,
    watch: Watch = iter,
) -> NullPairs:
    """Estimate a null's moments over pairs from `n_blocks` blocks of 128 x 128 independent directions.

    Args:
        null: the model.
        threshold: tails are |cosine| > threshold, cosine > threshold and cosine < -threshold; in (0, 1).
        rng: draws the directions.
        n_blocks: how many blocks, at least 16.
        watch: wraps the loop over blocks (`saegeo_core.numerics`).
    """
    blocks = _of_blocks(lambda own_rng: _measure_block(null, threshold, own_rng), rng, n_blocks, watch)
    tails, controls, projections, fourth_moments = (np.stack(column) for column in zip(*blocks, strict=True))
    exact = [null.moments.mean_cosine, null.moments.mean_squared_cosine]
    tail_means, tail_errors = _adjusted_means(tails, controls, np.array([*exact, _squared_length(null)]))
    means = np.array([*tail_means, *exact])
    return NullPairs(
        n_directions=2 * BLOCK * n_blocks,
        matched=null.matched,
        means=means,
        mean_errors=np.array([*tail_errors, 0.0, 0.0]),
        projection=projections.mean(axis=0),
        pair=np.array([*tail_means, exact[1], fourth_moments.mean()]) - means**2,
    )


def sample_tail_probabilities(
    null: ProjectedGaussian,
    thresholds: Floats,
    rng: np.random.Generator,
    *,
    n_blocks: int = 16,
    watch: Watch = iter,
) -> tuple[Floats, Floats]:
    """P(cosine > t) and P(cosine < -t) of two independent directions, each (n_thresholds,), from blocks of 128 x 128 pairs.

    Args:
        null: the model.
        thresholds: shape (n_thresholds,), in (0, 1).
        rng: draws the directions.
        n_blocks: how many blocks.
        watch: wraps the loop over blocks (`saegeo_core.numerics`).
    """

    def tails_of_block(own_rng: np.random.Generator) -> Floats:
        x = _directions(null, own_rng)
        normals, weights = stratified_normals(BLOCK, len(null.mean), own_rng)
        given = TailGivenPartner(x, null.place(normals), null.mean, null.variances)
        return np.array([[(tail @ weights).mean() for tail in given.beyond(threshold)] for threshold in thresholds])

    above, below = np.mean(_of_blocks(tails_of_block, rng, n_blocks, watch), axis=0).T
    return above, below


def _of_blocks(
    measure: Callable[[np.random.Generator], Measured], rng: np.random.Generator, n_blocks: int, watch: Watch
) -> list[Measured]:
    """What is measured in each block by a generator of its own, so that the threads that share the work change nothing."""
    generators = rng.spawn(n_blocks)
    measured: dict[int, Measured] = {}

    def measure_block(number: int) -> None:
        measured[number] = measure(generators[number])

    side_by_side(measure_block, watch(range(n_blocks)), "cpu")
    return [measured[number] for number in range(n_blocks)]


def _measure_block(
    null: ProjectedGaussian, threshold: float, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, float]:
    """Of 128 x 128 pairs: means of the tails, of three controls, the covariance of STATISTICS given one, the fourth moment."""
    x = _directions(null, rng)
    controls = np.stack([x @ null.moments.first, null.moments.mean_squared_cosine_with(x)])
    halves = [stratified_normals(BLOCK // 2, len(null.mean), rng) for _ in range(2)]
    z = null.place(np.concatenate([normals for normals, _ in halves]))
    weights = np.stack([one for _, one in halves])

    def over_halves(given_pairs: Floats) -> Floats:
        """Weighted means over the z of each half, (2, ...), of an array (..., n_z)."""
        return np.stack([given_pairs[..., : BLOCK // 2] @ weights[0], given_pairs[..., BLOCK // 2 :] @ weights[1]])

    above, below = map(over_halves, TailGivenPartner(x, z, null.mean, null.variances).beyond(threshold))
    given = [
        np.stack([one_above + one_below, one_above, one_below, *controls])
        for one_above, one_below in zip(above, below, strict=True)
    ]
    z_squared = (z**2).sum(axis=1)
    squared_length = over_halves(z_squared).mean()
    fourth_moment = over_halves(((x @ z.T) ** 4 / z_squared**2).mean(axis=0)).mean()
    # The errors of the two halves are independent, so what covaries over x is the expectations given x.
    crossed = np.cov(given[0], given[1])[:5, 5:]
    given_x = (given[0] + given[1]).mean(axis=1) / 2.0
    return given_x[:3], np.array([*given_x[3:], squared_length]), (crossed + crossed.T) / 2.0, float(fourth_moment)


def _directions(null: ProjectedGaussian, rng: np.random.Generator) -> Floats:
    """A block of directions."""
    rows = null.place(_normals(BLOCK, len(null.mean), rng))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def _normals(n: int, dimension: int, rng: np.random.Generator) -> Floats:
    """Standard normal rows, drawn in single precision by torch: three times as fast as numpy draws them."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    return np.asarray(torch.randn(n, dimension, generator=generator).double())


def _squared_length(null: ProjectedGaussian) -> float:
    """E |z|^2."""
    return float(null.variances.sum() + null.mean @ null.mean)


def stratified_normals(n: int, dimension: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Standard normal rows, and the weights, about 1/n each, with which averages over them are unbiased.

    One length from each of n strata of the chi distribution, short ones finer: by the noise of a short rest z turns far
    towards x, so rare tails are made of short rows.
    """
    strata = (np.arange(n) + rng.random(n)) / n
    lengths = np.sqrt(2.0 * gammaincinv(dimension / 2.0, strata**3))
    rows = _normals(n, dimension, rng)
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
    # A tail hardly ever reached may be adjusted below zero; its plain mean is as good.
    means = np.where(coefficients[0] > 0.0, coefficients[0], values.mean(axis=0))
    return means, np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0])
