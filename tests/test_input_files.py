"""Files among the parameters: they must be there, and what they hold decides the digest of the report."""

from pathlib import Path

import pytest
from pydantic import Field

from saegeo_core import Parameters, SaegeoError
from saegeo_core.input_files import input_files
from saegeo_core.plugin.analysis import resolve_parameters
from saegeo_core.running.job import Job


class Reading(Parameters):
    text: Path | None = Field(default=None, description="What is read.")
    factor: float = Field(default=1.0, description="Of nothing.")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("bb")
    return tmp_path


def test_nothing_given_is_nothing_read():
    assert input_files(Reading()) == {}


def test_a_folder_is_known_by_names_and_contents(folder):
    (one,) = input_files(Reading(text=folder)).values()
    assert (one["files"], one["bytes"]) == (2, 3)
    (folder / ".hidden").write_text("does not count")
    assert input_files(Reading(text=folder))["text"] == one
    (folder / "b.txt").rename(folder / "c.txt")
    renamed = input_files(Reading(text=folder))["text"]
    (folder / "c.txt").write_text("cc")
    changed = input_files(Reading(text=folder))["text"]
    assert len({one["digest"], renamed["digest"], changed["digest"]}) == 3


def test_a_file_that_is_not_there_is_refused(mean_norm, monkeypatch):
    monkeypatch.setattr(type(mean_norm), "Parameters", Reading)
    monkeypatch.setattr(mean_norm, "presets", {"calibrated": {}})
    with pytest.raises(SaegeoError, match="mean-norm.text: there is no file or folder nowhere") as error:
        resolve_parameters(mean_norm, "calibrated", {"text": "nowhere"})
    assert "What is read." in error.value.hint


def test_the_digest_of_a_report_follows_the_contents(mean_norm, cloud, folder):
    def digest():
        return Job(mean_norm, "a package", "calibrated", Reading(text=folder / "b.txt"), 0, "cpu", cloud).digest

    before = digest()
    assert digest() == before
    (folder / "b.txt").write_text("other")
    assert digest() != before
