import json
import os
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from saegeo_core import SaegeoError
from saegeo_core.cli import COMMANDS, main
from saegeo_core.cli.interruption import Interruption
from saegeo_core.errors import Unfinished

HEAVY = ["torch", "sae_lens", "transformers", "pandas", "scipy", "sklearn", "numpy", "datasets", "plotly"]
NOT_FOR_HELP = [*HEAVY, "rich", "pydantic", "pluggy", "yaml"]


def imported(arguments):
    """The modules in memory after `saegeo ARGUMENTS`."""
    program = (
        "import json, sys\n"
        "from saegeo_core.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print('modules', json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.rpartition("modules ")[2]))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "-h"], ["show", "-h"], ["plugins", "-h"], ["releases", "-h"]]
)
def test_help_imports_nothing_heavy(arguments):
    assert not imported(arguments) & set(NOT_FOR_HELP)


@pytest.mark.parametrize("arguments", [["plugins"], ["plugins", "list"]])
def test_listing_plugins_imports_nothing_heavy(arguments):
    assert not imported(arguments) & {"torch", "sae_lens", "transformers", "datasets"}


def test_the_module_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "saegeo_core", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("saegeo 0.")


@pytest.mark.parametrize("command", ["plugins", "releases"])
def test_a_reader_that_goes_away_is_no_trouble(command):
    program = [sys.executable, "-m", "saegeo_core", command]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_what_is_piped_has_no_colors():
    done = subprocess.run([sys.executable, "-m", "saegeo_core", "plugins"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout


def test_every_command_says_in_the_list_what_it_says_itself():
    for name, summary in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        first_line = command.help.partition("\n")[0].partition(":")[0].rstrip(".")
        assert first_line == summary.rstrip("."), name


def test_h_is_help_everywhere(saegeo):
    for command in ([], *([name] for name in COMMANDS), ["plugins", "show"], ["plugins", "list"]):
        assert saegeo(*command, "-h").stdout.startswith("Usage: ")


def test_an_unknown_command_names_those_that_resemble_it(saegeo):
    result = saegeo("rum")
    assert result.exit_code == 2
    assert result.stderr == "error: there is no command 'rum'\ndid you mean 'run'?\n"
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["--nonsense"], ["run", "--nonsense"], ["run", "--seed", "-1"], ["show"]])
def test_options_that_make_no_sense_are_the_users_mistake(saegeo, arguments):
    assert saegeo(*arguments).exit_code == 2


def failing(error):
    def fail():
        raise error

    return click.Command("fail", callback=fail)


@pytest.fixture
def group_that(monkeypatch):
    def make(error):
        monkeypatch.setattr(type(main), "get_command", lambda *_: failing(error))
        return main

    return make


def test_the_users_mistake_is_told_with_what_to_type(group_that):
    result = CliRunner().invoke(group_that(SaegeoError("[bold]no\x1b[31m", "type [this]")), ["run"])
    assert result.exit_code == 2
    assert result.stderr == "error: [bold]no\\x1b[31m\ntype [this]\n"


def test_what_could_not_be_finished_by_nobodys_mistake_is_told_apart(group_that):
    result = CliRunner().invoke(group_that(Unfinished("the cluster is gone", "type the same command")), ["run"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the cluster is gone" in result.stderr


def test_an_error_of_the_operating_system_is_a_sentence(group_that):
    error = OSError(36, "File name too long", "xxx\x1b[31m")
    result = CliRunner().invoke(group_that(error), ["run"])
    assert result.exit_code == 2
    assert result.stderr == "error: xxx\\x1b[31m: File name too long\nchoose another place, or mend it\n"


def test_a_warning_is_a_message_that_steers_no_terminal(tmp_path):
    (tmp_path / "a.py").write_text(
        "import warnings\nfrom saegeo_core.cli import main\nimport click\n"
        "warn = lambda: warnings.warn('a\\x1b[31mb\\x07', stacklevel=1)\n"
        "type(main).get_command = lambda *_: click.Command('run', callback=warn)\nmain(['run'])\n"
    )
    done = subprocess.run([sys.executable, tmp_path / "a.py"], capture_output=True, text=True, check=False)
    assert done.stderr.startswith("warning")
    assert done.stderr.endswith(": a\\x1b[31mb\\x07\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full is needed")
@pytest.mark.parametrize("command", [["plugins"], ["releases", "gemma"], ["plugins", "show", "cosine-tails"]])
def test_a_full_disk_behind_standard_output_is_a_sentence(command):
    with open("/dev/full", "w") as full:
        program = [sys.executable, "-m", "saegeo_core", *command]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: No space left on device")


@pytest.mark.parametrize(
    ("error", "status", "what"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (Interruption(signal.SIGINT), 130, "interrupted"),
        (Interruption(signal.SIGTERM), 143, "ended by SIGTERM"),
        (Interruption(signal.SIGHUP), 129, "ended by SIGHUP"),
    ],
    ids=["KeyboardInterrupt", "SIGINT", "SIGTERM", "SIGHUP"],
)
def test_an_interruption_is_told_plainly(group_that, error, status, what):
    result = CliRunner().invoke(group_that(error), ["run"])
    assert result.exit_code == status
    promise = "what was finished is kept, nothing is left half-written, and the same command goes on"
    assert result.stderr == f"{what}: {promise}\n"
