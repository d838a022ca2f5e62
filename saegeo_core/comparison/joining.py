"""Reports become rows: those of one SAE belong together, whatever analysis made them, and every row has a name of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saegeo_core.comparison.comparability import settings
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.report import MeasuredSae, Report

DIGEST_CHARACTERS = 8


@dataclass(frozen=True)
class Failure:
    """Something that should have been in the table and is not: an analysis of an SAE, or (`plugin` None) the whole SAE."""

    spec: str
    plugin: str | None
    reason: str


@dataclass(frozen=True)
class Joined:
    """The reports of one SAE, by analysis, and why others are missing."""

    name: str
    sae: "MeasuredSae | None"
    reports: "dict[str, Report]" = field(default_factory=dict)
    failures: dict[str | None, str] = field(default_factory=dict)


def join(reports: "Iterable[Report]", failures: Iterable[Failure] = ()) -> list[Joined]:
    """One row for each SAE, in the order in which the SAEs first come.

    Reports are of one SAE when they are of the same rows under the same name. A report that comes twice counts once.

    Raises:
        SaegeoError: two reports of one analysis on one SAE differ in their settings, so that the user must choose.
    """
    found: dict[tuple[str, ...], list[Report]] = {}
    for report in reports:
        sae = report.sae
        found.setdefault((sae.release, sae.sae_id, sae.rows, sae.digest), []).append(report)
    names = _names([own[0].sae for own in found.values()])
    rows = [Joined(name, own[0].sae, _by_analysis(name, own)) for name, own in zip(names, found.values(), strict=True)]
    by_spec = {row.sae.spec: row for row in rows if row.sae}
    for failure in failures:
        if failure.spec not in by_spec:
            by_spec[failure.spec] = Joined(failure.spec, None)
            rows.append(by_spec[failure.spec])
        by_spec[failure.spec].failures[failure.plugin] = failure.reason
    return rows


def _by_analysis(name: str, reports: "Sequence[Report]") -> "dict[str, Report]":
    chosen: dict[str, Report] = {}
    for report in reports:
        other = chosen.setdefault(report.analysis.name, report)
        differing = _differing_settings(other, report)
        if differing:
            raise SaegeoError(
                f"there are two reports of {report.analysis.name} on {name}, which differ in {'; '.join(differing)}",
                "name the file of the one you mean, or choose by --preset, --seed or --set",
            )
    return chosen


def _differing_settings(one: "Report", other: "Report") -> list[str]:
    ours, theirs = (
        {**settings(report), "seed": str(report.seed), "firing": _firing(report)} for report in (one, other)
    )
    keys = [key for key in ours | theirs if ours.get(key) != theirs.get(key)]
    return [f"{key}: {ours.get(key, 'none')} and {theirs.get(key, 'none')}" for key in keys]


def _firing(report: "Report") -> str:
    return str(report.inputs.get("firing", {}).get("digest"))


def _names(saes: "Sequence[MeasuredSae]") -> list[str]:
    """Specs; where two are the same, with the rows measured or the start of the digest, whichever tells them apart."""
    names = [sae.spec for sae in saes]
    for tells in ([sae.rows for sae in saes], [sae.digest[:DIGEST_CHARACTERS] for sae in saes]):
        told: dict[str, set[str]] = {}
        for name, tell in zip(names, tells, strict=True):
            told.setdefault(name, set()).add(tell)
        names = [f"{name} ({tell})" if len(told[name]) > 1 else name for name, tell in zip(names, tells, strict=True)]
    return names
