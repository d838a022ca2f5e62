"""What makes two numbers of one name incomparable outright: another version, other parameters, another definition of firing.

Such numbers are not shown side by side unless the user insists.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.report.report import ReportHead

FIRING_RULE = {
    "fires_above": "firing rule (fires above)",
    "block_tokens": "block length",
    "tails": "tails of documents",
}


@dataclass(frozen=True)
class Incompatibility:
    """A setting of one analysis that differs between rows: value, as text, to the names of the rows that have it."""

    plugin: str
    setting: str
    values: Mapping[str, tuple[str, ...]]


def incompatibilities(named: "Iterable[tuple[str, ReportHead]]") -> list[Incompatibility]:
    """What differs among the reports of each analysis, each given with the name of its row."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, report in named:
        for setting, value in settings(report).items():
            found.setdefault((report.analysis.name, setting), {}).setdefault(value, []).append(name)
    return [
        Incompatibility(plugin, setting, {value: tuple(names) for value, names in values.items()})
        for (plugin, setting), values in found.items()
        if len(values) > 1
    ]


def settings(report: "ReportHead") -> dict[str, str]:
    """Everything that must agree between two reports of one analysis, as text; what is unknown is left out."""
    analysis = report.analysis
    return {
        "package": analysis.package,
        "version": analysis.version,
        "preset": analysis.preset,
        **{f"parameter {name}": setting_text(value) for name, value in report.parameters.items()},
        **dict(_firing_definition(report.inputs.get("firing"))),
    }


def refuse(found: Iterable[Incompatibility], flag: str) -> None:
    """Raise SaegeoError that lists the offenders and the flag that overrides, where there are any."""
    offenders = list(found)
    if offenders:
        first = offenders[0]
        offences = "; ".join(in_words(offender) for offender in offenders)
        hint = (
            f"compare reports that agree in it, for example those of --preset or --set; {flag} shows them side by side"
        )
        if first.setting in FIRING_RULE.values():
            hint = f"harvest all of them with the same options; {flag} shows them side by side"
        raise SaegeoError(f"these numbers are not comparable: {offences}", hint)


def in_words(found: Incompatibility) -> str:
    """For example: cosine-tails, preset: calibrated (a, b), paper (c)."""
    values = ", ".join(f"{value} ({', '.join(names)})" for value, names in found.values.items())
    return f"{found.plugin}, {found.setting}: {values}"


def setting_text(value: Any) -> str:
    """A setting as text: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _firing_definition(firing: Any) -> Iterator[tuple[str, str]]:
    for key, words in FIRING_RULE.items():
        if isinstance(firing, Mapping) and firing.get(key) is not None:
            yield words, setting_text(firing[key])
