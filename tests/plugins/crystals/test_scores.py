"""Scores against their definitions, written out in loops, and against scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn import metrics

from saegeo_crystals.scores import PairsByRelation, analogy_scores, nearest_mean_hits, quadruple_scores, silhouette
from saegeo_crystals.word_space import PairProducts, as_cosines

N_WORDS, D = 24, 5


@pytest.fixture
def scene(rng):
    """Three relations of unequal size, some words of which are shared; vectors of all words."""
    labels = np.array([2, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 1])
    inputs = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1])
    outputs = np.array([12, 13, 14, 15, 16, 17, 18, 15, 19, 3, 13, 20, 21])
    vectors = rng.standard_normal((N_WORDS, D))
    return vectors, labels, inputs, outputs


def cosine(x, y):
    return x @ y / np.linalg.norm(x) / np.linalg.norm(y)


def measured(scene):
    vectors, labels, inputs, outputs = scene
    grouped = PairsByRelation.of(labels, 3, inputs, outputs)
    products = PairProducts.of_words(vectors @ vectors.T, inputs, outputs)
    return quadruple_scores(products, grouped), grouped


def test_quadruples_are_those_of_the_loops(scene):
    vectors, labels, inputs, outputs = scene
    scores, _ = measured(scene)
    errors, cosines, by_relation = [], [], {}
    for i, j in itertools.combinations(range(len(labels)), 2):
        if labels[i] != labels[j]:
            continue
        first, second = vectors[outputs[i]] - vectors[inputs[i]], vectors[outputs[j]] - vectors[inputs[j]]
        by_relation.setdefault(labels[i], []).append(cosine(first, second))
        if len({inputs[i], inputs[j], outputs[i], outputs[j]}) == 4:
            errors.append(2 * np.linalg.norm(first - second) / (np.linalg.norm(first) + np.linalg.norm(second)))
            cosines.append(cosine(first, second))
    assert scores["parallelogram_error"].mean == pytest.approx(np.mean(errors))
    assert scores["trapezoid_cosine"].mean == pytest.approx(np.mean(cosines))
    assert scores["trapezoid_cosine"].n == len(cosines)
    assert scores["offset_similarity"].mean == pytest.approx(np.mean([np.mean(one) for one in by_relation.values()]))


def test_pairing_consistency_is_the_area_under_the_curve_of_each_relation(scene):
    vectors, _, inputs, outputs = scene
    scores, grouped = measured(scene)
    total, count = 0.0, 0
    for relation in range(3):
        members = [slot for slot in grouped.slots[relation] if slot >= 0]
        n = len(members)

        def offset(i, shift, members=members, n=n):
            return members[i], members[(i + shift) % n]

        def likeness(first, second):
            (i, p), (j, q) = first, second
            words = {inputs[i], outputs[p], inputs[j], outputs[q]}
            if len(words) < 4 or len({i, p} | {j, q}) < len({i, p}) + len({j, q}):
                return None
            return cosine(vectors[outputs[p]] - vectors[inputs[i]], vectors[outputs[q]] - vectors[inputs[j]])

        couples = list(itertools.combinations(range(n), 2))
        true = [s for i, j in couples if (s := likeness(offset(i, 0), offset(j, 0))) is not None]
        wrong = [
            s
            for shift in range(1, min(8, n - 1) + 1)
            for i, j in couples
            if (s := likeness(offset(i, shift), offset(j, shift))) is not None
        ]
        if true and wrong:
            truth = [1] * len(true) + [0] * len(wrong)
            total += metrics.roc_auc_score(truth, true + wrong) * len(true)
            count += len(true)
    assert count > 0
    assert scores["pairing_consistency"].n == count
    assert scores["pairing_consistency"].mean == pytest.approx(total / count)


def test_two_pairs_have_no_pairing_consistency(rng):
    vectors = rng.standard_normal((4, D))
    inputs, outputs = np.array([0, 1]), np.array([2, 3])
    grouped = PairsByRelation.of(np.zeros(2, np.int64), 1, inputs, outputs)
    scores = quadruple_scores(PairProducts.of_words(vectors @ vectors.T, inputs, outputs), grouped)
    assert scores["pairing_consistency"].n == 0
    assert scores["trapezoid_cosine"].n == 1


def test_exact_parallelograms(rng):
    inputs = rng.standard_normal((6, D))
    vectors = np.concatenate([inputs, inputs + rng.standard_normal(D)])
    grouped = PairsByRelation.of(np.zeros(6, np.int64), 1, np.arange(6), np.arange(6, 12))
    scores = quadruple_scores(PairProducts.of_words(vectors @ vectors.T, np.arange(6), np.arange(6, 12)), grouped)
    assert scores["parallelogram_error"].mean == pytest.approx(0, abs=1e-6)
    assert scores["trapezoid_cosine"].mean == pytest.approx(1)
    assert scores["pairing_consistency"].mean == pytest.approx(1)


def test_equal_words_are_no_error(rng):
    vectors = np.ones((8, D))
    grouped = PairsByRelation.of(np.zeros(4, np.int64), 1, np.arange(4), np.arange(4, 8))
    scores = quadruple_scores(PairProducts.of_words(vectors @ vectors.T, np.arange(4), np.arange(4, 8)), grouped)
    assert scores["pairing_consistency"].mean == pytest.approx(0.5)
    assert scores["parallelogram_error"].n == 0


def test_silhouettes_are_those_of_scikit_learn(rng):
    labels = rng.integers(0, 4, 60)
    labels[:3] = 5  # a class of three, and an empty one before it
    points = rng.standard_normal((60, D)) + labels[:, None]
    assert silhouette(points @ points.T, labels, 6).mean == pytest.approx(metrics.silhouette_score(points, labels))


def test_nearest_mean(rng):
    means = rng.standard_normal((4, D))
    labels = rng.integers(0, 4, 50)
    points = means[labels] + rng.standard_normal((50, D))
    nearest = np.linalg.norm(points[:, None] - means, axis=2).argmin(1)
    hits = nearest_mean_hits(points @ means.T, (means**2).sum(1), labels)
    assert hits == ((nearest == labels).sum(), 50)


def test_analogies_are_those_of_the_loops(scene):
    vectors, labels, inputs, outputs = scene
    words = np.unique(np.concatenate([inputs, outputs]))
    place = {word: number for number, word in enumerate(words)}
    a, b = np.array([place[w] for w in inputs]), np.array([place[w] for w in outputs])
    unit = vectors[words] / np.linalg.norm(vectors[words], axis=1, keepdims=True)
    grouped = PairsByRelation.of(labels, 3, a, b)
    scores = analogy_scores(as_cosines(vectors[words] @ vectors[words].T), grouped)

    asked = right = right_with = 0
    for members in ([slot for slot in row if slot >= 0] for row in grouped.slots):
        for shift in range(1, min(4, len(members) - 1) + 1):
            for place_of, j in enumerate(members):
                i = members[(place_of + shift) % len(members)]
                if a[i] == a[j] or b[i] == b[j] or a[i] == b[j] or b[i] == a[j]:
                    continue
                asked += 1
                nearness = unit @ (unit[b[i]] - unit[a[i]] + unit[a[j]])
                right_with += nearness.argmax() == b[j]
                nearness[[a[i], b[i], a[j]]] = -np.inf
                right += nearness.argmax() == b[j]
    assert scores["analogy_accuracy"] == (right, asked)
    assert scores["analogy_accuracy_with_query_words"] == (right_with, asked)

    average = 0
    for j in range(len(labels)):
        others = [i for i in range(len(labels)) if labels[i] == labels[j] and not {a[i], b[i]} & {a[j], b[j]}]
        if others:
            nearness = unit @ (unit[a[j]] + np.mean([unit[b[i]] - unit[a[i]] for i in others], 0))
            nearness[a[j]] = -np.inf
            average += nearness.argmax() == b[j]
    assert scores["analogy_accuracy_average"].total == average


def test_relations_without_some_pairs_are_those_of_the_others(rng):
    labels = rng.integers(0, 3, 30)
    inputs, outputs = np.arange(30), 30 + np.arange(30)
    kept = rng.random(30) < 0.6
    slots = PairsByRelation.of(labels, 4, inputs, outputs).keeping(kept).slots
    for relation, row in enumerate(slots):
        there = row[row >= 0]
        np.testing.assert_array_equal(there, np.flatnonzero(kept & (labels == relation)))
        assert (row[len(there) :] < 0).all()
