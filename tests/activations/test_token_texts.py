"""Tokens as they stand within a text, whatever way a vocabulary marks the beginnings of words."""

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from saegeo_core.activations.token_texts import texts_within


def wordpiece():
    words = ["[UNK]", "a", "fire", "##fly", "glow", "##s", "."]
    made = Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece(cleanup=False)
    return made, " firefly glows ."


def byte_level():
    alphabet = {one: number for number, one in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(alphabet, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return made, "fire fly\n\tglows"


def metaspace():
    words = ["<unk>", "▁a", "▁fire", "fly", "▁glow", "s", "▁"]
    made = Tokenizer(models.Unigram([(word, -1.0 - number) for number, word in enumerate(words)], 0, False))
    made.normalizer = normalizers.Sequence([])
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return made, " firefly glows"


@pytest.mark.parametrize("make", [wordpiece, byte_level, metaspace], ids=lambda make: make.__name__)
def test_texts_of_tokens_join_to_the_text(make):
    made, text = make()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made)
    ids = np.array(tokenizer(text, add_special_tokens=False)["input_ids"])
    texts = texts_within(ids, tokenizer)
    assert len(texts) == len(ids)
    assert "".join(texts) == text


def test_a_part_of_a_character_is_no_character():
    made, _ = byte_level()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made)
    ids = np.array(tokenizer("é", add_special_tokens=False)["input_ids"])
    assert texts_within(ids, tokenizer) == ["\N{REPLACEMENT CHARACTER}"] * 2
