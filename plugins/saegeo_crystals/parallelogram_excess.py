"""How many near-parallelograms a cloud has, beside what its mean and covariance alone would give.

Everything happens in a sketch: the rows projected at random to at most 256 dimensions and scaled to unit length again. The
null model is the angular Gaussian of the sketch's own mean and covariance, and nothing is lost by that: an angular Gaussian,
projected and scaled, is an angular Gaussian. Each null cloud goes through the very same search, in coordinates along the
principal axes: the search sees cosines alone, which are the same there.

How close is close? As close as chance comes: the first null cloud sets the error, that of its 20th closest quadruple; the
others, which had no say in it, tell how many are expected there. So the count and theirs are exchangeable if nothing but the
null is at work, and the p-value (b + 1)/(m + 1) is exact.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import stats

from saegeo_core import Absent, SaegeoError
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import Directions, mean_squared_cosine, row_slices, second_moment
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.null_directions import angular_gaussian_directions
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.resampling import Resampled
from saegeo_crystals.near_parallelograms import Parallelograms, near_parallelograms

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

SKETCH_WIDTH = 256
"""Dimensions that wider directions are projected to."""
ROWS_AT_ONCE = 1024
MANY_TIMES = 50
"""Candidates kept for every quadruple wanted, because some share features."""
FEATURES_EACH = 20
"""Features there must be for every quadruple expected: each takes four, and those left over become scarce."""
NONE_YET = Parallelograms(np.empty((0, 4), np.int64), np.empty(0))
MAX_MEAN_SQUARED_COSINE = 0.5
"""That of a cloud spread over two dimensions; below that there is no covariance to speak of."""


@dataclass(frozen=True)
class ParallelogramExcess:
    """What was found and what chance gives, at one error.

    Attributes:
        threshold: the largest error counted.
        observed: the quadruples of the cloud within it, as rows of the cloud; their errors are those in the sketch.
        null_errors: for each null cloud the errors of its quadruples within the threshold, ascending.
    """

    threshold: float
    observed: Parallelograms
    null_errors: list[Floats]

    @property
    def law(self) -> "CountRatioLaw":
        """What the ratio is in null clouds."""
        return CountRatioLaw(np.array([len(errors) for errors in self.null_errors]))

    @property
    def ratio(self) -> Resampled:
        """Observed over expected, with its interval."""
        return ratio_of_counts(len(self.observed), self.law.counts)


@dataclass(frozen=True, eq=False)
class CountRatioLaw:
    """The law of a count over its expectation, where that is the mean of counts in draws of the null.

    Attributes:
        counts: int64 (n_draws,), not all zero.
    """

    counts: Integers

    @property
    def expected(self) -> float:
        """Mean count."""
        return float(self.counts.mean())

    @property
    def ratios(self) -> Floats:
        """Every count over the expected one, (n_draws,)."""
        return self.counts / self.expected

    @property
    def mean(self) -> float:
        """Of the ratios: 1 by their making."""
        return 1.0

    @property
    def standard_deviation(self) -> float:
        """Of the ratios, (n_draws - 1) below the squares; 0 for a single draw."""
        return float(np.std(self.ratios, ddof=1)) if len(self.counts) > 1 else 0.0

    def zscore(self, observed: float) -> float:
        """Distance of a ratio from 1, in standard deviations."""
        return (observed - 1.0) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """(b + 1)/(m + 1), b the draws with a ratio at least as extreme."""
        return permutation_pvalue(observed, self.ratios, alternative)


def ratio_of_counts(observed: int, null_counts: Integers, *, level: float = 0.95) -> Resampled:
    """A count over the mean of m null counts, (m,), all taken for Poisson, as counts of rare events that share no feature are.

    Given their total, the share that was observed is binomial; Clopper and Pearson's limits of that share give exact limits of
    the ratio, which hold the uncertainty of the expected count too. The standard error is that of the delta method.
    """
    chance, draws = int(null_counts.sum()), len(null_counts)
    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, observed, chance + 1)) if observed else 0.0
    high = float(stats.beta.ppf(1 - tail, observed + 1, chance))
    low, high = (draws * share / (1 - share) for share in (low, high))
    standard_error = draws / chance * float(np.sqrt(observed + observed**2 / chance))
    ratio = observed / float(null_counts.mean())
    return Resampled(ratio, standard_error, (low, high), level, "exact, ratio of two Poisson counts")


def parallelogram_excess(
    vectors: torch.Tensor,
    rng: np.random.Generator,
    *,
    n_neighbors: int = 10,
    null_draws: int = 19,
    n_expected: int = 20,
    device: str | torch.device = "cpu",
    progress: "Progress | None" = None,
) -> ParallelogramExcess | Absent:
    """Search the cloud and `null_draws` null clouds, at the error where about `n_expected` quadruples come by chance.

    Args:
        vectors: (n_features, d_in), rows of any length but zero.
        rng: draws projection and null clouds.
        n_neighbors: mutual neighbors that sides are made of.
        null_draws: m, after the one null cloud that sets the error.
        n_expected: quadruples of that cloud within the error.
        device: where the products are taken.
        progress: wraps the loop over clouds.

    Returns:
        The counts, or why there are none.
    """
    n = len(vectors)
    if n < FEATURES_EACH * n_expected:
        return Absent(
            f"{n} features are too few to expect {n_expected} quadruples without a shared feature; "
            f"{FEATURES_EACH * n_expected} are needed"
        )
    sketch = sketched(vectors, rng, device)
    moment = second_moment(sketch, device=device)
    if mean_squared_cosine(moment, n) > MAX_MEAN_SQUARED_COSINE:
        return Absent("the directions lie along two axes or fewer: there is no covariance to keep")
    try:
        null = angular_gaussian_directions(moment.numpy(force=True), sketch.double().mean(0).numpy(), n)
    except SaegeoError as error:
        return Absent(str(error))
    first = near_parallelograms(
        null.sample_along_axes(n, rng), n_neighbors, max_quadruples=n_expected * MANY_TIMES, device=device
    )
    if len(first) < n_expected:
        return Absent(
            f"a null cloud holds {len(first)} quadruples whose sides join mutual neighbors, and {n_expected} are needed"
        )
    threshold = float(first.errors[n_expected - 1])
    draw_rngs = rng.spawn(null_draws)
    found: list[Parallelograms] = [NONE_YET] * (null_draws + 1)

    def search(place: int) -> None:
        rows = sketch if place == null_draws else null.sample_along_axes(n, draw_rngs[place])
        found[place] = near_parallelograms(rows, n_neighbors, within=threshold, device=device)

    # Whole searches side by side: within one, threads spend half as long again waiting for each other.
    rounds = list(row_slices(len(found), torch.get_num_threads()))
    for places in progress(rounds, len(rounds), "parallelograms by chance") if progress else rounds:
        side_by_side(search, range(places.start, places.stop), device)
    *by_chance, observed = found
    null_errors = [one.errors for one in by_chance]
    if not any(map(len, null_errors)):
        return Absent(f"no null cloud but the one that set the error {threshold:.3g} holds a quadruple within it")
    return ParallelogramExcess(threshold, observed, null_errors)


def sketched(vectors: torch.Tensor, rng: np.random.Generator, device: str | torch.device = "cpu") -> torch.Tensor:
    """Unit rows of at most `SKETCH_WIDTH` dimensions, float32 on the CPU, that keep what the rows' differences are to one another.

    Wider rows are projected on random orthogonal axes and scaled to unit length: lengths of differences come out within a
    few percent. Narrower ones are scaled and otherwise left as they are.
    """
    directions = Directions(vectors, device)
    d_in = vectors.shape[1]
    axes = None
    if d_in > SKETCH_WIDTH:
        axes = torch.linalg.qr(torch.from_numpy(rng.standard_normal((d_in, SKETCH_WIDTH))))[0].to(device)
    sketch = torch.empty(len(vectors), min(d_in, SKETCH_WIDTH))
    for rows in row_slices(len(vectors), ROWS_AT_ONCE):
        unit = directions.unit(rows)
        short = unit if axes is None else unit @ axes
        sketch[rows] = torch.nn.functional.normalize(short, dim=1).float().cpu()
    return sketch
