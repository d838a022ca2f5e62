"""What the Tab key completes, as click is asked for it and in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from saegeo_core.cli import main

HERE = Path(sys.executable).parent
ENABLED = 'eval "$(_SAEGEO_COMPLETE=bash_source saegeo)"'
WITH_COLONS = "COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}"
"""As docs/commands.md has both."""


def offered(*words):
    """What is offered for the last of these words."""
    *before, incomplete = words
    found = ShellComplete(main, {}, "saegeo", "_SAEGEO_COMPLETE").get_completions(before, incomplete)
    return [item.value if item.type == "plain" else item.type for item in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fea"], ["features"]),
        (["run", "--pres"], ["--preset"]),
        (["run", "--preset", ""], ["calibrated", "paper"]),
        (["run", "--plugin", "cos"], ["cosine-tails"]),
        (["plugins", "show", "power"], ["power-law"]),
        (["features", "minilm-l6:wid"], ["minilm-l6:width_768_layer_3"]),
        (["run", "minilm-l6:layer_0", "minilm-l6:l0"], ["minilm-l6:l0_64_layer_3"]),
        (["compare", "./results"], ["file"]),
        (["page", "./results"], ["file"]),
        (["rum", "--ver"], ["--version"]),
    ],
    ids=" ".join,
)
def test_what_is_offered(words, expected):
    assert offered(*words) == expected


def test_what_is_offered_imports_nothing_heavy():
    program = (
        "import sys; from click.shell_completion import ShellComplete; from saegeo_core.cli import main\n"
        "words = ShellComplete(main, {}, 'saegeo', '_SAEGEO_COMPLETE')\n"
        "assert words.get_completions(['run'], 'mini') and words.get_completions(['run', '--plugin'], '')\n"
        "assert not {'torch', 'sae_lens', 'transformers', 'datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def bash(tmp_path):
    """What commands that are typed into a bash, Tab keys and all, give; each line once the prompt is there."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")
    shell = shutil.which("bash")
    if shell is None or not (HERE / "saegeo").exists():
        pytest.skip("needs bash, and saegeo installed as a program")
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "PATH": f"{HERE}:{os.environ['PATH']}",
        "TERM": "dumb",
        "PS1": "",
        "INPUTRC": os.devnull,
    }

    def typed(*lines):
        given = []
        with subprocess.Popen(
            [shell, "--norc", "--noprofile", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=tmp_path,
            env=environment,
        ) as process:
            os.close(theirs)
            os.write(ours, b"PS1=$'\\x1e'\n")  # a sign that nothing else prints
            _until_prompt(ours)
            for line in lines:
                os.write(ours, f"{line}\n".encode())
                given.append(_until_prompt(ours))
            os.write(ours, b"exit\n")
            process.wait()
        return given

    yield typed
    os.close(ours)


def _until_prompt(descriptor):
    read = b""
    while not read.endswith(b"\x1e"):
        read += os.read(descriptor, 1 << 12)
    return read.decode()


def test_in_bash_the_tab_key_completes(bash, tmp_path):
    (tmp_path / "weights-of-mine.npy").touch()
    # In the shell saegeo now shows what it is given. Completion asks the program, not this function.
    shown = "saegeo() { printf '<%s>' \"$@\"; }"
    *_, options, analysis, sae, file, twice = bash(
        ENABLED,
        WITH_COLONS,
        shown,
        "saegeo run --prese\tcal\t",
        "saegeo run --plugin cosine-\t",
        "saegeo features minilm-l6:wid\t",
        "saegeo run weights-of\t",
        "saegeo match minilm-l6:layer_3 7 smollm2-135m:seed\t",
    )
    assert "<run><--preset><calibrated>" in options
    assert "<run><--plugin><cosine-tails>" in analysis
    assert "<features><minilm-l6:width_768_layer_3>" in sae
    assert "<run><weights-of-mine.npy>" in file
    assert "<match><minilm-l6:layer_3><7><smollm2-135m:seed_1_layer_12>" in twice
