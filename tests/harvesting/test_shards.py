"""Portions of the corpus, and the shards that are made of them."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.corpora.corpus import Document
from saegeo_core.harvesting.configuration import refuse_differences
from saegeo_core.harvesting.portions import CHARACTERS, CHARACTERS_OF_A_DOCUMENT, PortionReader, portions
from saegeo_core.harvesting.shards import ShardFolder, ShardRecord, unfinished_folder

RECORD = ShardRecord(
    first_document=3,
    next_document=5,
    is_last=False,
    n_blocks=2,
    n_documents_without_block=0,
    n_tokens=9,
    n_tails=1,
    n_tail_tokens=1,
    n_skipped=0,
    labels=("prose",),
    high_norm_tokens={"here": 0},
)
ARRAYS = {
    "0/features": np.arange(4),
    "0.fired/bits": np.ones((2, 1), np.uint8),
    "blocks/document_of_block": np.arange(2),
}


class Lengths:
    """Documents of given lengths, in half portions."""

    n_skipped = 0

    def __init__(self, halves):
        self._halves = halves

    def documents(self, start=0):
        for position, halves in enumerate(self._halves[start:], start):
            yield Document("x" * (halves * CHARACTERS // 2), None, "", position)


@given(halves=st.lists(st.integers(0, 3), max_size=12), most=st.none() | st.integers(1, 14))
def test_portions_are_decided_by_the_text_alone(halves, most):
    corpus = Lengths(halves)
    cut = list(portions(corpus, 0, most))
    positions = [[document.position for document in portion.documents] for portion in cut]
    assert [position for one in positions for position in one] == list(range(min(len(halves), most or 99)))
    assert [portion.is_last for portion in cut] == [False] * (len(cut) - 1) + [True] * bool(cut)
    for portion in cut[:-1]:
        sizes = [max(len(document.text), CHARACTERS_OF_A_DOCUMENT) for document in portion.documents]
        assert sum(sizes[:-1]) < CHARACTERS <= sum(sizes)
    reader = PortionReader(corpus, most)
    for portion, expected in reversed(list(zip(cut, positions, strict=True))):
        again = reader.portion_from(portion.documents[0].position)
        assert [document.position for document in again.documents] == expected
        assert again.is_last == portion.is_last


def test_documents_without_text_make_portions_too():
    assert [len(portion.documents) for portion in portions(Lengths([0] * 1000), 0, None)] == [512, 488]


def test_a_corpus_that_became_shorter_is_noticed():
    with pytest.raises(SaegeoError, match="has no document after the first 7"):
        PortionReader(Lengths([1] * 7), None).portion_from(7)


def test_a_shard_is_found_again_with_its_arrays(tmp_path):
    shards = ShardFolder(tmp_path)
    shards.write(4, RECORD, ARRAYS)
    found = shards.find(4, first_document=3)
    assert found.model_copy(update={"sha256": ""}) == RECORD
    assert list(shards.read(4, "0")) == ["features"]  # and not those of "0.fired"
    np.testing.assert_array_equal(shards.read(4, "0")["features"], np.arange(4))
    assert list(shards.read(4, "0.fired")) == ["bits"]


def test_a_shard_that_starts_elsewhere_is_not_the_one(tmp_path):
    shards = ShardFolder(tmp_path)
    shards.write(4, RECORD, ARRAYS)
    assert shards.find(4, first_document=2) is None
    assert shards.find(5, first_document=5) is None


def test_every_set_of_saes_has_a_folder_of_its_own(tmp_path):
    first, second = ("release", "layer_0"), ("release", "layer_1")
    folders = [unfinished_folder(tmp_path, names) for names in ([first], [second], [first, second])]
    assert len(set(folders)) == 3
    assert unfinished_folder(tmp_path / "moved", [first]).name == folders[0].name


def test_differences_are_named_wherever_they_are():
    before = {"a": {"b": [1, {"c": 2.0}], "gone": True}, "same": None}
    now = {"a": {"b": [1, {"c": 2.5}], "new": "x"}, "same": None}
    with pytest.raises(SaegeoError) as refusal:
        refuse_differences(before, now, "it", "there")
    assert "a.b[1].c was 2.0, is 2.5; a.gone was True, is nothing; a.new was nothing, is x" in refusal.value.message
    refuse_differences(before, before, "it", "there")


def test_many_differences_are_counted():
    with pytest.raises(SaegeoError, match="and 3 more"):
        refuse_differences({str(i): 0 for i in range(8)}, {str(i): 1 for i in range(8)}, "it", "there")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
@pytest.mark.parametrize("name", ["shard-00007.json", "shard-00007.npz"])
def test_a_pipe_in_the_place_of_a_shard_is_no_shard(tmp_path, name):
    shards = ShardFolder(tmp_path)
    shards.write(7, RECORD, ARRAYS)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert shards.find(7, 3) is None
