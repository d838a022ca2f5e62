"""Which text the bundled firing statistics are harvested from."""

from collections import Counter

import pytest
from corpus_split import Document
from harvest_bundled_release import BLOCK_TOKENS, BLOCKS_OF_A_KIND, KeptOutText, balanced


def tokenizer(text, **options):
    """One token a word."""
    return {"input_ids": text.split()}


@pytest.fixture
def documents():
    """Two kinds of text: many documents of one block, fewer of four; each text once."""
    short = [Document(f"s{i} " * BLOCK_TOKENS, "Short", "short", f"book {i}") for i in range(2 * BLOCKS_OF_A_KIND)]
    long = [Document(f"l{i} " * (4 * BLOCK_TOKENS + 9), "Long", "long", f"file {i}") for i in range(BLOCKS_OF_A_KIND)]
    return short + long


def test_every_kind_fills_as_many_blocks_and_no_document_comes_twice(documents):
    chosen = balanced(documents, tokenizer)
    blocks = Counter()
    for document in chosen:
        blocks[document.kind] += len(document.text.split()) // BLOCK_TOKENS
    assert blocks == {"short": BLOCKS_OF_A_KIND, "long": BLOCKS_OF_A_KIND}
    assert len({document.text for document in chosen}) == len(chosen)


def test_kinds_are_mixed_from_the_beginning_on(documents):
    chosen = balanced(documents, tokenizer)
    for part in (chosen[: len(chosen) // 4], chosen[-len(chosen) // 4 :]):
        kinds = Counter(document.kind for document in part)
        assert kinds["short"] == pytest.approx(4 * kinds["long"], rel=0.1)


def test_the_choice_depends_on_the_texts_alone(documents):
    assert balanced(documents, tokenizer) == balanced(documents[::-1], tokenizer)


def test_the_text_is_a_corpus_that_can_be_read_from_any_document_on(documents):
    text = KeptOutText(documents)
    assert [document.position for document in text.documents(5)] == list(range(5, len(documents)))
    first = next(text.documents())
    assert (first.label, first.group) == ("Short", "short/book 0")
    assert text.describe() == KeptOutText(documents).describe() != KeptOutText(documents[1:]).describe()
    assert "s0" not in str(text.describe())
