"""The jackknife over pairs: equal to leaving features out one by one, unbiased where that is not, and covering what it says.

Coverage of the nominal 95 % intervals, from 1,000 clouds each (the tests draw fewer):

    cloud (400 x 32 unless said)      tail fraction   mean cosine   mean squared cosine
    see the table in docs of the lead
"""

import numpy as np

from saegeo_core.statistics.families import family_labels, family_threshold, within_family_sums
from saegeo_core.statistics.pair_jackknife import jackknife_pair_mean
from saegeo_core.statistics.uniform_directions import null_probability_for, tail_threshold

STATISTICS = ("tail fraction", "mean cosine", "mean squared cosine")


def intervals(rows, threshold, by_family=True):
    """The three pair means of a cloud, with their intervals, as an analysis computes them."""
    rows = np.asarray(rows, dtype=np.float64)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0)
    n = len(rows)
    kernels = [lambda c: (np.abs(c) > threshold).astype(float), lambda c: c, np.square, lambda c: c**4]
    tails = kernels[0](cosines)
    squares = cosines**2
    families, within = None, np.zeros((4, n))
    if by_family:
        partners = [cosines.argmax(axis=1), cosines.argmin(axis=1)]
        families = family_labels(
            partners,
            [cosines[np.arange(n), partner] for partner in partners],
            family_threshold(n, squares.sum() / (n * (n - 1))),
        )
        within = within_family_sums(lambda members: rows[members], families, kernels)
    tail_count = tails.sum() / 2
    return [
        jackknife_pair_mean(
            matrix.sum(axis=1),
            square_sum,
            families=families,
            within_sums=own,
            within_square_sum=own_squares.sum(),
            kind=kind,
        )
        for matrix, square_sum, own, own_squares, kind in (
            (tails, tail_count, within[0], within[0], "fraction"),
            (cosines, squares.sum() / 2, within[1], within[2], "squared_length"),
            (squares, (squares**2).sum() / 2, within[2], within[3], "mean"),
        )
    ]


def coverage(make, repeats, by_family=True):
    """Share of clouds whose interval holds the mean of the estimate over all clouds, for the three statistics."""
    n, d = make().shape
    threshold = float(tail_threshold(null_probability_for(n * (n - 1) // 2), d))
    drawn = [intervals(make(), threshold, by_family) for _ in range(repeats)]
    estimates = np.array([[result.estimate for result in results] for results in drawn])
    ends = np.array([[result.confidence_interval for result in results] for results in drawn])
    truth = estimates.mean(axis=0)
    return ((ends[..., 0] <= truth) & (truth <= ends[..., 1])).mean(axis=0)
