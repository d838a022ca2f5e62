"""Writes docs/report.schema.json from the report's model. Run it whenever the model changes; a test compares the two."""

import json
from pathlib import Path

from saegeo_core import Report

TARGET = Path(__file__).parents[1] / "docs" / "report.schema.json"


def schema_text() -> str:
    """The JSON Schema of a report, as the file holds it."""
    return json.dumps(Report.model_json_schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text())
    print(f"wrote {TARGET}")
