"""What would take more than the limit is refused before it is read, by every reader that does not map."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import Parameters, SaegeoError, load_cloud
from saegeo_core.corpora.open_corpus import open_corpus
from saegeo_core.input_files import refuse_absent_files
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.loading.feature_labels import read_feature_labels
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.report.store import ReportStore
from saegeo_core.size_limit import limit, read_whole, refuse_inflating

TEN_MEGABYTES = 10 << 20


@pytest.fixture
def one_megabyte(monkeypatch):
    monkeypatch.setenv("SAEGEO_MAX_BYTES", str(1 << 20))


@pytest.mark.usefixtures("one_megabyte")
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("report.json", ReportStore.read),
        ("cfg.json", read_json_object),
        ("labels.json", lambda path: read_feature_labels(path, 5)),
        ("features.txt", lambda path: chosen_features(str(path), 5)),
        ("corpus.jsonl", lambda path: list(open_corpus(str(path)).documents())),
        ("corpus.jsonl.gz", lambda path: list(open_corpus(str(path)).documents())),
        ("corpus.txt.gz", lambda path: list(open_corpus(str(path)).documents())),
        ("array.json", lambda path: list(open_corpus(str(path)).documents())),
    ],
)
def test_a_text_without_end_is_not_read_to_its_end(tmp_path, name, read):
    content = b"[\n" * (TEN_MEGABYTES // 2) if name == "array.json" else b" " * TEN_MEGABYTES
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(SaegeoError, match="that are read at once(.|\n)*SAEGEO_MAX_BYTES="):
        read(tmp_path / name)


@pytest.mark.usefixtures("one_megabyte")
def test_a_compressed_array_is_not_inflated_and_a_mapped_one_has_no_limit(tmp_path):
    rows = np.random.default_rng(0).standard_normal((TEN_MEGABYTES // 64, 16)).astype(np.float32)
    np.savez_compressed(tmp_path / "a.npz", W_dec=rows)
    with pytest.raises(SaegeoError, match="W_dec of .*a.npz takes 10,485,8.. bytes, more than the 1,048,576"):
        load_cloud(str(tmp_path / "a.npz"))
    np.savez(tmp_path / "b.npz", W_dec=rows)
    assert load_cloud(str(tmp_path / "b.npz")).n_features == len(rows)


def test_what_shrank_as_no_weights_do_is_refused_far_below_the_limit():
    refuse_inflating(1 << 30, 100, "zeros")
    with pytest.raises(SaegeoError, match="zeros takes 2,147,483,648 bytes"):
        refuse_inflating(1 << 31, 1 << 20, "zeros")
    refuse_inflating(1 << 31, 1 << 30, "weights")


def test_a_limit_that_is_no_number_is_told(monkeypatch):
    for given in ("many", "-1", "0", "²", "1" * 30):
        monkeypatch.setenv("SAEGEO_MAX_BYTES", given)
        with pytest.raises(SaegeoError, match="SAEGEO_MAX_BYTES is"):
            limit(5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "report.json")
    with pytest.raises(SaegeoError, match="is no file"):
        ReportStore.read(tmp_path / "report.json")
    with pytest.raises(SaegeoError, match="is no file"):
        read_whole(tmp_path / "report.json")

    class Named(Parameters):
        words: Path

    with pytest.raises(SaegeoError, match="crystals.words: .*report.json is no file or folder"):
        refuse_absent_files("crystals", Named(words=tmp_path / "report.json"))
