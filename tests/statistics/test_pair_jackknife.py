"""The jackknife over pairs: what it is in formulas, and that its intervals cover.

Coverage of nominal 95 % intervals in percent, for the tail fraction, the mean cosine and the mean squared cosine, from 1,000
clouds of 400 x 32 each (300 in the last column and the last row's families). `coverage` is the recipe.

    cloud                                           families left out     single features left out
    isotropic                                       97.5  95.9  96.4      95.7  97.7  96.3
    common mean, strength .25                       96.0  95.4  95.3      95.3  95.3  95.7
    angular Gaussian, exponent .5                   95.1  94.6  95.5      92.7  95.3  95.0
    angular Gaussian, exponent 1                    95.7  96.4  95.4      95.7  94.7  95.0
    families of 3 on average, correlation .8        95.1  97.2  95.1      76.3  83.3  79.3
    families of 5 on average, correlation .7        92.0  94.5  91.7      59.3  66.7  63.7
    families of exactly 4, correlation .5           92.4  93.1  93.4      94.3  89.7  89.7
    families of exactly 5, correlation .7            100  98.1  98.4       100  80.7  79.7
    10 features on average to each of 40 fixed
      centers, correlation .7                        100   100  99.7      97.4  94.8  94.7

Where every family has the same size, the number of close pairs hardly varies, and the interval of the tail fraction is wider
than need be. Where the centers are held fixed it is single features that are drawn, and leaving out families is too careful.
"""

import numpy as np
import pytest
import torch

from saegeo_core.errors import SaegeoError
from saegeo_core.statistics import pair_jackknife
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.statistics.pair_jackknife import (
    PairMean,
    family_threshold,
    jackknife_pair_mean,
    jackknife_pair_means,
    within_family_sums,
)
from saegeo_core.statistics.uniform_directions import null_probability_for, tail_probability, tail_threshold
from saegeo_core.synthetic import clouds as synthetic


