"""The numbers of a harvest, held against counting token by token."""

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings

ARCHITECTURES = ["standard", "jumprelu", "gated", "topk", "transcoder", "jumprelu_transcoder", "matching_pursuit"]


def counted_by_hand(placed, corpus, source, settings):
    """For each block its document, tokens and features on; for each feature its sums, in float64."""
    blocks, firing_tokens = [], []
    for document in corpus.documents():
        words = document.text.split()
        size = settings.block_tokens
        for start in range(0, len(words), size):
            some = words[start : start + size]
            if len(some) < size and not settings.keep_tails:
                continue
            rows = torch.stack([source.activation(placed.hook, word) for word in some])
            activations = placed.sae.module.encode(rows).double().numpy()
            on = activations > settings.fires_above
            blocks.append((document.position, len(some), on.any(0)))
            firing_tokens.append(np.where(on, activations, 0.0))
    return blocks, np.concatenate(firing_tokens)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "rules",
    [
        {"block_tokens": 4},
        {"block_tokens": 1},
        {"block_tokens": 7, "keep_tails": True},
        {"block_tokens": 3, "fires_above": 1.0},
        {"block_tokens": 300, "keep_tails": True},
    ],
    ids=str,
)
def test_counts_are_those_of_counting_by_hand(tmp_path, make_sae, word_source, corpus, architecture, rules):
    placed, source, settings = make_sae(architecture), word_source(), HarvestSettings(**rules)
    [harvested] = harvest([placed], source, corpus, tmp_path, settings)
    firing = harvested.firing
    blocks, tokens = counted_by_hand(placed, corpus, source, settings)

    assert firing.n_blocks == len(blocks)
    np.testing.assert_array_equal(firing.incidence().block_tile(slice(None)), [on for _, _, on in blocks])
    np.testing.assert_array_equal(firing.counts, np.sum([on for _, _, on in blocks], axis=0))
    np.testing.assert_array_equal(firing.document_of_block, [document for document, _, _ in blocks])
    np.testing.assert_array_equal(firing.token_counts, (tokens > 0).sum(0))
    np.testing.assert_allclose(firing.activation_sum, tokens.sum(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(firing.activation_sum_of_squares, (tokens**2).sum(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(firing.activation_max, tokens.max(0), rtol=1e-5, atol=1e-5)
    assert firing.n_tokens == sum(n for _, n, _ in blocks)
    assert firing.counts.sum() > 0
    if settings.keep_tails:
        np.testing.assert_array_equal(firing.tokens_of_block, [n for _, n, _ in blocks])
    else:
        assert firing.tokens_of_block is None


def test_what_a_harvest_knows_of_the_text(tmp_path, make_sae, word_source, corpus, texts):
    [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path, HarvestSettings(block_tokens=8))
    firing = harvested.firing
    lengths = np.array([len(text.split()) for text in texts])
    assert firing.label_names == ("code", "prose")
    of_document = [("prose", "code", None)[i % 3] for i in range(len(texts))]
    assert [firing.label_names[label] if label >= 0 else None for label in firing.label_of_block] == [
        of_document[document] for document in firing.document_of_block
    ]
    np.testing.assert_array_equal(firing.group_of_document, np.arange(len(texts)) // 2)
    assert (firing.tails, firing.n_tails) == ("dropped", (lengths % 8 > 0).sum())
    assert firing.corpus["documents"] == len(texts)
    assert firing.corpus["documents_without_block"] == (lengths < 8).sum()
    assert firing.corpus["tokens_in_tails"] == (lengths % 8).sum()
    assert firing.corpus["text"] == corpus.describe()
    assert firing.corpus["hook"] == "here"
    assert (firing.block_tokens, firing.fires_above) == (8, 0.0)
    assert firing.sae_digest == make_sae().sae.cloud.digest


def test_a_corpus_without_labels_gives_blocks_without_labels(tmp_path, make_sae, word_source, corpus_of, texts):
    [harvested] = harvest([make_sae()], word_source(), corpus_of(texts), tmp_path, HarvestSettings(block_tokens=8))
    assert harvested.firing.label_of_block is None


@pytest.mark.parametrize("architecture", ["standard", "topk"])
def test_the_result_is_the_same_to_the_last_bit_for_any_batch_size(
    tmp_path, make_sae, word_source, corpus, small_portions, architecture
):
    digests = set()
    for batch_tokens in (1, 3, 17, 1000):
        source = word_source(batch_tokens=batch_tokens)
        [harvested] = harvest(
            [make_sae(architecture)], source, corpus, tmp_path / str(batch_tokens), HarvestSettings(block_tokens=4)
        )
        digests.add(harvested.firing.digest)
    assert len(digests) == 1


def test_several_saes_at_several_hooks_are_harvested_as_each_alone(tmp_path, make_sae, word_source, corpus):
    saes = [make_sae(hook="here"), make_sae("jumprelu", 1, hook="there"), make_sae("topk", 2, hook="here")]
    together = harvest(saes, word_source(("here", "there")), corpus, tmp_path / "all", HarvestSettings(block_tokens=4))
    for number, (placed, harvested) in enumerate(zip(saes, together, strict=True)):
        out = tmp_path / str(number)
        [alone] = harvest([placed], word_source((placed.hook,)), corpus, out, HarvestSettings(block_tokens=4))
        assert alone.firing.digest == harvested.firing.digest


@pytest.mark.parametrize("limit", [1, 49, 50, 51, 200])
def test_a_harvest_of_n_tokens_reads_exactly_as_many(tmp_path, make_sae, word_source, corpus, small_portions, limit):
    for batch_tokens in (7, 50):
        settings = HarvestSettings(block_tokens=1, tokens=limit)
        source = word_source(batch_tokens=batch_tokens)
        [harvested] = harvest([make_sae()], source, corpus, tmp_path / str(batch_tokens), settings)
        assert harvested.firing.n_tokens == harvested.firing.n_blocks == limit
        assert harvested.firing.corpus["documents"] == harvested.firing.document_of_block[-1] + 1


def test_a_harvest_of_n_documents_reads_no_further(tmp_path, make_sae, word_source, corpus, small_portions):
    settings = HarvestSettings(block_tokens=4, documents=7)
    [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path, settings)
    assert harvested.firing.corpus["documents"] == 7
    assert max(corpus.read) == 6


def test_a_corpus_that_ends_before_the_limit_is_harvested_whole(tmp_path, make_sae, word_source, corpus, texts):
    for number, limit in enumerate([{"documents": 1000}, {"tokens": 100_000}]):
        settings = HarvestSettings(block_tokens=4, **limit)
        [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path / str(number), settings)
        assert harvested.firing.corpus["documents"] == len(texts)


def test_documents_all_shorter_than_a_block_are_an_error(tmp_path, make_sae, word_source, corpus, texts):
    with pytest.raises(SaegeoError, match=f"none of the {len(texts)} documents fills a block of 64 tokens"):
        harvest([make_sae()], word_source(), corpus, tmp_path, HarvestSettings(block_tokens=64))


def test_an_empty_corpus_is_an_error(tmp_path, make_sae, word_source, corpus_of):
    with pytest.raises(SaegeoError, match="there is no document in the corpus"):
        harvest([make_sae()], word_source(), corpus_of([]), tmp_path)


def test_another_width_is_refused_before_any_work(tmp_path, make_sae, word_source, corpus):
    source = word_source(d_in=9)
    with pytest.raises(SaegeoError, match="reads activations of width 8; those at here have width 9"):
        harvest([make_sae()], source, corpus, tmp_path)
    assert not source.seen


def test_activations_that_are_not_finite_are_refused_even_where_the_source_is_stopped_early(
    tmp_path, make_sae, word_source, corpus
):
    class Broken(word_source):
        def activation(self, hook, word):
            return super().activation(hook, word) * float("nan")

    with pytest.raises(SaegeoError, match="activations at here hold NaN"):
        harvest([make_sae()], Broken(), corpus, tmp_path, HarvestSettings(block_tokens=4, tokens=10))


@pytest.mark.parametrize(
    "rules",
    [
        {"block_tokens": 0},
        {"fires_above": -1.0},
        {"fires_above": float("nan")},
        {"documents": 0},
        {"documents": 1, "tokens": 1},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(rules):
    with pytest.raises(SaegeoError):
        HarvestSettings(**rules)


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["standard", "topk"])
def test_a_cuda_card_counts_as_a_cpu_does(tmp_path, make_sae, word_source, corpus, architecture):
    settings = HarvestSettings(block_tokens=4, control_draws=0 if architecture == "topk" else 1)
    [on_cpu] = harvest([make_sae(architecture)], word_source(), corpus, tmp_path / "cpu", settings)
    sae, source = make_sae(architecture, device="cuda:0"), word_source(device="cuda:0")
    [on_card] = harvest([sae], source, corpus, tmp_path / "cuda", settings, device="cuda:0")
    np.testing.assert_array_equal(on_card.firing.token_counts, on_cpu.firing.token_counts)
    np.testing.assert_allclose(on_card.firing.activation_sum, on_cpu.firing.activation_sum, rtol=1e-4, atol=1e-5)
    [again] = harvest([sae], source, corpus, tmp_path / "again", settings, device="cuda:0")
    assert again.firing.digest == on_card.firing.digest
