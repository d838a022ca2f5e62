"""Encoding in pieces gives what encoding at once gives, whatever the budget and wherever memory ends."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.activations.source import ActivationBatch
from saegeo_core.harvesting.blocks import BlockCutter, Unit
from saegeo_core.harvesting.encoding import BYTES_PER_ENTRY, Dictionary, Encoder, Layout
from saegeo_core.harvesting.tally import FiringTally

N_ROWS = 24


def dictionary_of(placed):
    sae = placed.sae
    return Dictionary(sae.module, placed.hook, sae.n_features, sae.is_feature_wise, torch.device("cpu"))


def encoder_of(placed, entries, block_tokens=4):
    layout = Layout(block_tokens, N_ROWS // block_tokens, entries * BYTES_PER_ENTRY)
    return Encoder(dictionary_of(placed), layout)


def unit_of(rows, block_tokens, n_tokens=None):
    tokens = [block_tokens] * (len(rows) // block_tokens) if n_tokens is None else n_tokens
    starts, token_ids = [0] * len(tokens), np.arange(len(rows)) % 5
    return Unit({"here": rows}, list(range(len(tokens))), tokens, block_tokens, starts, token_ids)


@pytest.fixture
def rows():
    return torch.from_numpy(np.random.default_rng(1).standard_normal((N_ROWS, 8)).astype(np.float32))


@pytest.mark.parametrize("architecture", ["standard", "jumprelu", "gated", "transcoder", "jumprelu_transcoder", "topk"])
@pytest.mark.parametrize("entries", [1, 30, 40, 100, 500, 10**6])
def test_pieces_put_together_are_the_whole_and_no_larger_than_the_budget(make_sae, rows, architecture, entries):
    placed = make_sae(architecture)
    whole = placed.sae.module.encode(rows)
    together = torch.full_like(whole, torch.nan)
    for piece in encoder_of(placed, entries).pieces(rows):
        together[piece.rows, piece.features] = piece.activations
        least = 40 if architecture == "topk" else N_ROWS  # all features of one token, or one feature of all tokens
        assert piece.activations.numel() <= max(entries, least)
        assert piece.rows.stop - piece.rows.start <= 4 or (piece.rows.start % 4, piece.rows.stop % 4) == (0, 0)
    torch.testing.assert_close(together, whole, rtol=1e-5, atol=1e-5)
    assert (together > 0).equal(whole > 0)


@pytest.mark.parametrize("architecture", ["standard", "topk"])
@pytest.mark.parametrize("tokens", [[4, 4, 4, 4, 4, 4], [4, 4, 1], [2, 4, 3, 4]], ids=str)
@pytest.mark.parametrize("entries", [1, 100, 10**6])
def test_a_tally_counts_the_same_in_any_pieces(make_sae, rows, architecture, tokens, entries):
    placed = make_sae(architecture)
    tally = FiringTally(encoder_of(placed, entries), 0.0)
    for _ in range(2):
        tally.add(unit_of(rows, 4, tokens))
    counting = np.concatenate([np.arange(4) < n for n in [*tokens, *[0] * (6 - len(tokens))]])
    activations = placed.sae.module.encode(rows).double().numpy() * counting[:, None]
    on = (activations.reshape(6, 4, -1) > 0).any(1)[: len(tokens)]
    counted = tally.result()
    np.testing.assert_array_equal(counted.fired.block_tile(slice(None)), np.concatenate([on, on]))
    np.testing.assert_array_equal(counted.features, np.flatnonzero((activations > 0).any(0)))
    np.testing.assert_array_equal(counted.token_counts, 2 * (activations > 0).sum(0)[counted.features])
    np.testing.assert_allclose(counted.activation_sum, 2 * activations.sum(0)[counted.features], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(counted.activation_max, activations.max(0)[counted.features], rtol=1e-5, atol=1e-5)


class Cramped:
    """Encodes, but has no memory for more than a few tokens."""

    def __init__(self, module, most_rows):
        self.module, self.most_rows, self.n_failures = module, most_rows, 0

    def encode(self, rows):
        if len(rows) > self.most_rows:
            self.n_failures += 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.module.encode(rows)


@pytest.mark.parametrize("most_rows", [13, 6, 3, 1])
def test_out_of_memory_halves_what_is_encoded_and_goes_on(make_sae, rows, most_rows):
    placed = make_sae("topk")
    expected = FiringTally(encoder_of(placed, 10**6), 0.0)
    expected.add(unit_of(rows, 4))
    encoder = encoder_of(placed, 10**6)
    module = Cramped(placed.sae.module, most_rows)
    encoder.dictionary = Dictionary(module, "here", 40, False, torch.device("cpu"))
    tally = FiringTally(encoder, 0.0)
    tally.add(unit_of(rows, 4))
    n_failures = module.n_failures
    tally.add(unit_of(rows, 4))
    assert module.n_failures == n_failures > 0  # what did not work once is not tried again
    expected.add(unit_of(rows, 4))
    first, second = expected.result(), tally.result()
    np.testing.assert_array_equal(first.fired.block_tile(slice(None)), second.fired.block_tile(slice(None)))
    np.testing.assert_allclose(first.activation_sum, second.activation_sum, rtol=1e-5, atol=1e-5)


def test_no_memory_for_a_single_token_is_an_error(make_sae, rows):
    placed = make_sae("topk")
    encoder = encoder_of(placed, 10**6)
    encoder.dictionary = Dictionary(Cramped(placed.sae.module, 0), "here", 40, False, torch.device("cpu"))
    with pytest.raises(SaegeoError, match="no memory to encode one token with 40 features"):
        FiringTally(encoder, 0.0).add(unit_of(rows, 4))


@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    batch_tokens=st.integers(1, 20),
    block_tokens=st.integers(1, 5),
    blocks_at_once=st.integers(1, 3),
    keep_tails=st.booleans(),
)
def test_blocks_hold_every_token_once_in_order_and_none_of_two_documents(
    lengths, batch_tokens, block_tokens, blocks_at_once, keep_tails
):
    document = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.arange(n) for n in lengths])
    rows = torch.from_numpy(np.stack([document, position], axis=1)).float()
    batches = [
        ActivationBatch(
            {"here": rows[i : i + batch_tokens]}, document[i : i + batch_tokens], position[i : i + batch_tokens]
        )
        for i in range(0, len(rows), batch_tokens)
    ]
    cutter = BlockCutter(block_tokens, blocks_at_once, keep_tails)
    blocks = []
    for unit in cutter.units(batches):
        assert unit.activations["here"].shape == (block_tokens * blocks_at_once, 2)
        for number, (of_document, n_tokens) in enumerate(zip(unit.documents, unit.tokens, strict=True)):
            start = number * block_tokens
            blocks.append((of_document, unit.activations["here"][start : start + n_tokens].tolist()))
    expected = []
    for number, length in enumerate(lengths):
        for start in range(0, length, block_tokens):
            n = min(block_tokens, length - start)
            if n == block_tokens or keep_tails:
                expected.append((number, [[number, start + i] for i in range(n)]))
    assert blocks == expected
    tails = [length % block_tokens for length in lengths if length % block_tokens]
    assert (cutter.n_tails, cutter.n_tail_tokens) == (len(tails), sum(tails))
