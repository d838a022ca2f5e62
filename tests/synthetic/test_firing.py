import numpy as np
import pytest

from saegeo_core.synthetic.firing import plant_firing, plant_frequency_confound


def phi(firing):
    """Correlation of every two features over blocks, 0 on the diagonal."""
    counts, together, total = firing.counts.astype(float), firing.cooccurrence().double().numpy(), firing.n_blocks
    scale = np.sqrt(counts * (total - counts))
    correlation = (total * together - np.outer(counts, counts)) / np.outer(scale, scale)
    np.fill_diagonal(correlation, 0)
    return correlation


def rate_deviations(planted):
    observed = planted.firing.counts / planted.firing.n_blocks
    return (observed - planted.rates) / np.sqrt(planted.rates * (1 - planted.rates) / planted.firing.n_blocks)


@pytest.mark.parametrize("richness_spread", [0.0, 0.7])
def test_topics_are_found_by_plain_correlation(rng, richness_spread):
    planted = plant_firing(rng, n_features=300, n_blocks=3000, rates=(0.05, 0.3), richness_spread=richness_spread)
    closest = phi(planted.firing).argmax(1)
    same_topic = planted.topic_of_feature == planted.topic_of_feature[closest]
    assert same_topic.mean() > 0.97


def test_directions_lie_with_their_topic(rng):
    planted = plant_firing(rng, n_features=300, n_blocks=20, topic_share=2.0)
    cosines = planted.directions @ planted.directions.T - 2 * np.eye(300)
    np.testing.assert_allclose(np.linalg.norm(planted.directions, axis=1), 1, rtol=1e-5)
    assert (planted.topic_of_feature == planted.topic_of_feature[cosines.argmax(1)]).mean() > 0.97


@pytest.mark.parametrize(("n_topics", "richness_spread"), [(1, 0.0), (1, 1.0), (6, 0.0), (6, 0.8)])
def test_rates_are_as_planted(rng, n_topics, richness_spread):
    planted = plant_firing(
        rng, n_features=200, n_blocks=6000, n_topics=n_topics, richness_spread=richness_spread, rates=(0.01, 0.6)
    )
    assert planted.rates.min() >= 0.01
    assert planted.rates.max() <= 0.6
    deviations = rate_deviations(planted)
    # Rich blocks and topics make firings of one feature in different blocks alike or unlike, never more than so much.
    assert np.abs(deviations).max() < 5
    assert np.abs(deviations.mean()) < (0.3 if richness_spread == 0 else 3)


def test_each_document_has_one_topic_and_its_label(rng):
    firing = plant_firing(rng, n_features=20, n_blocks=103, n_topics=5, blocks_per_document=4).firing
    assert len(firing.label_names) == 5
    for document in range(26):
        assert len(set(firing.label_of_block[firing.document_of_block == document])) == 1
    assert set(firing.label_of_block) == set(range(5))


def test_the_confound_has_no_topics_but_looks_as_if_it_had(rng):
    planted = plant_frequency_confound(rng, n_features=300, n_blocks=3000)
    correlation = phi(planted.firing)
    log_rate = np.log(planted.rates)
    assert set(planted.topic_of_feature) == {0}
    assert correlation[np.triu_indices(300, 1)].mean() > 0.02, "rich blocks make all features fire together"
    assert np.corrcoef(correlation.mean(1), log_rate)[0, 1] > 0.8, "and frequent ones most"
    axis = np.linalg.lstsq(planted.directions, log_rate - log_rate.mean(), rcond=None)[0]
    assert np.corrcoef(planted.directions @ axis, log_rate)[0, 1] > 0.9, "directions tell the frequency"


def test_without_richness_or_topics_nothing_fires_together(rng):
    planted = plant_frequency_confound(rng, n_features=100, n_blocks=4000, richness_spread=0.0)
    pairs = phi(planted.firing)[np.triu_indices(100, 1)] * np.sqrt(4000)
    assert abs(pairs.mean()) < 0.06
    assert 0.95 < pairs.std() < 1.05


def test_the_same_seed_plants_the_same():
    digests = {
        plant_firing(np.random.default_rng(seed), n_features=50, n_blocks=60).firing.digest for seed in (1, 1, 2)
    }
    assert len(digests) == 2


def test_tiles_do_not_change_what_is_planted(monkeypatch):
    whole = plant_firing(np.random.default_rng(3), n_features=50, n_blocks=60)
    monkeypatch.setattr("saegeo_core.synthetic.firing.ENTRIES_AT_ONCE", 500)
    assert plant_firing(np.random.default_rng(3), n_features=50, n_blocks=60).firing.digest == whole.firing.digest
