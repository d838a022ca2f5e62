"""The three formats, what is wrong with files, and the relations that ship."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_crystals.relations import Relation, bundled_relations, cleaned, read_relations

WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)


def test_a_folder_of_json_lists(tmp_path):
    (tmp_path / "b.json").write_text('[{"input": "one ", "output": "eins"}]')
    (tmp_path / "a.json").write_text('[\n{"output": "Wien", "input": "Österreich"}\n]', encoding="utf-8")
    (tmp_path / "README.md").write_text("not pairs")
    assert read_relations(tmp_path) == [Relation("a", (("Österreich", "Wien"),)), Relation("b", (("one", "eins"),))]
    assert read_relations(tmp_path / "b.json") == [Relation("b", (("one", "eins"),))]


def test_the_google_format_counts_every_pair_once(tmp_path):
    path = tmp_path / "questions-words.txt"
    path.write_text(": capitals\nAthens Greece Oslo Norway\nAthens Greece Rome Italy\n\n: plurals\ncat cats dog dogs\n")
    assert read_relations(path) == [
        Relation("capitals", (("Athens", "Greece"), ("Oslo", "Norway"), ("Rome", "Italy"))),
        Relation("plurals", (("cat", "cats"), ("dog", "dogs"))),
    ]


def test_a_tree_of_bats_files(tmp_path):
    (tmp_path / "1_Inflectional").mkdir()
    (tmp_path / "1_Inflectional" / "I01 [plural].txt").write_text("album\talbums\napproach\tapproaches/approach\n")
    expected = Relation("I01 [plural]", (("album", "albums"), ("approach", "approaches")))
    assert read_relations(tmp_path) == [expected]
    assert read_relations(tmp_path / "1_Inflectional" / "I01 [plural].txt") == [expected]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", '[{"input": "x", "output": "y"},\n oops]', "a.json, line 2: Expecting value"),
        ("a.json", '{"input": "x", "output": "y"}', "a.json, line 1: not a list"),
        ("a.json", '[{"input": "x", "output": "y"},\n\n{"input": "x"}]', "a.json, line 3: not {"),
        ("a.json", '[{"input": "x", "output": "y"},\n["x", "y"]]', "a.json, line 2: not {"),
        ("a.json", '[\n{"input": "x", "output": " "}]', "a.json, line 2: not {"),
        ("a.json", '[{"input": "x", "output": 3}]', "a.json, line 1: not {"),
        ("a.json", "[]", "the relation a in .* has no pairs"),
        ("a.txt", ": capitals\na b c d\na b c\n", "a.txt, line 3: 3 words where four belong"),
        ("a.txt", ": capitals\n: plurals\na b c d\n", "the relation capitals in .* has no pairs"),
        ("a.txt", ":\na b c d\n", "a.txt, line 1: a section without a name"),
        ("a.txt", "word\tanswer\nword answer\n", "a.txt, line 2: not a word, a tab"),
        ("a.txt", "word\t/\n", "a.txt, line 1: not a word, a tab"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(SaegeoError, match=told):
        read_relations(tmp_path / name)


def test_a_folder_without_relations(tmp_path):
    with pytest.raises(SaegeoError, match="holds no relations"):
        read_relations(tmp_path)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SaegeoError, match="not UTF-8"):
        read_relations(tmp_path)


@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(WORD, WORD), min_size=1, max_size=8), indent=st.sampled_from([None, 1]))
def test_json_goes_round(tmp_path_factory, pairs, indent):
    path = tmp_path_factory.mktemp("relations") / "any.json"
    path.write_text(json.dumps([{"input": a, "output": b} for a, b in pairs], indent=indent), encoding="utf-8")
    assert read_relations(path) == [Relation("any", tuple(pairs))]


def test_the_relations_that_ship():
    relations = bundled_relations()
    assert len(relations) == 18
    for relation in relations:
        assert 30 <= len(relation.pairs) <= 60, relation.name
        assert len(set(relation.pairs)) == len(relation.pairs)
        assert len({a for a, _ in relation.pairs}) == len(relation.pairs), "an input has one output"
        assert all(a != b and a == a.strip() and b == b.strip() for a, b in relation.pairs)
    words = {word for relation in relations for pair in relation.pairs for word in pair}
    assert sum(" " not in word for word in words) > 0.95 * len(words)


def test_identical_and_repeated_pairs_are_dropped_and_counted():
    kept, dropped = cleaned([Relation("a", (("x", "y"), ("x", "y"), ("z", "z"), ("y", "x")))])
    assert kept == [Relation("a", (("x", "y"), ("y", "x")))]
    assert dropped == {"repeated": 1, "identical": 1}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of POSIX")
def test_a_device_is_not_read_to_its_end(tmp_path):
    (tmp_path / "r.txt").symlink_to("/dev/zero")
    with pytest.raises(SaegeoError, match="r.txt is no file"):
        read_relations(tmp_path / "r.txt")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" + "9" * 5000 + "]", '[{"input": "a", "input": "b", "output": "c"}]']
)
def test_json_that_python_does_not_read_is_told(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(SaegeoError, match="r.json, line 1"):
        read_relations(tmp_path / "r.json")
