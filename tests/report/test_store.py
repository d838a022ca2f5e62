import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import ReportStore, SaegeoError, run
from saegeo_core.report.store import digest_of


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_report_lies_where_the_contract_says(tmp_path, mean_norm, cloud):
    run(mean_norm, cloud, out=tmp_path)
    stored = files(tmp_path)
    assert [path.suffix for path in stored] == [".json", ".npz"]
    assert stored[0].parent == tmp_path / "memory" / "small"
    assert stored[0].name.startswith("mean-norm-")


def test_reports_and_arrays_come_back(tmp_path, mean_norm, cloud):
    report = run(mean_norm, cloud, out=tmp_path)
    again = ReportStore.read(files(tmp_path)[0])
    assert again == report
    np.testing.assert_array_equal(again.arrays["norms"], cloud.norms)


def test_reuse_replace_and_fail(tmp_path, mean_norm, cloud):
    first = run(mean_norm, cloud, out=tmp_path)
    assert run(mean_norm, cloud, out=tmp_path, existing="reuse") == first
    stamp = files(tmp_path)[0].stat().st_mtime_ns
    run(mean_norm, cloud, out=tmp_path, existing="replace")
    assert files(tmp_path)[0].stat().st_mtime_ns > stamp
    with pytest.raises(SaegeoError, match="the report exists"):
        run(mean_norm, cloud, out=tmp_path, existing="fail")


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "paper"}, {"parameters": {"factor": 3}}])
def test_whatever_changes_the_numbers_changes_the_name(tmp_path, mean_norm, cloud, change):
    run(mean_norm, cloud, out=tmp_path)
    run(mean_norm, cloud, out=tmp_path, existing="fail", **change)
    assert len(files(tmp_path)) == 4


def test_a_name_that_leaves_the_folder_is_refused(tmp_path):
    with pytest.raises(SaegeoError, match="outside"):
        ReportStore(tmp_path / "out").path("local", "../../x", "p", "d")


def test_a_full_disk_leaves_nothing_behind(tmp_path, mean_norm, cloud, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SaegeoError, match="No space left"):
        run(mean_norm, cloud, out=tmp_path)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_found_before_any_work(tmp_path, mean_norm, cloud, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(mean_norm, "analyze", lambda *_: pytest.fail("the analysis ran"))
    with pytest.raises(SaegeoError, match="cannot write"):
        run(mean_norm, cloud, out=tmp_path / "file" / "out")


def test_writers_at_the_same_time_leave_one_whole_report(tmp_path, mean_norm, cloud):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ReportStore(tmp_path).write(run(mean_norm, cloud), tmp_path / "r.json"), range(12)))
    assert [path.name for path in files(tmp_path)] == ["r.json", "r.npz"]
    assert ReportStore.read(tmp_path / "r.json").sae.digest == cloud.digest


def test_damaged_arrays_are_named(tmp_path, mean_norm, cloud):
    run(mean_norm, cloud, out=tmp_path)
    report, arrays = files(tmp_path)
    arrays.write_bytes(arrays.read_bytes()[:-30])
    with pytest.raises(SaegeoError, match="damaged"):
        ReportStore.read(report)


def test_digests_do_not_depend_on_the_order_of_keys():
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


WRITER = """
import sys
from pathlib import Path
from saegeo_core import ReportStore

golden, folder = map(Path, sys.argv[1:])
report = ReportStore.read(golden)
for turn in range(30):
    report = report.model_copy(update={"duration_seconds": float(turn)}).with_arrays(ReportStore.read(golden).arrays)
    ReportStore(folder).write(report, folder / "shared.json")
    ReportStore(folder).write(report, folder / f"own-{turn % 3}.json")
    ReportStore.read(folder / "shared.json")
"""


def test_processes_that_write_and_read_one_folder_meet_whole_reports_only(tmp_path):
    golden = Path(__file__).parents[1] / "golden" / "report_v1.json"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, golden, tmp_path], stderr=subprocess.PIPE) for _ in range(3)
    ]
    assert [writer.communicate()[1].decode() for writer in writers] == [""] * 3
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    names = ["own-0", "own-1", "own-2", "shared"]
    assert [path.name for path in files(tmp_path)] == [f"{name}.{kind}" for name in names for kind in ("json", "npz")]
    assert ReportStore.read(tmp_path / "shared.json").replicates().factor == 1.5


def test_a_store_that_was_moved_is_reused_where_it_is(tmp_path, mean_norm, cloud, monkeypatch):
    first = run(mean_norm, cloud, out=tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.setattr(type(mean_norm), "analyze", lambda *_: pytest.fail("it was computed again"))
    assert run(mean_norm, cloud, out=tmp_path / "there") == first
    assert str(tmp_path) not in files(tmp_path / "there")[0].read_text()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_in_the_place_of_arrays_is_not_waited_for(tmp_path, mean_norm, cloud):
    run(mean_norm, cloud, out=tmp_path)
    report, arrays = files(tmp_path)
    arrays.unlink()
    os.mkfifo(arrays)
    with pytest.raises(SaegeoError, match="is no file"):
        ReportStore.read(report)
