"""In what SAEs of one name differ, and reports of one analysis on one SAE."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from saegeo_core.comparison.comparability import setting_text, settings

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae, ReportHead

DIGEST_CHARACTERS = 8
UNSET = "none"
"""What is written for a setting that only other reports have."""


def identity(sae: "MeasuredSae") -> tuple[str, ...]:
    """What two reports of one SAE share: release, id, which rows were measured, and the digest of these."""
    return sae.release, sae.sae_id, sae.rows, sae.digest


def distinct_names(saes: "Sequence[MeasuredSae]") -> list[str]:
    """Specs; where two are the same, with the rows measured or the start of the digest, whichever tells them apart."""
    names = [sae.spec for sae in saes]
    for details in ([sae.rows for sae in saes], [sae.digest[:DIGEST_CHARACTERS] for sae in saes]):
        details_of: dict[str, set[str]] = {}
        for name, detail in zip(names, details, strict=True):
            details_of.setdefault(name, set()).add(detail)
        names = [
            f"{name} ({detail})" if len(details_of[name]) > 1 else name
            for name, detail in zip(names, details, strict=True)
        ]
    return names


def distinctions(reports: "Sequence[ReportHead]") -> list[dict[str, str]]:
    """For each report what decided its numbers and is not the same for all: name to value, as text."""
    known = [decisive(report) for report in reports]
    names = dict.fromkeys(name for one in known for name in one)
    differing = [name for name in names if len({one.get(name, UNSET) for one in known}) > 1]
    return [{name: one.get(name, UNSET) for name in differing} for one in known]


def decisive(report: "ReportHead") -> dict[str, str]:
    """What decided its numbers besides the SAE: settings, seed and inputs, name to value, as text."""
    inputs = {name: _identified(given) for name, given in report.inputs.items()}
    return {**settings(report), "seed": str(report.seed), **inputs}


def _identified(given: Any) -> str:
    """An input by the start of its digest."""
    digest = given.get("digest") if isinstance(given, Mapping) else None
    return setting_text(given) if digest is None else str(digest)[:DIGEST_CHARACTERS]
