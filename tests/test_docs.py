"""The documentation says what the code does."""

import json
from pathlib import Path

from saegeo_core import Report, hookspecs

DOCS = Path(__file__).parents[1] / "docs"


def test_the_published_schema_is_the_report_s_own():
    published = json.loads((DOCS / "report.schema.json").read_text())
    assert published == Report.model_json_schema(), "run python tools/write_report_schema.py"


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
