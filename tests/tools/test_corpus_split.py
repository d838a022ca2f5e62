"""The split is fixed by its rule alone: these tests restate the rule, and pin it on names whose hashes are known."""

import gzip
import hashlib
import json
import random
from collections import defaultdict

import pytest
from corpus_split import DEFAULT_CORPUS, Document, read_documents, source_group, split
from hypothesis import given
from hypothesis import strategies as st


def pieces(kind: str, group: str, count: int) -> list[Document]:
    return [Document(f"{group} part {part}", kind.title(), kind, group) for part in range(count)]


def write_kind(folder, kind, rows):
    with gzip.open(folder / f"{kind}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("gutenberg/melville-moby_dick.txt#225", "gutenberg/melville-moby_dick.txt"),
        ("stacks-project/algebra.tex#163.0", "stacks-project/algebra.tex"),
        ("wiki/C# in depth#3", "wiki/C# in depth"),
        ("pubmedqa/15223779 (+1 joined)", "pubmedqa/15223779 (+1 joined)"),
        ("", ""),
    ],
)
def test_a_source_loses_only_its_last_part_number(source, group):
    assert source_group(source) == group


def test_reading_gives_text_label_kind_and_group_in_order(tmp_path):
    write_kind(tmp_path, "novels", [{"text": "Ünïcode\n", "meta": {"pile_set_name": "Books3", "source": "emma.txt#2"}}])
    write_kind(
        tmp_path, "code", [{"text": "x", "meta": {"pile_set_name": "Github", "source": f"a.py#{i}"}} for i in "10"]
    )
    assert read_documents(tmp_path) == [
        Document("x", "Github", "code", "a.py"),
        Document("x", "Github", "code", "a.py"),
        Document("Ünïcode\n", "Books3", "novels", "emma.txt"),
    ]


def test_a_folder_without_text_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="jsonl"):
        read_documents(tmp_path)


def test_groups_are_kept_out_in_the_order_of_their_hash():
    # SHA-256 in hexadecimal: c 2e7d…, b 3e23…, d 18ac…, a ca97…: the order is d, c, b, a.
    documents = [document for group in "abcd" for document in pieces("code", group, 3)]
    training, kept_out = split(documents)
    # d holds 3 of 12 pieces, less than a third; with c a third is reached.
    assert [document.group for document in kept_out] == ["c"] * 3 + ["d"] * 3
    assert [document.group for document in training] == ["a"] * 3 + ["b"] * 3


def test_exactly_a_third_is_enough():
    documents = [document for group in "abd" for document in pieces("code", group, 2)]
    _, kept_out = split(documents)
    assert {document.group for document in kept_out} == {"d"}


def test_kinds_are_split_apart_even_where_group_names_agree():
    documents = pieces("code", "readme", 4) + pieces("chat", "readme", 4) + pieces("chat", "other", 4)
    training, kept_out = split(documents)
    assert {(document.kind, document.group) for document in kept_out} >= {("code", "readme")}
    assert {document.kind for document in training} == {"chat"}


sizes_of_groups = st.dictionaries(
    st.sampled_from(["code", "chat", "novels"]),
    st.dictionaries(st.text(max_size=8), st.integers(1, 9), min_size=1, max_size=12),
    min_size=1,
)


@given(sizes_of_groups, st.randoms(use_true_random=False))
def test_the_rule_holds_for_any_corpus_in_any_order(sizes: dict[str, dict[str, int]], order: random.Random):
    documents = [
        d for kind, groups in sizes.items() for group, size in groups.items() for d in pieces(kind, group, size)
    ]
    order.shuffle(documents)
    training, kept_out = split(documents)

    # Nothing is lost, and each part keeps the order given.
    place = {document: index for index, document in enumerate(documents)}
    assert sorted(training + kept_out, key=place.__getitem__) == documents
    assert training == sorted(training, key=place.__getitem__)
    assert kept_out == sorted(kept_out, key=place.__getitem__)

    held = defaultdict(set)
    for document in kept_out:
        held[document.kind].add(document.group)
    for kind, groups in sizes.items():
        total = sum(groups.values())
        pieces_held = sum(groups[group] for group in held[kind])
        by_hash = sorted(groups, key=lambda group: hashlib.sha256(group.encode()).hexdigest())
        last = by_hash[len(held[kind]) - 1]
        assert held[kind] == set(by_hash[: len(held[kind])])
        assert pieces_held * 3 >= total
        assert (pieces_held - groups[last]) * 3 < total
    assert not {(d.kind, d.group) for d in training} & {(d.kind, d.group) for d in kept_out}


@pytest.mark.skipif(not DEFAULT_CORPUS.is_dir(), reason="the development corpus does not lie beside the repository")
def test_the_split_that_the_bundled_release_was_made_with():
    training, kept_out = split(read_documents())
    assert (len(training), len(kept_out)) == (3857, 1975)
    assert {document.group.split("/")[-1] for document in kept_out if document.kind == "gutenberg"} == {
        "burgess-busterbrown.txt",
        "chesterton-brown.txt",
        "melville-moby_dick.txt",
        "shakespeare-hamlet.txt",
        "shakespeare-macbeth.txt",
        "whitman-leaves.txt",
    }
