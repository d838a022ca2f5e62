"""The index of a folder of reports: reports that have not changed are not read again, and nothing is believed against them."""

import os
import shutil

import numpy as np
import pytest

from saegeo_core import FeatureCloud, ReportStore, SaegeoError, run
from saegeo_core.report import index
from saegeo_core.report.gather import gather, gather_heads

HOUR = 3_600_000_000_000
N = 4


def age(path):
    """Let the last change of a file be an hour ago."""
    state = path.stat()
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - HOUR))


@pytest.fixture
def folder(mean_norm, rng, tmp_path, monkeypatch):
    """Four settled reports, the first with arrays beside it, in a folder large enough for an index."""
    monkeypatch.setattr(index, "FROM_REPORTS", N)
    store = ReportStore(tmp_path / "results")
    for number in range(N):
        cloud = FeatureCloud.from_array(rng.standard_normal((24, 6)).astype("f4"), name=f"layer_{number}")
        report = run(mean_norm, cloud)
        arrays = {"replicates.mean_norm": rng.standard_normal(9)} if number == 0 else {}
        store.write(report.with_arrays(arrays), store.folder / f"layer_{number}.json")
    for path in store.folder.iterdir():
        age(path)
    return store.folder


@pytest.fixture
def read(monkeypatch):
    """The names of the reports that were read themselves."""
    names, read_one = [], ReportStore.read

    def noted(path):
        names.append(path.name)
        return read_one(path)

    monkeypatch.setattr(ReportStore, "read", staticmethod(noted))
    return names


def heads(folder):
    found, skipped = gather_heads([folder])
    assert not skipped
    return found


def true_heads(folder):
    return [report.head for report in gather([folder])[0]]


def test_what_has_not_changed_is_not_read_again(folder, read):
    first = heads(folder)
    assert len(read) == N
    assert heads(folder) == first
    assert len(read) == N
    assert first == true_heads(folder)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == [index.FILE]


def test_the_head_of_an_index_has_the_arrays_of_its_report(folder):
    heads(folder)
    again = heads(folder)
    assert list(again[0].arrays) == ["replicates.mean_norm"]
    np.testing.assert_array_equal(
        again[0].arrays["replicates.mean_norm"],
        ReportStore.read(folder / "layer_0.json").arrays["replicates.mean_norm"],
    )
    assert not again[1].arrays


def test_arrays_that_are_damaged_later_are_found_so_when_they_are_read(folder):
    heads(folder)
    arrays, state = folder / "layer_0.npz", (folder / "layer_0.npz").stat()
    arrays.write_bytes(bytes(state.st_size))
    os.utime(arrays, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(SaegeoError, match="arrays beside the report are damaged"):
        dict(heads(folder)[0].arrays)


@pytest.mark.parametrize("name", ["layer_0.json", "layer_0.npz"])
def test_what_has_changed_is_read_again(folder, read, name):
    heads(folder)
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"seed": 0', b'"seed": 7'))
    read.clear()
    changed = heads(folder)
    assert read == ["layer_0.json"]
    assert changed == true_heads(folder)
    assert changed[0].seed == (7 if name.endswith("json") else 0)


def test_reports_come_and_go(folder, read):
    heads(folder)
    (folder / "layer_2.json").unlink()
    shutil.copy2(folder / "layer_1.json", folder / "layer_1b.json")
    read.clear()
    assert heads(folder) == true_heads(folder)
    assert read[0] == "layer_1b.json"
    read.clear()
    heads(folder)
    assert read == []


def test_what_changed_a_moment_ago_is_not_kept(folder, read):
    (folder / "layer_3.json").touch()
    heads(folder)
    (folder / "layer_4.json").write_bytes((folder / "layer_3.json").read_bytes())
    age(folder / "layer_4.json")
    heads(folder)
    read.clear()
    heads(folder)
    assert read == ["layer_3.json"]


def test_a_small_folder_stays_as_it_is(folder, monkeypatch):
    monkeypatch.setattr(index, "FROM_REPORTS", N + 1)
    heads(folder)
    assert not (folder / index.FILE).exists()


def test_no_damage_is_believed(folder, rng):
    """Bytes changed at random places, and the end missing."""
    told = heads(folder)
    whole = (folder / index.FILE).read_bytes()
    for place in rng.integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        (folder / index.FILE).write_bytes(damaged)
        assert heads(folder) == told
    for length in (0, 3, len(whole) // 2, len(whole) - 1):
        (folder / index.FILE).write_bytes(whole[:length])
        assert heads(folder) == told
    assert (folder / index.FILE).read_bytes() == whole


def test_a_lying_head_that_is_none_is_not_believed(folder, read):
    """Its checksum is right, but it is not what is compared of a report."""
    heads(folder)
    known = index._read(folder / index.FILE)
    name = "layer_1.json"
    index._write(folder / index.FILE, known | {name: (known[name][0], '{"schema_version": 2}')})
    read.clear()
    assert heads(folder) == true_heads(folder)
    assert read[0] == name


def test_the_index_of_another_version_is_none(folder, read, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(index, "_version", lambda: b"saegeo 0, schema 0")
        heads(folder)
    read.clear()
    heads(folder)
    assert len(read) == N


def test_two_writers_leave_a_whole_index(folder):
    with index.indexed(folder) as one, index.indexed(folder) as other:
        for path in sorted(folder.glob("*.json")):
            assert one(path) == other(path)
    assert index._read(folder / index.FILE).keys() == {f"layer_{number}.json" for number in range(N)}
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == [index.FILE]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "_write", full)
    assert heads(folder) == true_heads(folder)


def test_what_is_no_report_is_skipped_each_time(folder):
    (folder / "layer_1.json").write_text("{}")
    age(folder / "layer_1.json")
    for _ in range(2):
        found, skipped = gather_heads([folder])
        assert len(found) == N - 1
        assert "layer_1.json" in skipped[0].message
