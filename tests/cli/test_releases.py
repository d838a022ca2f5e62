import json
import re

import pytest
from click.testing import CliRunner

from saegeo_core.cli import main
from saegeo_core.loading import release_directory
from saegeo_core.loading.release_directory import ReleaseEntry

ENTRIES = [
    ReleaseEntry("minilm-l6", "layer_0", "bundled", "folder", "layer_0", model="all-MiniLM-L6-v2", l0=32.1),
    ReleaseEntry("minilm-l6", "layer_1", "bundled", "folder", "layer_1", model="all-MiniLM-L6-v2", l0=31.9),
    ReleaseEntry("far", "a/[red]b", "sae-lens", "x/far", "a", model="gpt2-small", l0=None),
    ReleaseEntry("far", "a/c", "sae-lens", "x/far", "c", model=None, l0=105.0),
]


@pytest.fixture
def directory(monkeypatch):
    by_release = {name: [e for e in ENTRIES if e.release == name] for name in ("minilm-l6", "far")}
    monkeypatch.setattr(release_directory, "release_names", lambda: list(by_release))
    monkeypatch.setattr(release_directory, "entries_of", by_release.__getitem__)


@pytest.mark.usefixtures("directory")
def test_without_a_pattern_each_release_takes_a_line_and_the_bundled_one_is_laid_out(saegeo):
    told = " ".join(saegeo("releases").stdout.split())
    assert "model: all-MiniLM-L6-v2 minilm-l6:layer_0 32.1" in told
    assert "model: gpt2-small, unknown far 2 unknown unknown 105" in told
    assert told.index("bundled") < told.index("known to sae-lens")
    assert "4 SAEs in 2 releases" in told


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("pattern", ["far", "far:*", "*/?red]b", "a/"])
def test_with_a_pattern_each_sae_takes_a_line(saegeo, pattern):
    told = " ".join(saegeo("releases", pattern).stdout.split())
    assert "model: gpt2-small far:a/[red]b unknown" in told
    assert "minilm" not in told


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("arguments", [[], ["far"]])
def test_no_name_is_folded_in_a_narrow_terminal(saegeo, monkeypatch, arguments):
    names = re.findall(r"^[\w-]+:\S+", saegeo("releases", *arguments).stdout, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "20")
    narrow = CliRunner().invoke(main, ["releases", *arguments]).stdout.split()
    assert names
    assert set(names) <= set(narrow)


@pytest.mark.usefixtures("directory")
def test_a_pattern_that_matches_nothing_is_answered_with_what_resembles_it(saegeo):
    result = saegeo("releases", "minilm-l5")
    assert result.exit_code == 2
    assert result.stderr == "error: no release or SAE matches 'minilm-l5'\ndid you mean 'minilm-l6'?\n"


def test_the_real_directory_can_be_listed(saegeo):
    result = saegeo("releases", "gemma-scope-2b-pt-res-canonical:layer_12/width_16k/canonical")
    assert result.exit_code == 0
    assert "gemma-2-2b" in result.stdout
    assert result.stdout.endswith("1 SAE in 1 release\n")


def specs(result):
    return [one["sae"] for one in json.loads(result.stdout)]


GEMMA = "gemma-scope-2b-pt-res"


def test_a_pattern_of_many_releases_is_summed_up_and_one_release_is_laid_out(saegeo):
    summed = saegeo("releases", "gemma").stdout
    assert 50 < len(summed.splitlines()) < 150
    line = next(line for line in summed.splitlines() if line.startswith(f"{GEMMA} "))
    assert "0-25" in line
    assert "4k-1m" in line
    assert summed.rindex("model: ", 0, summed.index(line)) == summed.index("model: gemma-2-2b\n")
    laid_out = saegeo("releases", GEMMA).stdout
    assert f"{GEMMA}:layer_12/width_16k/average_l0_82" in laid_out
    assert "canonical" not in laid_out
    assert len(saegeo("releases", "gemma", "--saes").stdout.splitlines()) > 10_000


def test_layers_come_in_natural_order(saegeo):
    lines = saegeo("releases", "llama_scope_lxr_8x").stdout.splitlines()
    assert [line.partition(":")[2].split()[0] for line in lines if ":l" in line][:3] == ["l0r_8x", "l1r_8x", "l2r_8x"]


def test_options_narrow_the_list(saegeo):
    asked = ["--layer", "12", "--width", "16K", "--site", "residual", "--l0", "30-100", "--json"]
    found = json.loads(saegeo("releases", "gemma-scope-2b", *asked).stdout)
    assert f"{GEMMA}:layer_12/width_16k/average_l0_82" in [one["sae"] for one in found]
    assert {(one["layer"], one["width"], one["site"]) for one in found} == {(12, "16k", "residual")}
    assert all(30 <= one["l0"] <= 100 for one in found)
    assert all("gpt2" in one["model"] for one in json.loads(saegeo("releases", "--model", "GPT2", "--json").stdout))


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--l0", "40-"], ["far:a/c"]),
        (["--l0", "-40"], ["minilm-l6:layer_0", "minilm-l6:layer_1"]),
        (["--layer", "1"], ["minilm-l6:layer_1"]),
        (["--model", "gpt"], ["far:a/[red]b"]),
    ],
)
def test_what_is_not_known_is_not_had(saegeo, asked, found):
    assert specs(saegeo("releases", *asked, "--json")) == found


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            [GEMMA, "--site", "mlp"],
            "no SAE has all that was asked for",
            "widths 4k, 16k, 32k, 65k, 131k, 262k, 524k, 1m",
        ),
        (["gemma", "--l0", "80-30"], "--l0 80-30 is no range", "LOW-HIGH"),
        (["gemma", "--l0", "many"], "--l0 many is no range", "LOW-HIGH"),
    ],
)
def test_what_there_is_none_of_is_answered_with_what_there_is(saegeo, arguments, error, hint):
    result = saegeo("releases", *arguments)
    assert result.exit_code == 2
    assert error in result.stderr
    assert hint in result.stderr
