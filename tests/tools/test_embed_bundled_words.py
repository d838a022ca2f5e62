"""The words that ship: which they are, and which token of theirs is kept."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from embed_bundled_words import BUNDLED, EMBEDDED, bundled_words, embed, token_facts

HOOKS = EMBEDDED["minilm-l6"].hooks


@pytest.mark.parametrize("model", EMBEDDED)
def test_the_words_that_ship_are_those_of_the_relations(model):
    facts = json.loads((BUNDLED / "vectors" / model / "words.json").read_text(encoding="utf-8"))
    assert facts["words"] == bundled_words()
    assert facts["hooks"] == EMBEDDED[model].hooks


def test_the_last_token_is_kept_also_where_a_word_is_split_over_batches():
    def batches(documents):
        positions = [0, 1, 1], [1, 2]
        for part, numbers in enumerate(positions):
            rows = torch.arange(len(numbers), dtype=torch.float32)[:, None] + 10 * part
            yield SimpleNamespace(activations=dict.fromkeys(HOOKS.values(), rows), document=np.array(numbers))
        assert [document.text for document in documents] == ["a", "b", "c"]

    kept = embed(["a", "b", "c"], SimpleNamespace(batches_by_length=batches), HOOKS, 10)
    assert set(kept) == set(HOOKS)
    assert kept["layer_3"].dtype == np.float16
    assert kept["layer_3"][:, 0].tolist() == [0, 10, 11]


def test_tokens_are_counted_without_the_mark_of_a_continuation():
    tokenizer = SimpleNamespace(tokenize={"a": ["a"], "kathmandu": ["kat", "##hman", "##du"]}.get)
    assert token_facts(["a", "kathmandu"], tokenizer) == {"n_tokens": [1, 3], "last_token_characters": [1, 2]}
