"""The documentation says what the code does."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from write_report_format import fields_text, schema_text

from saegeo_core.cli import main
from saegeo_core.plugin import hookspecs

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(("file", "written"), [("report.schema.json", schema_text), ("report-fields.md", fields_text)])
def test_the_published_format_is_the_report_s_own(file, written):
    assert (DOCS / file).read_text() == written(), "run python tools/write_report_format.py"


def test_every_hook_is_explained():
    text = (DOCS / "architecture.md").read_text()
    for name in dir(hookspecs):
        assert not name.startswith("saegeo_") or f"{name}(register)" in text


def test_every_room_is_explained():
    text = (DOCS / "architecture.md").read_text()
    core = DOCS.parent / "saegeo_core"
    rooms = {path.name for path in core.iterdir() if path.is_dir() and path.name != "__pycache__"}
    rooms |= {path.stem for path in core.glob("*.py") if not path.stem.startswith("__")}
    missing = [room for room in sorted(rooms) if f"`{room}" not in text]
    assert not missing


def test_what_readme_shows_is_what_a_terminal_of_80_columns_prints(tmp_path, monkeypatch):
    """Word for word; numbers may differ in their last digits on another processor. Slow, for it runs what README runs."""

    def lines(text):
        without_digest = re.sub(r"^report: .*/(minilm.*)-\w+\.json$", r"report: \1", text, flags=re.MULTILINE)
        return [re.sub(r"[\d.]+(e-\d+)?", "0", " ".join(line.split())) for line in without_digest.strip().splitlines()]

    monkeypatch.setenv("COLUMNS", "80")
    measured = CliRunner().invoke(main, ["run", "--plugin", "lobes", "--out", str(tmp_path)]).stdout
    looked_at = CliRunner().invoke(main, ["features", "--lobe", "5", "--results", str(tmp_path)]).stdout
    excerpt, whole = re.findall(r"^```\n(lobes on.*?)^```$", (DOCS.parent / "README.md").read_text(), re.M | re.S)
    assert max(map(len, (excerpt + whole).splitlines())) <= 80
    assert lines(whole) == lines(measured)
    shown = [line for line in lines(excerpt) if line != "…"]
    printed = iter(lines(measured) + lines(looked_at))
    assert all(line in printed for line in shown), "a line of the excerpt is not printed, or not in this order"
    assert any(line.startswith("feature ") for line in shown)


def test_what_is_to_be_cited_is_this_version():
    """cffconvert finds the file valid; what can go stale is held here."""
    cited = yaml.safe_load((DOCS.parent / "CITATION.cff").read_text())
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors", "type"} <= cited.keys()
    assert (str(cited["version"]), cited["license"]) == (project["version"], project["license"])
    assert cited["keywords"] == project["keywords"]
    assert cited["authors"] == project["authors"]
    assert cited["abstract"] == f"{project['description']}."


def test_what_built_in_analyses_import_is_on_the_python_page():
    """A stranger's analysis may use whatever a built-in one does, so it is documented."""
    page = set(re.findall(r"^::: (\S+)$", (DOCS / "python.md").read_text(), re.MULTILINE))
    sources = [
        *(DOCS.parent / "plugins").rglob("*.py"),
        *(DOCS.parent / "saegeo_core/plugin/new").rglob("*.py.template"),
    ]
    imported = {
        name for path in sources for name in re.findall(r"from (saegeo_core\.\w+\.\w+) import", path.read_text())
    }
    assert len(imported) > 30
    assert not sorted(imported - page)
