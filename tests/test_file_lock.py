"""Who holds a file holds it alone, until it lets go or ends; nothing is left behind, and what a killed process left is no lock."""

import os
import subprocess
import sys
import threading

import pytest

from saegeo_core.file_lock import AlreadyLockedError, locked


def test_a_second_holder_is_told_of_the_first(tmp_path):
    path = tmp_path / "below" / "a.lock"
    with locked(path), pytest.raises(AlreadyLockedError, match=f"process {os.getpid()} on "), locked(path):
        pass
    assert not path.parent.exists()
    with locked(path):
        assert path.exists()


def test_what_a_killed_process_held_is_free(tmp_path):
    path = tmp_path / "a.lock"
    hold = "import sys, pathlib; from saegeo_core.file_lock import locked\n"
    hold += "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold, path], stdin=-1, stdout=-1) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyLockedError, match=f"process {process.pid} "), locked(path):
            pass
        process.kill()
    assert path.exists()
    with locked(path):
        pass


def test_of_many_that_come_and_go_one_at_a_time_is_inside(tmp_path):
    path, inside, most = tmp_path / "below" / "a.lock", [], []

    def come_and_go():
        for _ in range(200):
            try:
                with locked(path):
                    inside.append(None)
                    most.append(len(inside))
                    inside.pop()
            except AlreadyLockedError:
                pass

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are of POSIX")
def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="Not a directory|File exists"), locked(tmp_path / "file" / "below" / "a.lock"):
        pass
