"""How much is said on standard error: --quiet, nothing asked, -v; and what becomes of the warnings of libraries."""

import re
import warnings

import pytest

from saegeo_core.cli import COMMANDS
from saegeo_core.cli.plugins import command as plugins_command

PLUGINS = list(plugins_command.commands)
SOME = ["--plugin", "mean-norm", "decoder.npy"]


@pytest.fixture
def measured(matrix, plugins, analysis):
    return plugins(analysis())


def test_nothing_asked_start_end_and_what_to_do_next_are_said(saegeo, measured):
    lines = saegeo("run", *SOME, plugins=measured).stderr.splitlines()
    assert lines[0] == "mean-norm on decoder.npy: started"
    assert re.fullmatch(r"mean-norm on decoder\.npy: done in 0\.\d\d s", lines[1])
    assert lines[2] == "for all of it, type:"


def test_quiet_is_silent_but_for_results(saegeo, measured):
    result = saegeo("run", "--quiet", *SOME, plugins=measured)
    assert result.stderr == ""
    assert "report: " in result.stdout
    assert saegeo("compare", "-q", "saegeo-results", plugins=measured).stderr == ""
    assert saegeo("page", "--quiet", "--out", "a.html", plugins=measured).stderr == ""


@pytest.mark.parametrize(
    "command", [[name] for name in COMMANDS if name != "plugins"] + [["plugins", name] for name in PLUGINS]
)
def test_every_command_takes_both(saegeo, command):
    options = [line.split()[:2] for line in saegeo(*command, "-h").stdout.splitlines() if line.lstrip().startswith("-")]
    assert ["-v,", "--verbose"] in options
    assert ["-q,", "--quiet"] in options


def test_what_a_feature_is_looked_up_in_is_told_with_v(saegeo, matrix):
    told = saegeo("features", "decoder.npy", "1", "-v").stderr
    assert re.search(r"read decoder\.npy: 30 x 5 in \d\.\d\d s", told)
    assert saegeo("features", "decoder.npy", "1", "-q").stderr == ""


def test_the_level_of_one_command_is_not_that_of_the_next(saegeo, measured):
    saegeo("run", "--quiet", *SOME, plugins=measured)
    assert "started" in saegeo("run", *SOME, plugins=measured).stderr


def test_failures_are_told_with_what_to_type_whatever_is_asked(saegeo, measured):
    result = saegeo("run", "--quiet", "--plugin", "mean-norm", "nowhere.npy", plugins=measured)
    assert result.stderr.startswith("error: nowhere.npy is neither a file nor a folder")
    assert "type release:sae_id or a path" in result.stderr


def test_v_tells_what_is_read_and_made(saegeo, measured):
    first = saegeo("run", "-v", *SOME, plugins=measured).stderr
    assert re.search(r"read decoder\.npy: 30 x 5 in \d\.\d\d s", first)
    assert re.search(r"mean-norm on decoder\.npy took \d\.\d\d s: saegeo-results/\S+\.json", first)
    again = saegeo("run", "-v", *SOME, plugins=measured).stderr
    assert "mean-norm on decoder.npy was computed earlier: saegeo-results/" in again


def warning_analysis(analysis, text="the solver\n  did not converge"):
    return analysis(before=lambda *_: warnings.warn(text, UserWarning, stacklevel=1))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("loudness", [[], ["--quiet"]])
def test_a_warning_is_one_line_that_names_its_package(saegeo, plugins, analysis, matrix, loudness):
    result = saegeo("run", *SOME, *loudness, plugins=plugins(warning_analysis(analysis)))
    told = [line for line in result.stderr.splitlines() if "warning" in line]
    assert told == ["warning of cli: the solver did not converge"]
    assert "Warning:" not in result.stderr


@pytest.mark.filterwarnings("default")
def test_v_tells_where_a_warning_came_from(saegeo, plugins, analysis, matrix):
    result = saegeo("run", "-v", *SOME, plugins=plugins(warning_analysis(analysis)))
    assert re.search(r"^UserWarning at \S*test_verbosity\.py:\d+$", result.stderr, re.MULTILINE)
