"""Thirds of documents and kin, the lobes without each, and how often intervals hold what they should."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import binom

from saegeo_core.numerics.spectral_clustering import spectral_clusters
from saegeo_core.progress import silent
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes.affinities import affinity_matrix, positive_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.decoding import LinearProbe
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import ANGULAR, COSINE_GRAPH, LEFT_OUT, FeatureSet, Settings
from saegeo_lobes.intervals import lobes_without_documents, splits_into_thirds, spread_of
from saegeo_lobes.numbers import NUMBERS

OF_LOBES = ("ami", "cramers_v", "decoding_balanced_accuracy", "lobe_text_association")
N_DRAWS = 20
SETTINGS = Settings({"phi": positive_phi}, (COSINE_GRAPH, ANGULAR), (6,), 10, 10**9, True, "cpu")


def test_lobes_are_found_without_each_third_of_each_split(make_case):
    case = make_case(n_features=120, n_blocks=400, topic_strength=8)
    firing = case.plant.firing.select(case.live)
    splits = splits_into_thirds(firing.document_of_block, case.rng, n_splits=2)

    def lobes(counts, n_blocks):
        return spectral_clusters(affinity_matrix(counts, n_blocks, positive_phi), [6], np.random.default_rng(0))[0][6]

    found = list(
        lobes_without_documents(
            firing.cooccurrence(),
            lambda weights: firing.cooccurrence(weights=weights),
            lambda counts, split, part: lobes(counts, int((splits[split] != part).sum())),
            splits,
        )
    )
    kept = [split != part for split in splits for part in range(3)]
    for labels, blocks in zip(found, kept, strict=True):
        counts = firing.cooccurrence(weights=blocks.astype(np.int64))
        np.testing.assert_array_equal(labels, lobes(counts, int(blocks.sum())))


def test_thirds_hold_whole_documents_and_as_many_blocks(rng):
    document = np.repeat(rng.permutation(200), rng.integers(1, 9, 200))
    splits = splits_into_thirds(document, rng, n_splits=20)
    for split in splits:
        assert all(len(np.unique(split[document == one])) == 1 for one in range(200))
        assert np.abs(np.bincount(split, minlength=3) / len(split) - 1 / 3).max() < 0.03
    assert len(np.unique(splits, axis=0)) == 20


def dictionaries_and_texts():
    """Dictionaries of one law, each in text of its own."""
    for number in range(N_DRAWS):
        yield plant_firing(
            np.random.default_rng(1000 + number),
            n_features=180,
            n_blocks=450,
            blocks_per_document=3,
            topic_strength=3.0,
            richness_spread=0.5,
            rates=(0.03, 0.3),
            d_in=24,
            topic_share=0.7,
        )


@pytest.fixture(scope="module")
def known():
    """For each of them the numbers of lobes and how well they are known."""
    found = []
    for number, plant in enumerate(dictionaries_and_texts()):
        directions = torch.from_numpy(plant.directions)
        sae = FeatureLobes.of(
            FeatureSet(directions, plant.firing, SETTINGS, np.random.default_rng(1)), 6, np.random.default_rng(2)
        )
        numbers = {name: NUMBERS[name].of(sae) for name in (*OF_LOBES, "neighbor_phi_excess")}
        spread = spread_of(sae, numbers, kin_labels(directions), np.random.default_rng(number), 2, progress=silent)
        found.append({name: spread[name].resampled for name in OF_LOBES})
    return found


@pytest.mark.parametrize("name", OF_LOBES)
def test_intervals_hold_what_other_dictionaries_and_texts_give_and_are_not_twice_as_wide(known, name):
    """Leaving out documents alone, they told .69 to .95 of the spread over dictionaries."""
    estimates = np.array([one[name].estimate for one in known])
    held = [low <= estimates.mean() <= high for low, high in (one[name].confidence_interval for one in known)]
    assert sum(held) >= binom.ppf(0.001, N_DRAWS, 0.93)
    width = np.sqrt(np.mean([one[name].standard_error ** 2 for one in known])) / estimates.std(ddof=1)
    assert 0.7 < width < 1.8


def test_features_that_are_left_out_play_no_part(make_case):
    """Lobes, agreement, probe and text of some features are those of a set of these features alone."""
    case = make_case(n_features=120, n_blocks=400, topic_strength=8)
    firing, directions = case.plant.firing.select(case.live), torch.from_numpy(case.directions)
    whole = FeatureLobes.of(FeatureSet(directions, firing, SETTINGS, np.random.default_rng(0)), 6, case.rng)
    kept = case.rng.random(len(directions)) < 0.7
    lobes = np.where(kept, whole.lobes, LEFT_OUT)
    moved = whole.features.lobes_moved(whole.features.cooccurrence.clone(), firing.n_blocks, lobes)
    np.testing.assert_array_equal(moved == LEFT_OUT, ~kept)

    some = FeatureSet(directions[kept], firing.select(kept), SETTINGS, np.random.default_rng(0))
    alone = some.lobes_moved(some.cooccurrence.clone(), firing.n_blocks, whole.lobes[kept])
    np.testing.assert_array_equal(moved[kept], alone)

    nothing = np.zeros(firing.n_blocks, bool)
    without = whole.without(nothing, moved)
    of_some = replace(
        FeatureLobes.of(some, 6, case.rng),
        lobes=alone,
        probe=LinearProbe(case.directions[kept], whole.folds[kept]),
    )
    assert without.accuracy == pytest.approx(of_some.accuracy)
    np.testing.assert_array_equal(without.text.blocks, of_some.text.blocks)
    labels = whole.features.geometry(COSINE_GRAPH).labels(6)[kept]
    assert without.graph_agreement.cramers_v == pytest.approx(Agreement(alone, labels).cramers_v)


def test_replicates_carry_the_standard_error(known):
    for one in known:
        for resampled in one.values():
            assert resampled.replicates.std(ddof=1) == pytest.approx(resampled.standard_error)
            assert resampled.factor == 1
