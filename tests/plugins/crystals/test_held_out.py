"""What is held out together, and that nothing leaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_crystals.held_out import CrossValidation, deal_folds, deal_groups, trained_on, units_of
from saegeo_crystals.nulls import shuffled_partners
from saegeo_crystals.pairs import capped, numbered
from saegeo_crystals.relations import Relation, bundled_relations, cleaned
from saegeo_crystals.word_space import WordSpace


@st.composite
def any_pairs(draw):
    """Relations that share words in every way: inputs with each other, outputs with inputs, few outputs."""
    words = st.integers(0, draw(st.integers(8, 40)))
    relations = []
    for number in range(draw(st.integers(2, 4))):
        few = st.integers(100, 102) if draw(st.booleans()) else words
        couples = draw(st.lists(st.tuples(words, few), min_size=6, max_size=25, unique=True))
        relations.append(Relation(str(number), tuple((f"w{a}", f"w{b}") for a, b in couples if a != b)))
    return numbered(relations)


def words_of(pairs, rows):
    return {*pairs.inputs[rows].tolist(), *pairs.outputs[rows].tolist()}


@settings(max_examples=60)
@given(any_pairs(), st.integers(0, 3))
def test_no_word_is_both_held_out_and_trained_on(pairs, seed):
    if pairs.sizes.min() < 4:
        return
    folds = deal_folds(pairs, 4, np.random.default_rng(seed))
    assert set(folds) <= set(range(4))
    for fold in range(4):
        assert not words_of(pairs, folds == fold) & words_of(pairs, trained_on(pairs, folds, fold))
    units = units_of(pairs)
    assert all(len(set(folds[units == unit])) == 1 for unit in set(units.tolist()))


def test_many_to_one_relations_are_held_out_by_output():
    few = Relation("few", tuple((f"person{i}", f"sport{i % 3}") for i in range(12)))
    many = Relation("many", tuple((f"person{i}", f"name{i}") for i in range(12)))
    pairs = numbered([few, many])
    units = units_of(pairs)
    np.testing.assert_array_equal(units[:12], pairs.outputs[:12])
    np.testing.assert_array_equal(units[12:], pairs.inputs[12:])


def test_folds_are_even_within_relations(rng):
    kept, _ = cleaned(bundled_relations())
    pairs = capped(numbered(kept), 40, rng)
    folds = deal_folds(pairs, 5, rng)
    table = np.zeros((pairs.n_relations, 5), int)
    np.add.at(table, (pairs.relation, folds), 1)
    assert table.min() >= 6
    assert table.max() <= 10


def test_groups_are_even_and_of_whole_units(rng):
    kept, _ = cleaned(bundled_relations())
    pairs = capped(numbered(kept), 40, rng)
    groups = deal_groups(pairs, deal_folds(pairs, 5, rng), 20, rng)
    sizes = np.bincount(groups)
    assert len(sizes) == 20
    assert sizes.max() <= 1.6 * sizes.mean()
    units = units_of(pairs)
    assert all(len(set(groups[units == unit])) == 1 for unit in set(units.tolist()))


def test_shuffled_partners_stay_in_relation_and_fold(noise, rng):
    pairs, vectors = noise(rng, 3, 12, 2)
    folds = deal_folds(pairs, 3, rng)
    shuffled = shuffled_partners(CrossValidation(WordSpace.of(vectors), pairs, folds), rng).pairs
    home = {output: (r, f) for output, r, f in zip(pairs.outputs, pairs.relation, folds, strict=True)}
    assert [home[output] for output in shuffled.outputs] == list(zip(pairs.relation, folds, strict=True))
    assert (shuffled.outputs != pairs.outputs).mean() > 0.5
    np.testing.assert_array_equal(shuffled.inputs, pairs.inputs)


def test_a_relation_of_fewer_pairs_than_folds_is_refused(noise, rng):
    pairs, _ = noise(rng, 2, 4, 2)
    with pytest.raises(SaegeoError, match="relation 0 has 4 pairs, fewer than the 5 folds"):
        deal_folds(pairs, 5, rng)
