import json
import re
from pathlib import Path

import pytest


@pytest.fixture
def stored(saegeo, matrix, plugins, analysis):
    saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(analysis()))
    [path] = Path("saegeo-results").rglob("*.json")
    return path


def test_a_page_of_one_report(saegeo, stored):
    result = saegeo("page", stored, "--out", "page.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "page: page.html\n"
    page = Path("page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<h1>mean-norm " in page
    assert "this is a test" in page


def test_without_a_name_the_default_folder_is_shown_and_a_file_counts_once(saegeo, stored):
    saegeo("page", "--out", "one.html")
    saegeo("page", stored, "saegeo-results", stored, "--out", "two.html")
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_figures_are_written_for_paper(saegeo, stored):
    result = saegeo("page", stored, "--figures", "figures/new")
    [path] = Path("figures/new").iterdir()
    assert result.stdout == f"figure: {path}\n"
    assert re.fullmatch(r"mean-norm-.*-norms\.svg", path.name)
    saegeo("page", stored, "--figures", "pdf", "--figure-format", "pdf")
    assert [file.suffix for file in Path("pdf").iterdir()] == [".pdf"]


def test_figures_are_as_wide_as_one_column_or_both(saegeo, stored):
    for width, points in (("single", 241.2), ("double", 504.0)):
        saegeo("page", stored, "--figures", width, "--figure-width", width)
        [path] = Path(width).iterdir()
        assert f'width="{points:g}pt"' in path.read_text()


def test_a_run_may_write_its_figures(saegeo, matrix, plugins, analysis):
    result = saegeo("run", matrix, "--plugin", "mean-norm", "--figures", "figures", plugins=plugins(analysis()))
    [path] = Path("figures").iterdir()
    assert f"figure: {path}" in result.stderr
    assert "figure: " not in result.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is not JSON"),
        (b"{}", "no saegeo report"),
        (b"\xff\xfe", "not text"),
        (b'{"schema_version": 999}', "schema version 999"),
        (b'{"schema_version": 1}', "no valid saegeo report"),
    ],
)
def test_what_is_no_report_is_named_and_left_out(saegeo, stored, content, told):
    strange = stored.with_name("strange.json")
    strange.write_bytes(content)
    result = saegeo("page", "saegeo-results", "--out", "page.html")
    assert result.exit_code == 1
    assert result.stderr.startswith("skipped: ")
    assert str(strange) in result.stderr
    assert told in result.stderr
    assert "<h1>mean-norm " in Path("page.html").read_text()


def test_a_report_without_its_headline_is_left_out(saegeo, stored):
    content = json.loads(stored.read_text())
    content["analysis"]["headline"] = "gone"
    stored.with_name("headless.json").write_text(json.dumps(content))
    result = saegeo("page", "saegeo-results", "--out", "page.html")
    assert result.exit_code == 1
    assert "has no metric 'gone'" in result.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content["metrics"].append(content["metrics"][0]), "two of its metrics have one name"),
        (lambda content: content["metrics"][0].update(nulls=[{"model": "m", "draws": 0, "mean": 0}]), "greater than"),
        (lambda content: content.update(warnings="[" * 3000 + "]" * 3000), "nested too deep"),
    ],
)
@pytest.mark.parametrize("command", [["page", "--out", "page.html"], ["compare", "--format", "csv"]])
def test_one_hostile_report_is_named_and_left_out(saegeo, stored, change, told, command):
    content = json.loads(stored.read_text())
    change(content)
    text = json.dumps(content).replace('"[[', "[[").replace(']]"', "]]")
    stored.with_name("hostile.json").write_text(text)
    result = saegeo(*command, "saegeo-results")
    assert result.exit_code == 1
    assert "hostile.json" in result.stderr
    assert told in result.stderr


def test_a_folder_without_reports_is_named(saegeo, stored):
    Path("empty").mkdir()
    result = saegeo("page", "empty", stored, "--out", "page.html")
    assert result.exit_code == 1
    assert "skipped: empty holds no reports" in result.stderr


@pytest.mark.parametrize("places", [["empty"], ["missing"], ["missing", "empty"], []])
def test_with_nothing_to_show_nothing_is_written(saegeo, places):
    Path("empty").mkdir()
    result = saegeo("page", *places, "--out", "page.html")
    assert result.exit_code == 2
    assert "error: there is no " in result.stderr
    assert not Path("page.html").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "nothing to write"),
        (["--out", "missing/page.html"], "cannot write missing/page.html: No such file or directory"),
        (["--out", "report.json"], "is not named like one"),
        (["--out", "folder.html"], "cannot write folder.html: Is a directory"),
        (["--figures", "file"], "cannot write file"),
        (["--figures", ""], "--figures is empty"),
        (["--out", ""], "--out is empty"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_no_trace(saegeo, stored, options, told):
    Path("folder.html").mkdir()
    Path("file").write_text("mine")
    before = sorted(Path().rglob("*"))
    result = saegeo("page", stored, *options)
    assert result.exit_code == 2
    assert told in result.stderr
    assert sorted(Path().rglob("*")) == before
    assert Path("file").read_text() == "mine"
