"""Pairs as arrays, and with the vectors of their words."""

from pathlib import Path

import numpy as np

from saegeo_core import AnalysisContext, FeatureCloud
from saegeo_crystals.pairs import Pairs, PairSource, capped, embedded_pairs, numbered
from saegeo_crystals.relations import Relation


def source_of(given):
    vectors = given["word_vectors"]
    return PairSource(relations=Path(given["relations"]), word_vectors=None if vectors is None else Path(vectors))


def test_a_cap_draws_at_random_from_every_relation(rng):
    relations = [Relation("a", tuple((f"a{i}", f"b{i}") for i in range(50))), Relation("c", (("c", "d"), ("e", "f")))]
    pairs = numbered(relations)
    drawn = capped(pairs, 10, rng)
    assert drawn.sizes.tolist() == [10, 2]
    assert len({*drawn.inputs.tolist()}) == 12
    assert drawn.digest != capped(pairs, 10, rng).digest


def test_pairs_number_words_as_they_occur():
    pairs = numbered([Relation("a", (("x", "y"),)), Relation("b", (("y", "z"),))])
    assert isinstance(pairs, Pairs)
    assert pairs.words == ("x", "y", "z")
    assert pairs.inputs.tolist() == [0, 1]
    assert pairs.relation.tolist() == [0, 1]


def test_words_of_no_pair_are_left_behind(parallelograms, as_files, rng, context):
    given = as_files(*parallelograms(rng, 3, 20, 6))
    cloud = FeatureCloud.from_array(np.eye(3, dtype=np.float32))
    everything = embedded_pairs(source_of(given), cloud, context)
    few = everything.with_pairs(capped(everything.pairs, 5, rng))
    assert len(everything.vectors.words) == 120
    assert few.vectors.words == few.pairs.words
    assert len(few.pairs.words) == len(few.vectors.vectors) == 30
    for word, vector in zip(few.vectors.words, few.vectors.vectors, strict=True):
        np.testing.assert_array_equal(vector, everything.vectors.vectors[everything.vectors.words.index(word)])


def test_a_model_reads_only_the_words_of_the_pairs_drawn(spelled, parallelograms, as_files, rng):
    given = as_files(*parallelograms(rng, 3, 20, 6)) | {"word_vectors": None}
    read = []
    spelled.of = lambda texts, of=spelled.of: (read.extend(texts), of(texts))[1]
    context = AnalysisContext(np.random.default_rng(0), activations=spelled)
    cloud = FeatureCloud.from_array(np.eye(3, dtype=np.float32))
    found = embedded_pairs(source_of(given), cloud, context, draw=lambda pairs: capped(pairs, 5, rng))
    assert found.pairs.sizes.tolist() == [5, 5, 5]
    assert sorted(read) == sorted(found.pairs.words)
    assert len(read) == 30
    np.testing.assert_array_equal(found.vectors.n_tokens, [len(word) for word in found.pairs.words])
