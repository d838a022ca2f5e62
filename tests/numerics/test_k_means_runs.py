"""Consensus of runs of k-means: what scikit-learn finds where one run does, the plant where runs get stuck, and its stability."""

import numpy as np
import pytest
from sklearn.cluster import k_means
from sklearn.metrics import adjusted_rand_score

from saegeo_core.numerics import k_means_runs
from saegeo_core.numerics.k_means_runs import adjusted_rand_index, best_run, clusters_from, consensus_of_runs


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
    assert adjusted_rand_index(one, other) == pytest.approx(adjusted_rand_score(one, other))
    assert adjusted_rand_index(one, one) == 1
    assert adjusted_rand_index(np.zeros(5, np.int64), np.zeros(5, np.int64)) == 1


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
