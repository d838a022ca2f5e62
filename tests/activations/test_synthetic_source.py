import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.synthetic_source import Plant, Synthetic, SyntheticSource
from saegeo_core.corpora.corpus import Document

HOOK, OTHER = "blocks.0.hook_resid_post", "blocks.1.hook_resid_post"


@pytest.fixture
def source():
    return SyntheticSource(Plant(seed=3), SourceRequest((HOOK, OTHER)))


def test_what_was_planted_is_found_to_the_last_count(source):
    plant = source.plant
    for document, batch in zip(range(6), source.batches(source.corpus.documents()), strict=False):
        planted = plant.codes(document) > 0
        for hook in (HOOK, OTHER):
            codes = batch.activations[hook] @ torch.from_numpy(plant.directions(hook)).T
            assert np.array_equal((codes > 0.5).numpy(), planted)
        assert (batch.document == document).all()
        assert np.array_equal(batch.position, np.arange(len(planted)))
        assert plant.least_tokens <= batch.n_tokens <= plant.most_tokens


def test_features_fire_at_their_rates_in_documents_of_their_topic_and_elsewhere():
    plant = Plant(least_tokens=4000, most_tokens=4000)
    for position in (0, 3):
        own = plant.topic_of_feature == plant.topic_of_document(position)
        rate = (plant.codes(position) > 0).mean(axis=0)
        # 16 features of 4,000 tokens within, 48 outside: standard errors .0012 and .0002.
        assert rate[own].mean() == pytest.approx(0.1, abs=0.006)
        assert rate[~own].mean() == pytest.approx(0.01, abs=0.0012)


def test_directions_are_orthogonal_where_there_is_room():
    few = Plant(n_features=10, d_in=16).directions(HOOK)
    np.testing.assert_allclose(few @ few.T, np.eye(10), atol=1e-5)
    many = Plant(n_features=40, d_in=16).directions(HOOK)
    np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    assert not np.allclose(Plant().directions(HOOK), Plant().directions(OTHER))


def test_any_document_can_be_had_at_any_time_and_is_always_the_same(source):
    together = {batch.document[0]: batch for batch in source.batches(source.corpus.documents(195))}
    again = SyntheticSource(Plant(seed=3), SourceRequest((HOOK,)))
    (alone,) = again.batches([Document("", None, "", 197)])
    assert torch.equal(together[197].activations[HOOK], alone.activations[HOOK])
    assert list(together) == [195, 196, 197, 198, 199]
    other = SyntheticSource(Plant(seed=4), SourceRequest((HOOK,)))
    (differs,) = other.batches([Document("", None, "", 197)])
    assert differs.n_tokens != alone.n_tokens or not torch.equal(differs.activations[HOOK], alone.activations[HOOK])


def test_documents_are_labeled_by_topic_and_grouped(source):
    documents = list(source.corpus.documents())
    assert len(documents) == 200
    assert [document.label for document in documents[:6]] == ["topic 0"] * 2 + ["topic 1"] * 2 + ["topic 2"] * 2
    assert documents[4].group == documents[5].group != documents[6].group
    assert source.corpus.describe()["seed"] == 3


def test_settings_are_read_from_a_line():
    source = Synthetic().open("n_topics=2,noise=0.5,seed=9", SourceRequest((HOOK,), dtype="bfloat16"))
    assert source.plant == Plant(n_topics=2, noise=0.5, seed=9)
    assert Synthetic().open("", SourceRequest((HOOK,))).plant == Plant()
    (batch,) = source.batches([Document("", None, "", 0)])
    assert batch.activations[HOOK].dtype == torch.bfloat16
    assert source.statistics()[HOOK]["tokens"] == batch.n_tokens
    assert source.describe()["noise"] == 0.5


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("n_topic=2", "no setting 'n_topic'(.|\n)*'n_topics'"),
        ("n_topics=two", "n_topics of a synthetic source is 'two'(.|\n)*n_topics=4"),
        ("n_topics", "n_topics of a synthetic source is ''"),
        ("n_topics=0", "counts are at least 1"),
        ("least_tokens=9,most_tokens=8", "not shorter"),
        ("rate_within=1.5", "between 0 and 1"),
        ("noise=-1", "noise is not negative"),
    ],
)
def test_settings_that_describe_nothing_are_refused(where, message):
    with pytest.raises(SaegeoError, match=message):
        Synthetic().open(where, SourceRequest((HOOK,)))


def test_there_are_no_windows():
    with pytest.raises(SaegeoError, match="leave the window out"):
        Synthetic().open("", SourceRequest((HOOK,), window_tokens=5))
