"""The picture of crystals: what it draws, and that its axes make nothing parallel that is not."""

from dataclasses import replace

import numpy as np
import pytest

from saegeo_core import FeatureCloud, run
from saegeo_crystals.held_out import CrossValidation, deal_folds
from saegeo_crystals.planes import (
    MAX_PAIRS,
    MAX_RELATIONS,
    chosen_pairs,
    held_out_planes,
    in_sample_planes,
    likeness_of_arrows,
)
from saegeo_crystals.word_space import WordSpace


def planes(pairs, vectors, rng):
    return held_out_planes(CrossValidation(WordSpace.of(vectors), pairs, deal_folds(pairs, 5, rng)))


def fitted(pairs, vectors):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    found = LinearDiscriminantAnalysis().fit(vectors[pairs.inputs] - vectors[pairs.outputs], pairs.relation)
    return in_sample_planes(vectors, found.transform(vectors), pairs)


def test_planted_parallelograms_are_parallel_after_projection_and_not_before(parallelograms, rng):
    drawn = planes(*parallelograms(rng, 6, 40, 40), rng)
    assert likeness_of_arrows(drawn["plane_projected"]) > 0.99
    assert likeness_of_arrows(drawn["plane_raw"]) < 0.5
    after = drawn["plane_projected"]
    assert after.groupby("relation").size().tolist() == [MAX_PAIRS] * MAX_RELATIONS
    lengths = np.hypot(after.to_x - after.x, after.to_y - after.y).groupby(after.relation)
    assert (lengths.std() < 0.1 * lengths.mean()).all()


def test_what_is_not_parallel_does_not_look_so(noise, rng):
    """The plane of the differences themselves would turn any twenty of them one way."""
    drawn = planes(*noise(rng, 6, 40, 300), rng)
    assert likeness_of_arrows(drawn["plane_raw"]) < 0.4
    assert likeness_of_arrows(drawn["plane_projected"]) < 0.6


def test_in_sample_even_noise_looks_parallel(noise, rng):
    drawn = fitted(*noise(rng, 6, 40, 220))
    assert likeness_of_arrows(drawn["plane_in_sample"]) > 0.9
    assert likeness_of_arrows(drawn["plane_raw"]) < 0.4


def test_both_planes_show_the_same_pairs_word_by_word(parallelograms, rng):
    pairs, vectors = parallelograms(rng, 3, 20, 10)
    before, after = planes(pairs, vectors, rng).values()
    said = ["relation", "pair", "word", "to_word"]
    assert before[said].equals(after[said])
    for row in before.itertuples():
        assert row.pair == f"{row.word} → {row.to_word}"
        assert row.to_word == row.word.replace("in", "out")
    assert not set(before["word"]) & set(before["to_word"])


def test_axes_are_the_leading_principal_ones_of_the_words(noise, rng):
    pairs, vectors = noise(rng, 2, 5, 7)
    plane = fitted(pairs, vectors)["plane_raw"]
    number = {word: place for place, word in enumerate(pairs.words)}
    rows = [number[word] for word in [*plane["word"], *plane["to_word"]]]
    centered = vectors[rows] - vectors[rows].mean(0)
    left, sizes, _ = np.linalg.svd(centered)
    for axis, column in enumerate("xy"):
        scores = np.concatenate([plane[column], plane[f"to_{column}"]])
        assert abs(scores @ left[:, axis]) == pytest.approx(sizes[axis])
        assert scores[np.abs(scores).argmax()] > 0


class TestChoice:
    def test_the_relations_that_are_most_alike_come_first(self, noise, rng):
        pairs, _ = noise(rng, 6, 8, 3)
        offsets = rng.standard_normal((len(pairs), 9))
        alike = pairs.relation >= 2
        offsets[alike] = np.eye(9)[pairs.relation[alike]]
        offsets[pairs.relation == 3] += 0.3 * rng.standard_normal((8, 9))
        rows = chosen_pairs(offsets, pairs, pairs)
        assert pairs.relation[rows].tolist() == list(np.repeat([2, 4, 5, 3], MAX_PAIRS))

    def test_of_relations_with_words_in_common_one_is_drawn(self, noise, rng):
        pairs, _ = noise(rng, 3, 8, 3)
        inputs = pairs.inputs.copy()
        inputs[pairs.relation == 1] = inputs[pairs.relation == 0]
        same_inputs = replace(pairs, inputs=inputs)
        rows = chosen_pairs(np.eye(3)[pairs.relation], same_inputs, same_inputs)
        assert np.unique(pairs.relation[rows]).tolist() == [0, 2]

    def test_pairs_that_share_a_word_or_are_one_word_are_passed_over(self, noise, rng):
        pairs, _ = noise(rng, 2, 4, 3)
        inputs, outputs = pairs.inputs.copy(), pairs.outputs.copy()
        outputs[1] = outputs[0]
        inputs[2] = outputs[2]
        given = replace(pairs, inputs=inputs, outputs=outputs)
        rows = chosen_pairs(np.eye(2)[pairs.relation], given, given)
        assert sorted(rows.tolist()) == [0, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("preset", "after"), [("calibrated", "plane_projected"), ("paper", "plane_in_sample")])
def test_both_presets_draw_it_and_say_that_it_is_no_evidence(parallelograms, as_files, rng, preset, after):
    given = as_files(*parallelograms(rng, 5, 20, 12)) | ({"measure": "pairs"} if preset == "calibrated" else {})
    report = run("crystals", FeatureCloud.from_array(np.eye(4, dtype="f4")), preset=preset, parameters=given)
    figures = {figure.name: figure for figure in report.figures if figure.kind == "arrows"}
    assert [*figures] == ["plane_raw", after]
    for figure in figures.values():
        assert (figure.label, figure.to_label, figure.color) == ("word", "to_word", "relation")
        assert "no evidence" in figure.caption
    assert likeness_of_arrows(report.table(after)) > 0.95
