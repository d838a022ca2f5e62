"""Means over pairs with their jackknife intervals: what the one pass over all cosines leaves, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent, FeatureCloud, Interval, SaegeoError
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines
from saegeo_core.statistics.families import family_labels, family_threshold, within_family_sums
from saegeo_core.statistics.pair_jackknife import Kind, jackknife_pair_mean

Floats = NDArray[np.float64]
Kernel = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class PairMean:
    """The mean over pairs of one function of the cosine.

    Attributes:
        kernel: the function, elementwise on an array of cosines.
        row_sums: shape (n_features,), for each feature its sum over that feature's pairs.
        square_sum: sum over all pairs of its square.
        kind: what its interval is shaped like, as in `jackknife_pair_mean`.
    """

    kernel: Kernel
    row_sums: Floats
    square_sum: float
    kind: Kind

    @property
    def estimate(self) -> float:
        """The mean over all pairs."""
        n = len(self.row_sums)
        return float(self.row_sums.sum() / (n * (n - 1)))


class PairMeans:
    """The means of one cloud, and the families that their intervals leave out one at a time."""

    def __init__(self, cloud: FeatureCloud, cosines: PairwiseCosines, threshold: float) -> None:
        """`threshold` is the one whose counts are the first of `cosines`."""
        self._cloud, self._cosines = cloud, cosines
        above, below = cosines.n_above[0].astype(np.float64), cosines.n_below[0].astype(np.float64)
        centers = (cosines.histogram_edges[:-1] + cosines.histogram_edges[1:]) / 2
        fourth_powers = float(cosines.histogram_counts @ centers**4)
        squares = cosines.squared_cosine_sum
        self.positive = _fraction(lambda c: (c > threshold).astype(float), above)
        self.negative = _fraction(lambda c: (c < -threshold).astype(float), below)
        self.tail = _fraction(lambda c: (np.abs(c) > threshold).astype(float), above + below)
        self.cosine = PairMean(lambda c: c, cosines.cosine_sum, float(squares.sum() / 2), "squared_length")
        self.squared_cosine = PairMean(np.square, squares, fourth_powers, "mean")

    def interval(self, mean: PairMean) -> Interval | Absent:
        """The 95 % interval of one of the means, in the population that families of features are drawn from."""
        sums, square_sums = self._within[mean]
        try:
            result = jackknife_pair_mean(
                mean.row_sums,
                mean.square_sum,
                families=self._families,
                within_sums=sums,
                within_square_sum=float(square_sums.sum()),
                kind=mean.kind,
            )
        except SaegeoError as error:
            return Absent(error.message)
        low, high = result.confidence_interval
        return Interval(low=low, high=high, level=result.level, method=result.method)

    @cached_property
    def _within(self) -> dict[PairMean, tuple[Floats, Floats]]:
        """For every mean, the sums of its function and of its square over the pairs inside each family."""
        means = [self.tail, self.positive, self.negative, self.cosine, self.squared_cosine]
        kernels = [kernel for mean in means for kernel in (mean.kernel, _squared(mean.kernel))]
        sums = within_family_sums(self._unit_rows, self._families, kernels)
        return {mean: (sums[2 * i], sums[2 * i + 1]) for i, mean in enumerate(means)}

    @cached_property
    def _families(self) -> NDArray[np.int64]:
        cosines = self._cosines
        return family_labels(
            np.stack([cosines.nearest_index, cosines.farthest_index]),
            np.stack([cosines.nearest_cosine, cosines.farthest_cosine]),
            family_threshold(cosines.n_features, max(self.squared_cosine.estimate, 1 / self._cloud.d_in)),
        )

    def _unit_rows(self, features: NDArray[np.int64]) -> Floats:
        rows = self._cloud.vectors[features].double().numpy()
        return rows / self._cloud.norms[features][:, np.newaxis]


def _squared(kernel: Kernel) -> Kernel:
    return lambda cosines: kernel(cosines) ** 2


def _fraction(kernel: Kernel, row_sums: Floats) -> PairMean:
    return PairMean(kernel, row_sums, float(row_sums.sum() / 2), "fraction")
