"""Labels of features, from three kinds of file; whatever is wrong is told with its line."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.loading.feature_labels import read_feature_labels

# What a line of text may hold; csv's own quoting takes care of commas, quotes and tabs.
LABELS = st.dictionaries(
    st.integers(0, 9), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=8)
)


@given(labels=LABELS, suffix=st.sampled_from([".json", ".csv", ".tsv"]), mark=st.sampled_from(["", "\ufeff"]))
def test_what_is_written_is_read(tmp_path_factory, labels, suffix, mark):
    path = tmp_path_factory.mktemp("labels") / f"labels{suffix}"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(mark)
        if suffix == ".json":
            json.dump({str(feature): label for feature, label in labels.items()}, file)
        else:
            rows = csv.writer(file, delimiter="," if suffix == ".csv" else "\t")
            rows.writerows([("feature", "label"), *labels.items()])
    assert read_feature_labels(path, 10) == tuple(labels.get(feature, "") for feature in range(10))


def test_other_columns_do_no_harm(tmp_path):
    (tmp_path / "labels.csv").write_text("score,label,feature\n0.9,dates,1\n")
    assert read_feature_labels(tmp_path / "labels.csv", 3) == ("", "dates", "")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", "", "a.txt is no file of labels"),
        ("a.csv", "", "line 1: the columns are nothing, not feature and label"),
        ("a.csv", "name,label\n1,x\n", "line 1: the columns are 'name', 'label'"),
        ("a.csv", "feature,label\n1,x\n3,y\n", "line 3: '3' is no feature; the SAE has 3, numbered from 0"),
        ("a.csv", "feature,label\n-1,x\n", "line 2: '-1' is no feature"),
        ("a.csv", "feature,label\n1.0,x\n", "line 2: '1.0' is no feature"),
        ("a.csv", "feature,label\n١,x\n", "line 2: '١' is no feature"),
        ("a.csv", "feature,label\n1,x\n1,y\n", "line 3: feature 1 has a label already, 'x'"),
        ("a.csv", "feature,label\n1\n", "line 2: it has not as many fields as the header"),
        ("a.csv", "feature,label\n1,a,b\n", "line 2: it has not as many fields as the header"),
        ("a.csv", 'feature,label\n1,"x\n', "line 2: unexpected end of data"),
        ("a.tsv", "feature,label\n1,x\n", "line 1: the columns are 'feature,label'"),
        ("a.json", "", "line 1: not JSON"),
        ("a.json", '{\n"1": "x"\n"2": "y"}', "line 3: not JSON"),
        ("a.json", "3", "holds no JSON object"),
        ("a.json", '[["1", "x"]]', "entry 0: a list is no label"),
        ("a.json", '{"1": 5}', "'1': its label is not a text"),
        ("a.json", '{"1": "x", "1": "y"}', "'1': feature 1 has a label already"),
        ("a.json", '{"9": "x"}', "'9': '9' is no feature"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, name, content, complaint):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SaegeoError, match=complaint):
        read_feature_labels(tmp_path / name, 3)


def test_missing_or_not_text(tmp_path):
    with pytest.raises(SaegeoError, match="cannot be read: No such file"):
        read_feature_labels(tmp_path / "a.csv", 3)
    (tmp_path / "b.csv").write_bytes(b"feature,label\n1,\xff\n")
    with pytest.raises(SaegeoError, match="are not UTF-8 text"):
        read_feature_labels(tmp_path / "b.csv", 3)


EXPORTED = [
    {"modelId": "gpt2-small", "layer": "8-res-jb", "index": "1", "description": "dates", "explanationModelName": "a"},
    {"index": 1, "description": "years", "explanationModelName": "b"},
    {"index": 2, "description": None},
]


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_exports_of_dashboards(tmp_path, suffix):
    """Neuronpedia and delphi: a list or lines of objects, several for one feature, null for none."""
    path = tmp_path / f"labels{suffix}"
    path.write_text(json.dumps(EXPORTED) if suffix == ".json" else "\n".join(map(json.dumps, EXPORTED)))
    assert read_feature_labels(path, 4) == ("", "dates; years", "", "")


def test_a_list_of_texts_is_in_the_order_of_the_features(tmp_path):
    (tmp_path / "a.json").write_text('["dates", null, "names"]')
    assert read_feature_labels(tmp_path / "a.json", 3) == ("dates", "", "names")
    (tmp_path / "b.json").write_text('{"0": null, "2": "names"}')
    assert read_feature_labels(tmp_path / "b.json", 3) == ("", "", "names")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.json", "[1]", "entry 0: a int is no label"),
        ("a.json", '[{"index": 1}]', "entry 0: it has 'index', not feature or index and label or description"),
        ("a.json", '[{"index": 1, "description": 2}]', "entry 0: its description is not a text"),
        ("a.json", '["a", "b", "c", "d"]', "'3' is no feature; the SAE has 3"),
        ("a.json", "[1", "not JSON"),
        ("a.jsonl", '{"index": 1, "label": "a"}\n{"index"', "line 2: not JSON"),
    ],
)
def test_exports_that_are_none(tmp_path, name, content, complaint):
    (tmp_path / name).write_text(content)
    with pytest.raises(SaegeoError, match=complaint):
        read_feature_labels(tmp_path / name, 3)


def test_a_table_may_name_its_columns_as_exports_do(tmp_path):
    (tmp_path / "labels.csv").write_text('index,description\n0,dates\n2,"cats, dogs"\n')
    assert read_feature_labels(tmp_path / "labels.csv", 3) == ("dates", "", "cats, dogs")


def test_a_number_of_thousands_of_digits_is_no_feature(tmp_path):
    """Python does not make a number of it."""
    (tmp_path / "labels.csv").write_text("feature,label\n" + "9" * 5000 + ",many\n")
    with pytest.raises(SaegeoError, match="line 2: '999.*is no feature"):
        read_feature_labels(tmp_path / "labels.csv", 10)


def test_a_description_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "labels.jsonl").write_text('{"index": 1, "description": "a", "description": "b"}\n')
    with pytest.raises(SaegeoError, match="line 1: not JSON: an object has 'description' twice"):
        read_feature_labels(tmp_path / "labels.jsonl", 10)
