import json
from pathlib import Path

import pytest


@pytest.fixture
def stored(saegeo, matrix, plugins, analysis):
    saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(analysis()))
    [path] = Path("saegeo-results").rglob("*.json")
    return path


def test_a_stored_report_is_shown_in_full(saegeo, stored):
    result = saegeo("show", stored)
    assert result.exit_code == 0
    for title in ("warnings", "metrics", "tables", "figures", "parameters", "provenance"):
        assert f"\n{title}\n" in result.stdout
    assert "norms  30 rows, 2 columns" in result.stdout
    assert "\x1b" not in result.stdout


def test_json_is_the_stored_report(saegeo, stored):
    assert json.loads(saegeo("show", stored, "--json").stdout) == json.loads(stored.read_text())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read"),
        (b"{", "is not JSON"),
        (b"{}", "no saegeo report"),
        (b"\xff\xfe", "not text"),
        (b'{"schema_version": 999}', "schema version 999"),
        (b'{"schema_version": 1}', "no valid saegeo report"),
        (b"[" * 100_000, "is not JSON (it is nested too deep)"),
    ],
)
def test_what_is_no_report_is_refused(saegeo, tmp_path, content, told):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content)
    result = saegeo("show", path)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_what_could_steer_a_terminal_or_is_half_a_character_is_written_by_its_number(saegeo, stored):
    steering = "a\x9b31m\u202eb\u2066"
    stored.write_text(stored.read_text().replace("this is a test", json.dumps(f"{steering}\ud800")[1:-1]))
    for options in (["--json"], []):
        shown = saegeo("show", stored, *options)
        assert shown.exit_code == 0
        assert not set(shown.stdout) & set(steering[1:] + "\ud800") - set("31mb")
    assert json.loads(saegeo("show", stored, "--json").stdout)["warnings"] == [f"{steering}\ufffd"]


def test_a_folder_is_refused(saegeo, tmp_path):
    assert "cannot read" in saegeo("show", tmp_path).stderr
