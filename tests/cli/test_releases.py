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
    assert "minilm-l6:layer_0 all-MiniLM-L6-v2 32.1" in told
    assert "far gpt2-small, unknown 2" in told
    assert told.index("bundled") < told.index("known to sae-lens")
    assert told.endswith("4 SAEs in 2 releases")


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("pattern", ["far", "far:*", "*/?red]b", "a/"])
def test_with_a_pattern_each_sae_takes_a_line(saegeo, pattern):
    told = " ".join(saegeo("releases", pattern).stdout.split())
    assert "far:a/[red]b gpt2-small unknown" in told
    assert "minilm" not in told


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("arguments", [[], ["far"]])
def test_no_name_is_folded_in_a_narrow_terminal(saegeo, monkeypatch, arguments):
    wide = saegeo("releases", *arguments).stdout
    monkeypatch.setenv("COLUMNS", "20")
    assert CliRunner().invoke(main, ["releases", *arguments]).stdout == wide


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
