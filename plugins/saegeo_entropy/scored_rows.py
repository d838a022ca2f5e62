"""Which rows are measured: repetitions left out, and at most so many drawn, because every estimate here depends on their number."""

import hashlib
from dataclasses import dataclass

import numpy as np

from saegeo_core import FeatureCloud
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.distinct_rows import distinct_rows


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Some rows of a cloud.

    Attributes:
        vectors: (n, d), float64.
        index: int64 (n,), which rows of the cloud these are, ascending.
        lengths: (n,), Euclidean length of each.
        cloud_digest: of the cloud they are from.
    """

    vectors: Floats
    index: Integers
    lengths: Floats
    cloud_digest: str

    def __len__(self) -> int:
        return len(self.index)

    @property
    def directions(self) -> Floats:
        """The rows at length 1, (n, d)."""
        return self.vectors / self.lengths[:, None]

    @property
    def digest(self) -> str:
        """Names these rows of this cloud."""
        content = self.cloud_digest.encode() + self.index.astype("<i8").tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def draw(self, n_rows: int, rng: np.random.Generator) -> "ScoredRows":
        """At most `n_rows` of them, without replacement."""
        if len(self) <= n_rows:
            return self
        chosen = drawn(len(self), n_rows, rng)
        return ScoredRows(self.vectors[chosen], self.index[chosen], self.lengths[chosen], self.cloud_digest)


def distinct_features(cloud: FeatureCloud) -> Integers:
    """The features of a cloud that repeat no earlier one."""
    return np.flatnonzero(distinct_rows(cloud.vectors))


def scored_rows(cloud: FeatureCloud, features: Integers, n_rows: int, rng: np.random.Generator) -> ScoredRows:
    """At most `n_rows` of some features, drawn without replacement."""
    index = features[drawn(len(features), n_rows, rng)]
    return ScoredRows(cloud.vectors[index].double().numpy(), index, cloud.norms[index], cloud.digest)


def drawn(n: int, n_drawn: int, rng: np.random.Generator) -> Integers:
    """At most `n_drawn` numbers below n, ascending. Where that is all of them, no chance enters."""
    return np.sort(rng.choice(n, n_drawn, replace=False)) if n > n_drawn else np.arange(n)
