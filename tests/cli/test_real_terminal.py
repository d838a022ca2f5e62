"""Commands on a pseudo-terminal, as a person runs them: progress bars and all, whatever the terminal can show."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")

EVIL = "a\x1b[31mEVIL\x1b]0;title\x07\x9b2J\u202e.npy"
SEEN = r"a\x1b[31mEVIL\x1b]0;title\x07\x9b2J\u202e.npy"
OF_BARS = re.compile(r"\x1b\[(\d*A|2K|\?25[lh]|[\d;]*m)|\r")
COLOR = re.compile(r"\x1b\[[\d;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")


@pytest.fixture
def on_terminal(tmp_path, rng):
    """What a run of an SAE of an evil name writes on a terminal, in such an environment."""
    np.save(tmp_path / EVIL, rng.standard_normal((40, 6)).astype(np.float32))
    own = ("LC_", "LANG", "PYTHONUTF8", "PYTHONIOENCODING", "NO_COLOR", "FORCE_COLOR", "TTY_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}

    def run(**environment):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "saegeo_core", "run", "--plugin", "cosine-tails", EVIL]
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=kept | environment
        ) as process:
            os.close(theirs)
            written = b"".join(iter(lambda: _some(ours), b""))
        os.close(ours)
        assert process.returncode == 0, written
        return written.decode(environment.get("encoding", "utf-8"))

    return run


def _some(descriptor):
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # Linux says so when nobody writes there any more
        return b""


def test_a_name_steers_no_terminal_and_no_bar_of_it(on_terminal):
    shown = on_terminal(TERM="xterm-256color", COLUMNS="200", LC_ALL="C.UTF-8")
    assert "\x1b[?25l" in shown  # there were bars
    assert SEEN in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", OF_BARS.sub("", shown))


@pytest.mark.parametrize(
    "terminal",
    [{"TERM": "dumb"}, {"TERM": "dumb", "COLUMNS": "20", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["dumb", "dumb, narrow, of ASCII alone"],
)
def test_a_dumb_terminal_is_sent_nothing_but_text(on_terminal, terminal):
    shown = on_terminal(**terminal)
    assert "cosine-tails" in shown
    assert shown.replace("\r\n", "").isprintable()
    if "LC_ALL" in terminal:
        assert shown.isascii()
        assert "Traceback" not in shown


def test_no_color_is_none(on_terminal):
    assert not COLOR.search(on_terminal(TERM="xterm-256color", NO_COLOR="1", LC_ALL="C.UTF-8"))
