"""Families found from nearest partners, and sums inside them."""

import numpy as np
import pytest

from saegeo_core.statistics import families as module
from saegeo_core.statistics.families import family_labels, family_threshold, within_family_sums
from saegeo_core.statistics.uniform_directions import tail_probability
from saegeo_core.synthetic import clouds as synthetic


def nearest_and_opposite(rows):
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, 0)
    partners = np.stack([cosines.argmax(axis=1), cosines.argmin(axis=1)])
    return partners, np.stack([cosines[np.arange(len(rows)), index] for index in partners])


def test_links_join_features_into_families():
    partners = [[1, 0, 1, 4, 3, 0], [2, 2, 0, 5, 5, 3]]
    cosines = [[0.9, 0.9, 0.8, 0.7, 0.7, 0.1], [0.0, 0.0, 0.0, -0.1, -0.2, -0.1]]
    assert family_labels(partners, cosines, 0.5).tolist() == [0, 0, 0, 1, 1, 2]
    assert family_labels(partners, cosines, 0.15).tolist() == [0, 0, 0, 1, 1, 1]
    assert family_labels(partners, cosines, 0.95).tolist() == [0, 1, 2, 3, 4, 5]


def test_planted_pairs_are_found_and_isotropic_features_are_mostly_alone(rng):
    rows = synthetic.families(300, 64, rng, size=2, correlation=0.9).double().numpy()
    threshold = family_threshold(300, np.mean((rows @ rows.T) ** 2))
    labels = family_labels(*nearest_and_opposite(rows), threshold)
    assert np.mean(labels[::2] == labels[1::2]) > 0.98
    assert len(np.unique(labels)) > 140

    rows = synthetic.isotropic(300, 64, rng).double().numpy()
    labels = family_labels(*nearest_and_opposite(rows), family_threshold(300, 1 / 64))
    assert len(np.unique(labels)) > 280


def test_threshold_leaves_few_links_to_chance():
    threshold = family_threshold(1000, 1 / 50)
    assert 1000 * tail_probability(threshold, 50) == pytest.approx(0.05)


def test_sums_inside_families_are_those_of_the_blocks(rng, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 3)
    rows = synthetic.isotropic(20, 5, rng).double().numpy()
    labels = np.array([0] * 8 + [1] * 2 + [2] + [0] + [3] * 8)
    cosines = np.triu(rows @ rows.T, 1)
    sums = within_family_sums(lambda members: rows[members], labels, [lambda c: c, np.square])
    for family in range(4):
        block = cosines[np.ix_(labels == family, labels == family)]
        assert sums[:, family] == pytest.approx([block.sum(), (block**2).sum()])
    assert not sums[:, 2].any()
