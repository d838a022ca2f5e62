"""Finished harvests: firing statistics in the folder of their SAE, and beside them what they were harvested with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saegeo_core.atomic_file import clear_leftovers, replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.firing.store import MANIFEST
from saegeo_core.harvesting.configuration import refuse_differences
from saegeo_core.json_text import parsed
from saegeo_core.size_limit import read_whole

CONFIGURATION = "harvest.json"


@dataclass(frozen=True, eq=False)
class Harvested:
    """The outcome for one SAE: its name, where its firing statistics lie, and these."""

    spec: str
    folder: Path
    firing: FiringStatistics


def read_finished(spec: str, folder: Path, configuration: Mapping[str, Any]) -> Harvested | None:
    """What `folder` holds, if it was harvested just so; None where nothing is there, or it is damaged.

    Raises:
        SaegeoError: it was harvested otherwise.
    """
    if not (folder / MANIFEST).exists():
        return None
    try:
        before = parsed(read_whole(folder / CONFIGURATION))
    except (OSError, ValueError, SaegeoError):
        before = {"harvest": "unknown"}
    refuse_differences(before, configuration, f"{spec} was harvested", folder)
    try:
        return Harvested(spec, folder, FiringStatistics.open(folder))
    except SaegeoError:
        return None


def write_finished(spec: str, folder: Path, configuration: Mapping[str, Any], firing: FiringStatistics) -> Harvested:
    """Write firing statistics, in place of what was there, and of what a harvest that was killed left half-written.

    Raises:
        SaegeoError, OSError: the folder is full or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for place in (folder, *folder.glob("controls/*")):
        clear_leftovers(place)
    with replacing(folder / CONFIGURATION) as file:
        file.write(json.dumps(configuration, indent=1).encode())
    firing.write(folder)
    return Harvested(spec, folder, FiringStatistics.open(folder))
