"""Means over pairs from sampled rows: without bias, within the interval told, and as scattered as their null laws say."""

import numpy as np
import pytest

from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines
from saegeo_core.statistics.null_directions import matched_gaussian
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.sampled_rows import SampledRows
from saegeo_core.statistics.uniform_directions import mean_nearest_cosine_law, tail_count_law, tail_probability
from saegeo_core.synthetic import angular_gaussian, families, isotropic

N, D, THRESHOLD = 300, 16, 0.5


def counted(rows):
    """For each row, how many others lie beyond the threshold, and the cosine to the nearest."""
    seen = pairwise_cosines(rows, [THRESHOLD])
    return (seen.n_above[0] + seen.n_below[0]).astype(float), seen.nearest_cosine


@pytest.mark.parametrize("n_sampled", [20, 60, 200])
@pytest.mark.parametrize("make", [families, angular_gaussian])
def test_estimates_average_to_the_number_of_all_rows_and_intervals_hold_it(make, n_sampled):
    counts, nearest = counted(make(N, D, np.random.default_rng(0)))
    rows, rng = SampledRows(N, n_sampled), np.random.default_rng(1)
    samples = [rng.choice(N, n_sampled, replace=False) for _ in range(1000)]
    for truth, found in (
        (counts.sum() / (N * (N - 1)), [rows.share(counts[sample]) for sample in samples]),
        (nearest.mean(), [rows.mean(nearest[sample]) for sample in samples]),
    ):
        values = np.array([one.estimate for one in found])
        assert abs(values.mean() - truth) < 4 * values.std() / 1000**0.5
        told = np.mean([one.standard_error**2 for one in found]) ** 0.5
        assert told == pytest.approx(values.std(), rel=0.1)
        held = [one.confidence_interval[0] <= truth <= one.confidence_interval[1] for one in found]
        assert 0.92 <= np.mean(held) <= 0.98


def test_all_rows_leave_nothing_open():
    rows, (counts, nearest) = SampledRows(N, N), counted(isotropic(N, D, np.random.default_rng(0)))
    assert rows.share(counts).standard_error == rows.mean(nearest).standard_error == 0.0
    law = tail_count_law(N * (N - 1) // 2, 0.01)
    sampled = rows.count_law(law, 0.1, 0.2)
    assert sampled.mean == pytest.approx(2 * law.mean)  # every pair is looked at from both ends
    assert sampled.variance == pytest.approx(4 * law.variance)


@pytest.mark.parametrize("make", [isotropic, angular_gaussian])
def test_the_law_of_a_sampled_count_is_that_of_clouds_of_the_null(make):
    """The null is that of one cloud; others of its law scatter about it by what was matched too, which the sampling outweighs."""
    rows, z, z_nearest = SampledRows(N, 40), [], []
    nearest_law = mean_nearest_cosine_law(N, D, rows.n_sampled)
    for seed in range(200):
        cloud = make(N, D, np.random.default_rng(seed))
        counts, nearest = counted(cloud)
        if make is isotropic:
            probability = float(tail_probability(THRESHOLD, D))
            law = tail_count_law(N * (N - 1) // 2, probability)
            law = rows.count_law(law, 0.0, probability * (1 - probability))
            z_nearest.append(nearest_law.zscore(nearest[: rows.n_sampled].mean()))
        else:
            null = matched_gaussian(second_moment(cloud).numpy(), mean_direction(cloud).numpy(), N)
            pairs = sample_null_pairs(null, THRESHOLD, np.random.default_rng(seed), n_blocks=16)
            law = pairs.sampled_count_law("tail", rows)
        z.append(law.zscore(counts[: rows.n_sampled].sum()))
    for scores in (z, z_nearest)[: 2 if z_nearest else 1]:
        assert abs(np.mean(scores)) < 0.3
        assert 0.85 < np.std(scores) < 1.15