def intervals(rows, threshold, by_family=True):
    """The three pair means of a cloud with their intervals, as an analysis computes them."""
    rows = np.asarray(rows, dtype=np.float64)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0)
    n = len(rows)
    squares = cosines**2
    tails = (np.abs(cosines) > threshold).astype(float)
    families, within = None, np.zeros((4, n))
    if by_family:
        families = kin_labels(torch.from_numpy(rows))
        kernels = [lambda c: (np.abs(c) > threshold).astype(float), lambda c: c, np.square, lambda c: c**4]
        within = within_family_sums(lambda members: rows[members], families, kernels)
    return [
        jackknife_pair_mean(
            matrix.sum(axis=1),
            (matrix**2).sum() / 2,
            families=families,
            within_sums=own_sums,
            within_square_sum=own_squares.sum(),
            kind=kind,
        )
        for matrix, own_sums, own_squares, kind in (
            (tails, within[0], within[0], "fraction"),
            (cosines, within[1], within[2], "squared_length"),
            (squares, within[2], within[3], "mean"),
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


@pytest.mark.parametrize(
    ("cloud", "settings"),
    [
        (synthetic.isotropic, {}),
        (synthetic.common_mean, {}),
        (synthetic.angular_gaussian, {"exponent": 0.5}),
        (synthetic.angular_gaussian, {"exponent": 1.0}),
        (synthetic.families, {"size": 3, "correlation": 0.8, "random_sizes": True}),
    ],
)
def test_intervals_cover(rng, cloud, settings):
    covered = coverage(lambda: cloud(300, 32, rng, **settings), repeats=200)
    assert np.all((covered >= 0.9) & (covered <= 0.99)), covered


def test_single_features_do_not_cover_families(rng):
    """Why families are left out whole: taking each member for a draw of its own misses by far."""
    by_feature = coverage(lambda: synthetic.families(300, 32, rng, random_sizes=True), repeats=100, by_family=False)
    assert np.all(by_feature < 0.8)


def test_without_families_it_is_the_jackknife_less_the_pair_noise(rng):
    """Leaving out one feature at a time by hand."""
    rows = synthetic.angular_gaussian(40, 6, rng, exponent=1.0).double().numpy()
    cosines = (rows @ rows.T) ** 2
    np.fill_diagonal(cosines, 0)
    n = len(rows)
    left_out = [np.delete(np.delete(cosines, i, 0), i, 1).sum() / ((n - 1) * (n - 2)) for i in range(n)]
    pairs = cosines[np.triu_indices(n, 1)]
    expected = (n - 1) * np.var(left_out) - np.sum((pairs - pairs.mean()) ** 2) / len(pairs) ** 2
    result = jackknife_pair_mean(cosines.sum(axis=1), (pairs**2).sum())
    assert result.estimate == pytest.approx(pairs.mean())
    assert result.standard_error**2 == pytest.approx(expected)
    assert np.mean(result.confidence_interval) == pytest.approx(result.estimate)


def test_families_of_one_are_single_features(rng):
    rows = synthetic.isotropic(30, 5, rng).double().numpy()
    alone = intervals(rows, 0.5, by_family=False)[2]
    cosines = rows @ rows.T - np.eye(30)
    labeled = jackknife_pair_mean(
        (cosines**2).sum(axis=1), (cosines**4).sum() / 2, families=np.arange(30)[::-1], within_sums=np.zeros(30)
    )
    assert labeled.confidence_interval == pytest.approx(alone.confidence_interval)


@pytest.mark.parametrize("n", [100, 400])
def test_variance_is_unbiased_on_isotropic_clouds(rng, n):
    """Where the plain jackknife would double it: the variance of the tail fraction is p (1 - p) / M."""
    n_pairs, d = n * (n - 1) // 2, 24
    probability = null_probability_for(n_pairs)
    threshold = float(tail_threshold(probability, d))
    clouds = (synthetic.isotropic(n, d, rng).numpy() for _ in range(150))
    rows_above = [np.count_nonzero(np.abs(rows @ rows.T) > threshold, axis=1) - 1 for rows in clouds]
    variances = [jackknife_pair_mean(k, k.sum() / 2).standard_error ** 2 for k in rows_above]
    assert np.mean(variances) == pytest.approx(probability * (1 - probability) / n_pairs, rel=0.15)


def test_a_fraction_of_nothing_has_an_upper_limit():
    """No pair among 4,950: Poisson's 3.69 events."""
    result = jackknife_pair_mean(np.zeros(100), 0, kind="fraction")
    assert result.confidence_interval == pytest.approx((0, 3.6889 / 4950), rel=1e-4)


def test_a_fraction_stays_between_zero_and_one():
    for tails in (np.ones((9, 9)) - np.eye(9), np.diag(np.ones(8), 1) + np.diag(np.ones(8), -1)):
        low, high = jackknife_pair_mean(tails.sum(axis=1), tails.sum() / 2, kind="fraction").confidence_interval
        assert 0 <= low <= tails.sum() / 72 <= high <= 1


def test_too_few_families_have_no_interval():
    with pytest.raises(SaegeoError, match="2 families"):
        jackknife_pair_mean([1.0, 1.0, 2.0], 2.0, families=[0, 0, 1], within_sums=[1.0, 0.0])


def nearest_and_opposite(rows):
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0)
    partners = np.stack([cosines.argmax(axis=1), cosines.argmin(axis=1)])
    return partners, np.stack([cosines[np.arange(len(rows)), index] for index in partners])


def test_threshold_leaves_few_links_to_chance():
    threshold = family_threshold(1000, 1 / 50)
    assert 1000 * tail_probability(threshold, 50) == pytest.approx(0.05)


def test_sums_inside_families_are_those_of_the_blocks(rng, monkeypatch):
    monkeypatch.setattr(pair_jackknife, "ROWS_AT_ONCE", 3)
    rows = synthetic.isotropic(20, 5, rng).double().numpy()
    labels = np.array([0] * 8 + [1] * 2 + [2] + [0] + [3] * 8)
    cosines = np.triu(rows @ rows.T, 1)
    sums = within_family_sums(lambda members: rows[members], labels, [lambda c: c, np.square])
    for family in range(4):
        block = cosines[np.ix_(labels == family, labels == family)]
        assert sums[:, family] == pytest.approx([block.sum(), (block**2).sum()])
    assert not sums[:, 2].any()


def test_several_means_are_each_jackknifed_with_their_own_sums(rng):
    rows = synthetic.families(120, 16, rng).double().numpy()
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0)
    families = np.arange(120) // 5
    means = {
        "cosine": PairMean(lambda c: c, cosines.sum(1), (cosines**2).sum() / 2, "squared_length"),
        "square": PairMean(np.square, (cosines**2).sum(1), (cosines**4).sum() / 2, "mean"),
    }
    together = jackknife_pair_means(means, families, lambda members: rows[members])
    kernels = {"cosine": [lambda c: c, np.square], "square": [np.square, lambda c: c**4]}
    for name, mean in means.items():
        own, squares = within_family_sums(lambda members: rows[members], families, kernels[name])
        alone = jackknife_pair_mean(
            mean.row_sums,
            mean.square_sum,
            families=families,
            within_sums=own,
            within_square_sum=squares.sum(),
            kind=mean.kind,
        )
        assert together[name].confidence_interval == pytest.approx(alone.confidence_interval)
        assert together[name].estimate == pytest.approx(mean.estimate)
