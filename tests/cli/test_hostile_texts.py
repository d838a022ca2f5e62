"""One hostile text in every string that comes from a file or a plugin, through every command and format: it steers nothing."""

import csv
import io
import json
import re
import types
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest

from saegeo_core import SaegeoError, hookimpl
from saegeo_core.loading import formats
from saegeo_core.report.report import Report

HOSTILE = (
    "=1+1\x1b[31mred\x1b]0;title\x07\x1b]8;;http://x.example\x1b\\link\x00\x7f\x85\x9b2J\r\n\u202e\u2066evil\u200f\ufeff\ud800"
    "<script>alert(1)</script> [a](http://b.example) @everyone www.c.example $x$ | \\input{y} % & # _ ~ ^ `d` *e*"
)
LOGGED = HOSTILE.replace("\ud800", "")
"""What is logged: pytest hands logs from process to process as UTF-8."""
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
GOLDEN = Path(__file__).parents[1] / "golden" / "report_v2.json"


def takes(told, path, value):
    """Whether the report stays one with another value there."""
    *folders, last = path
    place = told
    for step in folders:
        place = place[step]
    before, place[last] = place[last], value
    try:
        Report.from_json(json.dumps(told), source="test")
    except (SaegeoError, ValueError):
        place[last] = before
        return False
    return True


def places(content, path=()):
    """Where the values of a report lie, the innermost last."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, one in pairs:
        yield from places(one, (*path, key))
        if isinstance(one, str):
            yield (*path, key), one


@pytest.fixture(scope="module")
def report_text():
    """A report with the hostile text wherever one may stand, and how many places these are."""
    told = json.loads(GOLDEN.read_text())
    for table in told["tables"].values():
        table["columns"] = {name: values[:3] for name, values in table["columns"].items()}
    columns = next(iter(told["tables"].values()))["columns"]
    columns[f"column{HOSTILE}"] = [HOSTILE] * len(next(iter(columns.values())))
    told["parameters"][f"parameter{HOSTILE}"] = HOSTILE
    told["inputs"][f"input{HOSTILE}"] = {"digest": HOSTILE, "path": HOSTILE}
    told["warnings"] = [*told["warnings"], HOSTILE]
    # What other parts of the report refer to keeps its name: without it there is nothing to show.
    referred = {told["analysis"]["headline"], *told["tables"]}
    n = sum(takes(told, path, one + HOSTILE) for path, one in list(places(told)) if one not in referred)
    assert n > 30
    return json.dumps(told)


@pytest.fixture
def stored(report_text, saegeo, tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "one.json").write_text(report_text)
    other = json.loads(report_text)
    other["sae"]["sae_id"] += "2"
    other["sae"]["spec"] += "2"
    other["sae"]["digest"] += "2"
    (tmp_path / "reports" / "two.json").write_text(json.dumps(other))
    return tmp_path / "reports"


def harmless(result):
    assert result.exit_code == 0, result.output
    shown = result.stdout + result.stderr
    assert not STEERING.search(shown)
    assert shown.isprintable() or shown.replace("\n", "").isprintable()
    return result.stdout


def test_a_report_is_shown(saegeo, stored):
    shown = harmless(saegeo("show", stored / "one.json"))
    assert r"\x1b[31mred\x1b]0;title\x07" in re.sub(r"\s", "", shown)
    told = json.loads(harmless(saegeo("show", stored / "one.json", "--json")))
    assert "\x1b[31m" in told["warnings"][-1]  # JSON keeps it, by its number


@pytest.mark.parametrize("as_format", ["rich", "markdown", "csv", "latex", "html", "json"])
def test_reports_are_compared(saegeo, stored, as_format):
    text = harmless(saegeo("compare", stored, "--format", as_format))
    if as_format not in ("latex", "json"):
        assert r"\x1b[31mred" in text
    if as_format == "csv":
        fields = [field for row in csv.reader(io.StringIO(text)) for field in row]
        assert not [field for field in fields if re.match(r"[=+@\t\r]|-(?![\d.])", field)]
    if as_format == "markdown":
        outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert not re.search(r"(?<!\\)[<`]|[@#$]|://|www\.|(?<!\\)\]\(", outside_code)
    if as_format == "latex":
        assert "\\input" not in text
        assert "\\textbackslash{}input" in text
    if as_format == "html":
        assert "script" not in tags_of(text)


def test_a_page_and_its_figures(saegeo, stored):
    pytest.importorskip("matplotlib")
    harmless(saegeo("page", stored, "--out", "page.html", "--figures", "figures"))
    page = Path("page.html").read_text()
    assert "alert(1)</script>" not in page
    assert not STEERING.search(page)
    for path in Path("figures").iterdir():
        assert not STEERING.search(path.read_text())
    names = [path.name for path in Path("figures").iterdir()]
    assert names
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+\.svg", name) for name in names)


def test_what_plugins_say(saegeo, matrix, analysis, plugin_manager):
    def raises(*_):
        warnings.warn(LOGGED, stacklevel=1)
        raise ValueError(LOGGED)

    module = types.ModuleType("saegeo_test_broken")

    @hookimpl
    def saegeo_register_analyses(register):
        raise ValueError(LOGGED)

    module.saegeo_register_analyses = saegeo_register_analyses
    told = {"summary": HOSTILE, "reference": HOSTILE, "version": HOSTILE}
    manager = plugin_manager(formats=formats, bad=[analysis("bad", raises), analysis("told", **told)], broken=module)
    ran = saegeo("run", matrix, "--all", "--traceback", plugins=manager)
    assert ran.exit_code == 1
    harmless(saegeo("plugins", plugins=manager))
    harmless(saegeo("plugins", "show", "told", plugins=manager))
    assert not STEERING.search(ran.stdout + ran.stderr)
    assert "failed: bad" in ran.stderr
    assert "broken: broken" in ran.stderr


def test_labels_and_names_of_files(saegeo, matrix, analysis, plugins):
    name = "a\x1b[31m\u202eb\nc.npy"
    matrix.rename(name)
    Path("labels.json").write_text(json.dumps([HOSTILE] * 30))
    labeled = ("--feature-labels", "labels.json")
    harmless(saegeo("run", name, "--plugin", "mean-norm", *labeled, plugins=plugins(analysis())))
    missing = saegeo("run", f"{name}2", "--plugin", "mean-norm", plugins=plugins(analysis()))
    assert missing.exit_code == 2
    assert r"a\x1b[31m\u202eb" in missing.stderr
    assert not STEERING.search(missing.stderr)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)


def tags_of(text):
    parser = Tags()
    parser.feed(text)
    return parser.found
