"""The probe against a discriminant written out plainly, and against chance."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permute_within
from saegeo_lobes import decoding
from saegeo_lobes.decoding import (
    LinearProbe,
    deal_folds,
    merge_small_classes,
    published_balanced_accuracy,
    random_directions,
)


def planted(rng, n=400, d=12, n_classes=4, strength=1.0):
    labels = rng.integers(0, n_classes, n)
    return strength * rng.standard_normal((n_classes, d))[labels] + rng.standard_normal((n, d)), labels


def accuracy_written_out(rows, labels, folds):
    guesses = np.empty_like(labels)
    for fold in np.unique(folds):
        train, test = rows[folds != fold], rows[folds == fold]
        covariance = ledoit_wolf(train)[0] if rows.shape[1] > 1 else np.cov(train.T, bias=True).reshape(1, 1)
        means = np.stack([train[labels[folds != fold] == label].mean(0) for label in range(labels.max() + 1)])
        away = test[:, None] - means
        guesses[folds == fold] = np.einsum("tci,ij,tcj->tc", away, np.linalg.inv(covariance), away).argmin(1)
    return balanced_accuracy_score(labels, guesses)


@pytest.mark.parametrize("d", [1, 12])
def test_accuracy_is_that_of_the_discriminant_written_out(d, rng, monkeypatch):
    rows, labels = planted(rng, d=d)
    folds = deal_folds(np.zeros(400, int), rng)
    sets = np.stack([labels, *(rng.permutation(labels) for _ in range(6))])
    expected = [accuracy_written_out(rows, one, folds) for one in sets]
    for entries in (1, 2**24):
        monkeypatch.setattr(decoding, "ENTRIES_AT_ONCE", entries)
        np.testing.assert_allclose(LinearProbe(rows, folds).balanced_accuracies(sets), expected, atol=1e-12)


def test_classes_apart_are_all_recognized(rng):
    rows, labels = planted(rng, strength=20)
    assert LinearProbe(rows, deal_folds(np.zeros(400, int), rng)).balanced_accuracies(labels[None])[0] == 1


def test_a_class_that_no_training_fold_holds_is_never_guessed(rng):
    rows, labels = planted(rng, strength=20)
    labels[:3], rows[:3] = 4, 300
    folds = np.where(np.arange(400) < 3, 0, 1 + np.arange(400) % 4)
    assert LinearProbe(rows, folds).balanced_accuracies(labels[None])[0] == pytest.approx(4 / 5)


def test_inputs_all_alike_say_nothing(rng):
    labels = rng.integers(0, 4, 400)
    probe = LinearProbe(np.ones((400, 1)), deal_folds(np.zeros(400, int), rng))
    assert probe.balanced_accuracies(labels[None])[0] == pytest.approx(1 / 4, abs=0.15)


def test_pvalues_are_uniform_when_labels_and_directions_only_share_a_frequency(rng):
    """Few classes of unequal sizes, many dimensions: where the bias of held-out accuracy is largest."""
    stratified, naive = [], []
    for _ in range(60):
        frequency = rng.random(240)
        rows = rng.standard_normal((240, 40))
        rows[:, 0] = 10 * frequency
        labels = np.digitize(frequency + 0.3 * rng.standard_normal(240), [0.6, 0.8])
        strata = frequency_strata(frequency, rng)
        probe = LinearProbe(rows, deal_folds(strata, rng))
        within = np.stack([labels[permute_within(strata, rng)] for _ in range(59)])
        freely = np.stack([rng.permutation(labels) for _ in range(59)])
        observed = probe.balanced_accuracies(labels[None])[0]
        stratified.append(permutation_pvalue(observed, probe.balanced_accuracies(within), "greater"))
        naive.append(permutation_pvalue(observed, probe.balanced_accuracies(freely), "greater"))
    assert np.sum(np.array(stratified) <= 0.05) <= binom.ppf(0.999, 60, 0.05)
    assert np.mean(np.array(naive) <= 0.05) > 0.9


def test_folds_are_even_within_strata(rng):
    strata = rng.permutation(np.arange(330) % 30)
    folds = deal_folds(strata, rng)
    for stratum in range(30):
        sizes = np.bincount(folds[strata == stratum], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(np.bincount(folds), 66)


@pytest.mark.parametrize(
    ("sizes", "expected", "n_merged"),
    [
        ([20, 30], [20, 30], 0),
        ([20, 3, 30, 4], [7, 20, 30], 2),
        ([12, 3, 30, 9], [12, 12, 30], 2),
        ([12, 9, 30], [21, 30], 2),
        ([4, 5], [9], 2),
        ([15], [15], 0),
    ],
)
def test_small_classes_become_one(sizes, expected, n_merged, rng):
    if sum(size for size in sizes if size < 10) < 10:  # then the smallest of the others joins them
        small = [size for size in sizes if size < 10]
        rest = sorted(size for size in sizes if size >= 10)
        expected = [sum(small) + sum(rest[:1]), *rest[1:]] if small else sizes
        n_merged = len(small) + bool(rest) if small else 0
    labels = rng.permutation(np.repeat(7 * np.arange(len(sizes)), sizes))
    merged, n = merge_small_classes(labels)
    assert n == n_merged
    assert sorted(np.bincount(merged)) == sorted(expected)
    for label in np.unique(labels):
        assert len(np.unique(merged[labels == label])) == 1


def test_the_published_probe_is_the_published_probe(rng):
    rows, labels = planted(rng, n=203)
    model = LogisticRegression(max_iter=1000).fit(rows[:162], labels[:162])
    expected = balanced_accuracy_score(labels[162:], model.predict(rows[162:]))
    assert published_balanced_accuracy(rows, labels) == pytest.approx(expected)


def test_the_published_probe_needs_two_lobes_to_learn_from(rng):
    with pytest.raises(ValueError, match="one lobe"):
        published_balanced_accuracy(random_directions(50, 4, rng), np.arange(50) // 45)


def test_random_directions_have_length_one(rng):
    np.testing.assert_allclose(np.linalg.norm(random_directions(50, 7, rng), axis=1), 1, rtol=1e-5)
