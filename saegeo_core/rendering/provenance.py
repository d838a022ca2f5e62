"""Where a report comes from: the analysis, the SAE, what computed it, and when."""

import json
from typing import Any

from saegeo_core.rendering.numbers import seconds
from saegeo_core.report.report import Report


def provenance(report: Report) -> dict[str, Any]:
    """Name to value, in the order of reading."""
    analysis = report.analysis
    return {
        "analysis": f"{analysis.name} {analysis.version}, package {analysis.package}, {analysis.preset} preset",
        "summary": analysis.summary,
        "reference": analysis.reference,
        **{f"sae.{key}": value for key, value in report.sae.model_dump(mode="json").items() if value not in (None, {})},
        "seed": report.seed,
        "device": report.environment.device,
        "number type": report.environment.dtype,
        "versions": ", ".join(f"{name} {version}" for name, version in report.environment.versions.items()),
        "created": report.created,
        "took": seconds(report.duration_seconds),
    }


def written(value: Any) -> str:
    """A parameter or another recorded value as text: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
