"""The documentation says what the code does."""

from pathlib import Path

import pytest
from write_report_format import fields_text, schema_text

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
