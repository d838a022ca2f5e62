"""Thirds of documents, the lobes without each against counts of the others, and how often intervals hold what they should."""

import numpy as np
import pytest
import torch
from scipy.stats import binom

from saegeo_core import FiringStatistics
from saegeo_core.numerics.spectral_clustering import spectral_clusters
from saegeo_core.progress import silent
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes.affinities import affinity_matrix, positive_phi
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import ANGULAR, COSINE_GRAPH, FeatureSet, Settings
from saegeo_lobes.intervals import document_splits, lobes_without_documents, spread_of
from saegeo_lobes.numbers import NUMBERS

OF_LOBES = ("ami", "cramers_v", "decoding_balanced_accuracy", "lobe_text_association")
N_TEXTS, DOCUMENTS, BLOCKS_OF_ONE = 20, 150, 3
SETTINGS = Settings({"phi": positive_phi}, (COSINE_GRAPH, ANGULAR), (6,), 10, 10**9, True, "cpu")


def test_lobes_are_found_without_each_third_of_each_split(make_case):
    case = make_case(n_features=120, n_blocks=400, topic_strength=8)
    firing = case.plant.firing.select(case.live)
    splits = document_splits(firing.document_of_block, case.rng, n_splits=2)

    def lobes(counts, n_blocks):
        return spectral_clusters(affinity_matrix(counts, n_blocks, positive_phi), [6], np.random.default_rng(0))[0][6]

    found = list(
        lobes_without_documents(firing.cooccurrence(), lambda w: firing.cooccurrence(weights=w), lobes, splits)
    )
    kept = [split != part for split in splits for part in range(3)]
    for labels, blocks in zip(found, kept, strict=True):
        counts = firing.cooccurrence(weights=blocks.astype(np.int64))
        np.testing.assert_array_equal(labels, lobes(counts, int(blocks.sum())))


def test_thirds_hold_whole_documents_and_as_many_blocks(rng):
    document = np.repeat(rng.permutation(200), rng.integers(1, 9, 200))
    splits = document_splits(document, rng, n_splits=20)
    for split in splits:
        assert all(len(np.unique(split[document == one])) == 1 for one in range(200))
        assert np.abs(np.bincount(split, minlength=3) / len(split) - 1 / 3).max() < 0.03
    assert len(np.unique(splits, axis=0)) == 20


def other_texts(rng):
    """One dictionary, in other documents again and again: the plant's features, fired by new text of the same law."""
    whole = plant_firing(
        rng,
        n_features=180,
        n_blocks=N_TEXTS * DOCUMENTS * BLOCKS_OF_ONE,
        blocks_per_document=BLOCKS_OF_ONE,
        topic_strength=3.0,
        richness_spread=0.5,
        rates=(0.03, 0.3),
        d_in=24,
        topic_share=0.7,
    )
    fired = np.concatenate([tile for _, tile in whole.firing.incidence().tiles()])
    for text in range(N_TEXTS):
        blocks = slice(text * DOCUMENTS * BLOCKS_OF_ONE, (text + 1) * DOCUMENTS * BLOCKS_OF_ONE)
        yield (
            whole.directions,
            FiringStatistics.from_arrays(
                fired[blocks],
                document_of_block=np.repeat(np.arange(DOCUMENTS), BLOCKS_OF_ONE),
                label_of_block=whole.topic_of_block[blocks],
                label_names=whole.firing.label_names,
            ),
        )


@pytest.fixture(scope="module")
def known():
    """For each text the numbers of lobes and how well they are known."""
    found = []
    for number, (directions, firing) in enumerate(other_texts(np.random.default_rng(0))):
        features = FeatureSet(torch.from_numpy(directions), firing, SETTINGS, np.random.default_rng(1))
        sae = FeatureLobes.of(features, 6, np.random.default_rng(2))
        numbers = {name: NUMBERS[name].of(sae) for name in (*OF_LOBES, "neighbor_phi_excess")}
        spread = spread_of(
            sae, numbers, kin_labels(torch.from_numpy(directions)), np.random.default_rng(number), 2, progress=silent
        )
        found.append({name: spread[name].resampled for name in OF_LOBES})
    return found


@pytest.mark.parametrize("name", OF_LOBES)
def test_intervals_hold_what_other_text_gives_and_are_not_twice_as_wide(known, name):
    """Leaving out a twentieth of the documents at a time gave standard errors twice the spread over texts."""
    estimates = np.array([one[name].estimate for one in known])
    held = [low <= estimates.mean() <= high for low, high in (one[name].confidence_interval for one in known)]
    assert sum(held) >= binom.ppf(0.001, N_TEXTS, 0.93)
    width = np.sqrt(np.mean([one[name].standard_error ** 2 for one in known])) / estimates.std(ddof=1)
    assert 0.6 < width < 1.7


def test_replicates_carry_the_standard_error(known):
    for one in known:
        for resampled in one.values():
            assert resampled.replicates.std(ddof=1) == pytest.approx(resampled.standard_error)
            assert resampled.factor == 1
