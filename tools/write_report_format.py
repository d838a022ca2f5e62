"""Writes what the documentation says of a report from the report's own model. Run it whenever the model changes.

docs/report.schema.json is its JSON Schema, docs/report-fields.md the same for reading. A test compares both with the model.
"""

import json
from pathlib import Path
from typing import Any

from saegeo_core import Report

DOCS = Path(__file__).parents[1] / "docs"
OPENING = """# Every field of a report

Written from the report's JSON Schema by `tools/write_report_format.py`. [The report](report-format.md) says what it is for.
"""


def schema_text() -> str:
    """The JSON Schema of a report, as the file holds it."""
    return json.dumps(Report.model_json_schema(), indent=1, sort_keys=True) + "\n"


def fields_text() -> str:
    """A table for the report and for every object in it."""
    schema = Report.model_json_schema()
    objects = {"Report": schema, **schema["$defs"]}
    return OPENING + "".join(
        _section(name, described) for name, described in objects.items() if "properties" in described
    )


def _section(name: str, described: dict[str, Any]) -> str:
    required = set(described.get("required", []))
    rows = [
        f"| `{key}` | {_kind(field)} | {'yes' if key in required else 'no'} | {_cell(field.get('description', ''))} |"
        for key, field in described["properties"].items()
    ]
    opening = _cell(described.get("description", "").split("\n\n")[0])
    return "\n".join(
        [f"\n## {name}\n", opening, "", "| key | holds | required | meaning |", "|---|---|---|---|", *rows, ""]
    )


def _kind(field: dict[str, Any]) -> str:
    """What a field holds, in words; objects link to their section."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}" if field.get("items") else "list"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"name to {_kind(field['additionalProperties'])}"
    return str(field.get("type", "anything"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for name, text in (("report.schema.json", schema_text()), ("report-fields.md", fields_text())):
        (DOCS / name).write_text(text)
        print(f"wrote {DOCS / name}")
