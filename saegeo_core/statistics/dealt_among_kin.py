"""Numbers of features dealt anew where kin may share them: what a permutation test permutes when features are not alone.

Features of one kin (near each other, `statistics.kin`) may have numbers alike for no other reason than that they are kin. Permuted
one by one such numbers spread less than chance has them: families of five with rates of their own give p <= .05 in a third to half
of all cases. So kin are dealt whole. Kin are of unlike sizes, though, and the mean of many varies less than the number of one. With
r the share of variance that kin have in common (the intraclass correlation, from the analysis of variance), the mean of s features
has a variance in proportion to r + (1 - r) / s: in units of its root all means are alike, and change places.
"""

from collections.abc import Iterator

import numpy as np

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.permutation import permutations_within


def intraclass_correlation(values: Floats, kin: Integers) -> float:
    """The share of the variance of `values` (n,) that lies between kin, labels from 0, in [0, 1]; 0 where no feature has kin."""
    sizes = np.bincount(kin)
    n, n_kin = len(values), len(sizes)
    if n_kin in (1, n):
        return 0.0
    means = np.bincount(kin, values) / sizes
    between = float(sizes @ (means - values.mean()) ** 2) / (n_kin - 1)
    within = float(((values - means[kin]) ** 2).sum()) / (n - n_kin)
    usual_size = (n - float(sizes @ sizes) / n) / (n_kin - 1)
    total = between + (usual_size - 1) * within
    return float(np.clip((between - within) / total, 0, 1)) if total > 0 else 0.0


def dealt_among_kin(
    values: Floats, kin: Integers, rng: np.random.Generator, n_draws: int, *, alike: Integers | None = None
) -> Iterator[Floats]:
    """The values dealt anew, (n,) each, of mean 0 and unit length (equal ones: 0): means change places among kin, the rest within.

    Where no feature has kin these are permutations.

    Args:
        values: (n,), of mean 0.
        kin: int64 (n,), from 0, none empty.
        rng: draws the permutations.
        n_draws: how many.
        alike: strata of kin, int64 (n_kin,), within which means stay; None for one stratum.
    """
    sizes = np.bincount(kin)
    share = intraclass_correlation(values, kin)
    means = np.bincount(kin, values) / sizes
    unit = np.sqrt(share + (1 - share) / sizes)
    deviations = values - means[kin]
    strata = np.zeros(len(sizes), np.int64) if alike is None else alike
    has_kin = bool((sizes > 1).any())
    within_kin = permutations_within(kin, rng, n_draws)
    for among_kin in permutations_within(strata, rng, n_draws):
        dealt = (unit * (means / unit)[among_kin])[kin]
        if has_kin:
            dealt = dealt + deviations[next(within_kin)]
            dealt = dealt - dealt.mean()
        length = float(np.linalg.norm(dealt))
        yield dealt / length if length > 0 else dealt
