"""Consensus of runs of k-means: what scikit-learn finds where one run does, the plant where runs get stuck, and its stability."""

import numpy as np
import pytest
from sklearn.cluster import k_means
from sklearn.metrics import adjusted_rand_score

from saegeo_core.numerics import k_means_runs
from saegeo_core.numerics.k_means_runs import (
    adjusted_rand_indices,
    best_run,
    clusters_from,
    consensus_of_runs,
    k_means_starts,
    lloyd_runs,
)


def blobs(rng, n_blobs, n_points=600, n_dimensions=8, width=0.3):
    """Points about centers of standard deviation 1, and whose each is."""
    blob = rng.permutation(np.arange(n_points) % n_blobs)
    centers = rng.standard_normal((n_blobs, n_dimensions))
    return centers[blob] + width * rng.standard_normal((n_points, n_dimensions)), blob


def sum_of_squares(points, labels):
    return sum(((points[labels == one] - points[labels == one].mean(0)) ** 2).sum() for one in np.unique(labels))


def test_the_best_run_is_scikit_learn_s(rng):
    points, _ = blobs(rng, 12)
    found = best_run(points, 9, np.random.RandomState(42))
    _, expected, least = k_means(points, 9, random_state=np.random.RandomState(42), n_init=10)
    np.testing.assert_array_equal(found.labels, expected)
    assert sum_of_squares(points, found.labels) == pytest.approx(least)
    assert found.runs.shape == (10, 600)


def test_the_index_is_scikit_learn_s(rng):
    one, other = rng.integers(0, 5, 300), rng.integers(0, 8, 300)
    other[:150] = one[:150]
    np.testing.assert_allclose(adjusted_rand_indices(one, np.stack([other, one])), [adjusted_rand_score(one, other), 1])
    assert adjusted_rand_indices(one, one[None]) == [1]
    assert adjusted_rand_indices(np.zeros(5, np.int64), np.zeros((1, 5), np.int64)) == [1]


@pytest.mark.parametrize("at_once", [1, 10**9], ids=["one by one", "together"])
@pytest.mark.parametrize("width", [0.3, 1.0])
def test_runs_end_where_scikit_learn_s_do(rng, monkeypatch, at_once, width):
    points, _ = blobs(rng, 12, width=width)
    starts = k_means_starts(points, 9, rng, 6)
    monkeypatch.setattr(k_means_runs, "DISTANCES_AT_ONCE", at_once)
    found = lloyd_runs(points, starts)
    for start, means, labels, least in zip(starts, *found, strict=True):
        expected_means, expected, expected_least = k_means(points, 9, init=start, n_init=1)
        np.testing.assert_array_equal(labels, expected)
        np.testing.assert_allclose(means, expected_means, atol=1e-12)
        assert least == pytest.approx(expected_least)


def test_runs_stop_after_the_steps_allowed(rng):
    points, _ = blobs(rng, 12, width=1.0)
    starts = k_means_starts(points, 9, rng, 3)
    sums = [lloyd_runs(points, starts, most_steps=steps).sums_of_squares for steps in (0, 2, 300)]
    assert (sums[0] > sums[1]).all()
    assert (sums[1] > sums[2]).all()
    nearest = ((points[:, None] - starts[0]) ** 2).sum(2).argmin(1)
    np.testing.assert_array_equal(lloyd_runs(points, starts, most_steps=0).labels[0], nearest)


def test_a_cluster_that_empties_takes_a_far_point(rng):
    points = np.concatenate([rng.standard_normal((50, 2)), [[30.0, 0.0]]])
    found = lloyd_runs(points, np.array([[[0.0, 0.0], [500.0, 500.0]]]))
    assert sorted(np.bincount(found.labels[0])) == [1, 50]


def test_starts_are_points_far_from_each_other(rng):
    """One in each of clusters too clear to miss: drawn at random, eight points hold all eight in one case of four hundred."""
    points, blob = blobs(rng, 8, width=0.01)
    starts = k_means_starts(points, 8, rng, 30)
    assert starts.shape == (30, 8, 8)
    whose = [{int(blob[((points - start) ** 2).sum(1).argmin()]) for start in run} for run in starts]
    assert np.mean([len(one) == 8 for one in whose]) > 0.9


def test_of_many_points_a_sample_is_enough(rng, monkeypatch):
    points, _ = blobs(rng, 12, n_points=5000, width=0.4)
    monkeypatch.setattr(k_means_runs, "LEAST_SAMPLE", 10**9)
    whole = consensus_of_runs(points, 12)
    monkeypatch.setattr(k_means_runs, "LEAST_SAMPLE", 768)
    sampled = consensus_of_runs(points, 12)
    assert sampled.runs.shape == (20, 5000)
    assert sum_of_squares(points, sampled.labels) < 1.001 * sum_of_squares(points, whole.labels)
    assert adjusted_rand_score(sampled.labels, whole.labels) > 0.98
    assert sampled.stability == pytest.approx(whole.stability, abs=0.15)


def test_clear_clusters_are_found_and_stable(rng):
    points, blob = blobs(rng, 5, width=0.1)
    found = consensus_of_runs(points, 5)
    assert adjusted_rand_score(found.labels, blob) == 1
    assert found.stability == pytest.approx(1)
    assert found.runs.shape == (20, 600)


def test_a_consensus_is_nearer_to_another_than_the_best_runs_are(rng):
    """Blobs that overlap, of which more clusters are asked than there are: single runs agree by half."""
    points, _ = blobs(rng, 20, n_points=300, width=0.5)
    consensus = [consensus_of_runs(points, 30, seed=seed) for seed in range(3)]
    best = [best_run(points, 30, np.random.RandomState(seed)) for seed in range(3)]
    agreed, chosen = (
        np.mean([adjusted_rand_score(some[i].labels, some[i - 1].labels) for i in range(3)])
        for some in (consensus, best)
    )
    assert agreed > chosen + 0.05
    assert consensus[0].stability < 0.8
    assert all(len(np.unique(one.labels)) == 30 for one in consensus)


def test_the_same_points_give_the_same_consensus_however_turned(rng):
    points, _ = blobs(rng, 12)
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    np.testing.assert_array_equal(consensus_of_runs(points, 9).labels, consensus_of_runs(points @ turn, 9).labels)


def test_too_many_cells_leave_small_ones_to_k_means(rng, monkeypatch):
    points, blob = blobs(rng, 12, width=0.2)
    whole = consensus_of_runs(points, 12).labels
    monkeypatch.setattr(k_means_runs, "MOST_CELLS", 14)
    few = consensus_of_runs(points, 12).labels
    assert adjusted_rand_score(whole, blob) > 0.95
    assert adjusted_rand_score(few, whole) > 0.9


def test_a_warm_start_ends_near_where_it_starts(rng):
    points, _ = blobs(rng, 12)
    labels = consensus_of_runs(points, 9).labels
    np.testing.assert_array_equal(clusters_from(points, labels), labels)
    part = labels.copy()
    part[rng.random(600) < 0.3] = -1
    assert adjusted_rand_score(clusters_from(points, part), labels) > 0.95
