"""Groups of documents, and the lobes without each of them, against counts of the blocks that are left."""

import numpy as np

from saegeo_core.numerics.spectral_clustering import spectral_clusters
from saegeo_lobes.affinities import affinity_matrix, positive_phi
from saegeo_lobes.intervals import document_groups, lobes_without_documents


def test_lobes_are_found_without_each_group_of_documents(make_case):
    case = make_case(n_features=120, n_blocks=400, topic_strength=8)
    firing = case.plant.firing.select(case.live)
    groups = document_groups(firing.document_of_block, case.rng, n_groups=4)

    def lobes(counts, n_blocks):
        return spectral_clusters(affinity_matrix(counts, n_blocks, positive_phi), [6], np.random.default_rng(0))[0][6]

    found = lobes_without_documents(lambda w: firing.cooccurrence(weights=w), lobes, groups)
    for group in range(4):
        kept = groups != group
        counts = firing.cooccurrence(weights=kept.astype(np.int64))
        np.testing.assert_array_equal(found[group], lobes(counts, int(kept.sum())))


def test_document_groups_hold_whole_documents_and_equal_shares(rng):
    document = np.repeat(rng.permutation(200), rng.integers(1, 9, 200))
    groups = document_groups(document, rng, n_groups=20)
    for one in range(200):
        assert len(np.unique(groups[document == one])) == 1
    sizes = np.bincount(groups)
    assert len(sizes) == 20
    assert sizes.max() - sizes.min() <= 2
