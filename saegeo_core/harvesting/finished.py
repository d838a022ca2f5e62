"""Finished harvests: firing statistics in the folder of their SAE, and beside them what they were harvested with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saegeo_core.atomic_file import clear_leftovers, replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.contexts import FiringContexts, remove_contexts
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.firing.store import MANIFEST
from saegeo_core.harvesting.configuration import refuse_differences
from saegeo_core.json_text import parsed
from saegeo_core.size_limit import read_whole

CONFIGURATION = "harvest.json"


@dataclass(frozen=True, eq=False)
class Harvested:
    """The outcome for one SAE.

    Attributes:
        spec: its name.
        folder: where its firing statistics lie.
        firing: these.
        contexts: what its features fire on; None where that was not kept.
    """

    spec: str
    folder: Path
    firing: FiringStatistics
    contexts: FiringContexts | None = None


def read_finished(
    spec: str, folder: Path, configuration: Mapping[str, Any], *, with_contexts: bool = False
) -> Harvested | None:
    """What `folder` holds, if it was harvested just so; None where nothing is there, or not all, or it is damaged.

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
        found = _opened(spec, folder)
    except SaegeoError:
        return None
    return None if with_contexts and found.contexts is None else found


def write_finished(
    spec: str,
    folder: Path,
    configuration: Mapping[str, Any],
    firing: FiringStatistics,
    contexts: FiringContexts | None = None,
) -> Harvested:
    """Write firing statistics, and what features fire on.

    They take the place of what was there, and of what a harvest that was killed left half-written.

    Raises:
        SaegeoError, OSError: the folder is full or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for place in (folder, *folder.glob("controls/*")):
        clear_leftovers(place)
    with replacing(folder / CONFIGURATION) as file:
        file.write(json.dumps(configuration, indent=1).encode())
    remove_contexts(folder)
    if contexts is not None:
        contexts.write(folder)
    firing.write(folder)
    return _opened(spec, folder)


def _opened(spec: str, folder: Path) -> Harvested:
    return Harvested(spec, folder, FiringStatistics.open(folder), FiringContexts.open(folder))
