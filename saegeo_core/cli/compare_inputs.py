"""What stands after `saegeo compare`: which of it is a report, which a folder of reports, and which an SAE.

A folder is an SAE when a file format recognizes it by its own files, and all the SAEs in it when it holds some and no JSON but
theirs; otherwise it is a folder of reports, which lie anywhere below it. So the folder of an SAE that has reports below it is
still that SAE.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saegeo_core.cli.setting import parse_setting
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.local_files import is_recognised, saes_inside
from saegeo_core.plugin.analysis import resolve_parameters
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.report import ReportHead

REPORT, ARRAYS = ".json", ".npz"
NAMED_BY_RUN = re.compile(r"-[0-9a-f]{12}\.json$")
"""Files that are looked at no further: a folder of thousands holds reports, and no SAE is sought in it."""


@dataclass(frozen=True)
class NamedInputs:
    """What was named: SAEs to be measured, and files and folders of reports."""

    saes: Sequence[str]
    reports: Sequence[Path]


def saes_and_reports(texts: Sequence[str], plugins: PluginManager) -> NamedInputs:
    """Tell SAEs from reports.

    Raises:
        SaegeoError: a folder that holds neither.
    """
    saes: list[str] = []
    reports: list[Path] = []
    for text in texts:
        path = SaeSpec.parse(text).path
        place = None if path is None else _reports_at(path, plugins)
        if place is None:
            saes.append(text)
        else:
            reports.append(place)
    return NamedInputs(saes, reports)


def matching_reports(
    reports: Sequence[ReportHead],
    plugins: PluginManager,
    *,
    names: Sequence[str],
    preset: str | None,
    seed: int | None,
    settings: Sequence[str],
) -> list[ReportHead]:
    """The reports that have all that was asked for: an analysis, a preset, a seed, values of parameters.

    Raises:
        SaegeoError: none has it, or a setting is unknown or ill-typed.
    """
    asked: dict[str, dict[str, str]] = {}
    for setting in settings:
        name, key, value = parse_setting(setting)
        asked.setdefault(name, {})[key] = value
    found = [
        report
        for report in reports
        if (not names or report.analysis.name in names)
        and preset in (None, report.analysis.preset)
        and seed in (None, report.seed)
        and _has_settings(report, plugins, asked.get(report.analysis.name, {}))
    ]
    if reports and not found:
        there = ", ".join(dict.fromkeys(f"{report.analysis.name} ({report.analysis.preset})" for report in reports))
        raise SaegeoError(
            "none of the reports has the analysis, preset, seed and settings asked for", f"there are: {there}"
        )
    return found


def _reports_at(path: Path, plugins: PluginManager) -> Path | None:
    """The file or folder of reports that a path stands for; None where it is (or should be) an SAE."""
    if path.is_file():
        if path.suffix == ARRAYS and path.with_suffix(REPORT).is_file():
            return path.with_suffix(REPORT)  # a report's arrays come with it
        return path if path.suffix == REPORT else None
    if not path.is_dir() or is_recognised(path, plugins):
        return None
    files = list(path.rglob(f"*{REPORT}"))
    if not any(NAMED_BY_RUN.search(file.name) for file in files):
        saes = set(saes_inside(path, plugins))
        if saes and all(not saes.isdisjoint((file, *file.parents)) for file in files):
            return None
    if not files:
        raise SaegeoError(
            f"the folder {path} holds neither an SAE nor reports",
            "an SAE's files lie in the folder itself (saegeo plugins lists the formats known); "
            f"reports are the *{REPORT} files that saegeo run writes, anywhere below it",
        )
    return path


def _has_settings(report: ReportHead, plugins: PluginManager, asked: Mapping[str, str]) -> bool:
    if not asked:
        return True
    analysis = plugins.analysis(report.analysis.name)
    wanted: dict[str, Any] = resolve_parameters(analysis, report.analysis.preset, asked).model_dump(mode="json")
    return all(report.parameters.get(key) == wanted[key] for key in asked)
