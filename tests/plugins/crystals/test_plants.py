"""Known structure is found, and nothing is found where there is nothing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits

from saegeo_core.progress import silent
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_crystals.discriminant import double_centered
from saegeo_crystals.distractors import Distractors, component_table, direction_table, principal_components
from saegeo_crystals.held_out import CrossValidation, Projection, deal_folds, deal_groups, numbers_of
from saegeo_crystals.nulls import label_null, partner_null
from saegeo_crystals.removals import removal_table, without_distractors
from saegeo_crystals.tables import dimension_table
from saegeo_crystals.word_space import WordSpace


def validation_of(pairs, vectors, rng, n_folds=5, projection=None):
    return CrossValidation(WordSpace.of(vectors), pairs, deal_folds(pairs, n_folds, rng), projection or Projection())


def scored(pairs, vectors, rng, projection=None):
    return numbers_of(validation_of(pairs, vectors, rng, projection=projection).sums())


@pytest.mark.parametrize("projection", [Projection(), Projection(geometry="original"), Projection("pca")])
def test_parallelograms_behind_a_distractor_appear_when_it_is_projected_out(parallelograms, rng, projection):
    scores = scored(*parallelograms(rng, 12, 40, 64), rng, projection)
    assert scores["pairing_consistency_raw"] <= 0.6
    assert scores["pairing_consistency_projected"] >= 0.9
    assert (
        scores["pairing_consistency_gain"]
        == scores["pairing_consistency_projected"] - scores["pairing_consistency_raw"]
    )
    assert scores["parallelogram_error_projected"] < 0.1
    assert scores["parallelogram_error_raw"] > 1
    assert scores["analogy_accuracy_projected"] > scores["analogy_accuracy_raw"]
    assert scores["relation_accuracy_projected"] > 0.99


def test_categories_without_pairing_gain_silhouette_and_no_pairing(categories, rng):
    pairs, vectors = categories(rng, 12, 40, 64)
    scores = scored(pairs, vectors, rng)
    assert scores["silhouette_projected"] > scores["silhouette_raw"] + 0.4
    assert scores["trapezoid_cosine_projected"] > 0.7
    assert abs(scores["pairing_consistency_gain"]) < 0.04
    validation = validation_of(pairs, vectors, rng)
    draws = partner_null(validation, rng, 19, silent)
    seen = numbers_of(validation.sums())
    # What shuffled partners score as well is category: the judging null must not call it pairing.
    judged = [permutation_pvalue(one, [draw[name] for draw in draws]) for name, one in seen.items()]
    assert sum(p <= 0.1 for p in judged) <= 5


def test_shuffled_partners_lose_the_pairing_and_keep_the_category(parallelograms, rng):
    pairs, vectors = parallelograms(rng, 6, 25, 32)
    draws = partner_null(validation_of(pairs, vectors, rng), rng, 9, silent)
    means = {name: np.mean([draw[name] for draw in draws]) for name in draws[0]}
    assert means["pairing_consistency_projected"] == pytest.approx(0.5, abs=0.05)
    assert means["relation_accuracy_projected"] > 0.8


def test_permuted_relations_lose_the_category(categories, rng):
    pairs, vectors = categories(rng, 6, 25, 32)
    draws = label_null(validation_of(pairs, vectors, rng), rng, 9, silent)
    means = {name: np.mean([draw[name] for draw in draws]) for name in draws[0]}
    assert means["relation_accuracy_projected"] == pytest.approx(1 / 6, abs=0.05)
    assert means["silhouette_projected"] < 0.1


def test_pvalues_are_uniform_where_there_is_nothing(noise):
    """P(p <= .2) = .2 exactly, with nine draws, for every score and both nulls; over seeds, within a binomial bound."""
    n_seeds, small = 40, {}
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        pairs, vectors = noise(rng, 5, 15, 24)
        validation = validation_of(pairs, vectors, rng, n_folds=3)
        seen = numbers_of(validation.sums())
        for null in (partner_null, label_null):
            draws = null(validation, rng, 9, silent)
            for name, one in seen.items():
                p = permutation_pvalue(one, [draw[name] for draw in draws])
                small.setdefault((null.__name__, name), []).append(p <= 0.2)
    low, high = stats.binom.interval(1 - 1e-4, n_seeds, 0.2)
    for what, below in small.items():
        # Few queries are answered right by chance, so that ties are many and p-values too large: only the upper bound holds.
        lower = 0 if "analogy" in what[1] else low
        assert lower <= sum(below) <= high, what


def test_scores_do_not_depend_on_rotation_scale_or_translation(parallelograms, rng):
    pairs, vectors = parallelograms(rng, 5, 15, 20)
    validation = validation_of(pairs, vectors, rng)
    rotation = np.linalg.qr(rng.standard_normal((20, 20)))[0]
    moved = replace(validation, space=WordSpace.of(7 * vectors @ rotation + 3))
    assert numbers_of(validation.sums()) == pytest.approx(numbers_of(moved.sums()), abs=1e-6, nan_ok=True)


def test_one_thread_or_two_give_the_same_scores(parallelograms, rng):
    validation = validation_of(*parallelograms(rng, 8, 40, 64), rng)
    scores = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            scores.append(numbers_of(replace(validation).sums()))
    assert scores[0] == pytest.approx(scores[1], rel=1e-9, nan_ok=True)


def test_in_sample_silhouettes_rise_where_there_is_nothing_and_held_out_ones_do_not(noise, rng):
    pairs, vectors = noise(rng, 6, 30, 150)
    table = dimension_table(validation_of(pairs, vectors, rng), rng)
    assert table["dimensions"].tolist() == [2, 3, 4, 5]
    assert table["in_sample"].iloc[-1] > 0.1
    assert table["held_out"].max() < 0.05
    assert table["raw"].max() < 0.05
    assert table["pairing_consistency"].between(0.4, 0.6).all()


def with_length(parallelograms, rng):
    """Parallelograms whose distractor is the known length of the words."""
    pairs, vectors = parallelograms(rng, 8, 30, 40, distractor=0.0)
    lengths = rng.integers(1, 12, len(vectors)).astype(np.float64)
    direction = 5 * rng.standard_normal(40)
    distractors = Distractors(("word_length", "token_count"), np.stack([lengths, rng.integers(1, 4, len(vectors))], 1))
    return pairs, vectors + lengths[:, None] * direction, distractors


def test_regressing_a_known_distractor_out_shows_what_it_hides(parallelograms, rng):
    pairs, vectors, distractors = with_length(parallelograms, rng)
    validation = validation_of(pairs, vectors, rng)
    groups = deal_groups(pairs, validation.folds, 20, rng)
    table = removal_table(validation, distractors, groups, silent).set_index("way")
    consistency = table["pairing_consistency"]
    assert consistency["raw"] < 0.7
    assert consistency["without distractors"] > 0.95
    assert consistency["without 1 component"] > 0.95
    gain = consistency - consistency["raw"]
    np.testing.assert_allclose(table["pairing_consistency_gain"], gain)
    low, high = table["pairing_consistency_gain_low"], table["pairing_consistency_gain_high"]
    assert low["without distractors"] > 0.2
    others = gain.index != "raw"
    assert (low[others] <= gain[others]).all()
    assert (gain[others] <= high[others]).all()
    assert np.isnan(low["raw"])


def test_ways_that_change_nothing_gain_nothing_for_certain(categories, rng):
    """Categories without pairing: over many draws the interval of a gain that is 0 holds 0 as often as it says."""
    held = []
    for _ in range(40):
        pairs, vectors = categories(rng, 4, 24, 12)
        validation = validation_of(pairs, vectors, rng)
        distractors = Distractors((), np.empty((len(vectors), 0)))
        table = removal_table(validation, distractors, deal_groups(pairs, validation.folds, 20, rng), silent)
        one = table.set_index("way").loc["without 1 component"]
        held.append(one["pairing_consistency_gain_low"] <= 0 <= one["pairing_consistency_gain_high"])
    assert stats.binom.cdf(sum(held), len(held), 0.95) > 1e-3


def test_what_is_regressed_out_is_what_least_squares_says(noise, rng):
    pairs, vectors = noise(rng, 3, 10, 7)
    distractors = Distractors(("a", "b"), rng.standard_normal((len(vectors), 2)))
    space = WordSpace.of(vectors)
    with_differences = space.with_differences(pairs)
    kernel = double_centered(with_differences[:, pairs.outputs] - with_differences[:, pairs.inputs])
    left = without_distractors(space, with_differences, kernel, distractors, pairs)

    centered, known = vectors - vectors.mean(0), distractors.differences(pairs)
    differences = centered[pairs.outputs] - centered[pairs.inputs]
    slopes = np.linalg.lstsq(known - known.mean(0), differences - differences.mean(0))[0]
    expected = centered - (distractors.values - distractors.values.mean(0)) @ slopes
    np.testing.assert_allclose(left.products, expected @ expected.T, atol=1e-9)


def test_the_component_that_is_length_is_named(parallelograms, rng):
    pairs, vectors, distractors = with_length(parallelograms, rng)
    validation = validation_of(pairs, vectors, rng)
    groups = deal_groups(pairs, validation.folds, 20, rng)
    scores, shares = principal_components(validation.space, pairs)
    table = component_table(scores, shares, distractors, pairs, groups).set_index(["component", "distractor"])
    first = table.loc[(1, "word_length")]
    assert abs(first["correlation"]) > 0.99
    assert first["low"] <= first["correlation"] <= first["high"]
    assert first["corrected_pvalue"] < 1e-6
    others = table.drop(index=[(1, "word_length")])
    assert (others["corrected_pvalue"] < 0.01).sum() <= 2
    directions = direction_table(validation, distractors)
    assert directions["alignment_with_word_length"].max() < 0.4
    assert directions["signal_to_noise_held_out"].iloc[0] > 10


def test_directions_without_signal_have_none_held_out(noise, rng):
    pairs, vectors = noise(rng, 6, 30, 100)
    distractors = Distractors(("word_length",), rng.integers(1, 9, (len(vectors), 1)).astype(float))
    table = direction_table(validation_of(pairs, vectors, rng), distractors)
    assert table["signal_to_noise_in_training"].min() > 0.1
    assert table["signal_to_noise_held_out"].abs().max() < 0.1
