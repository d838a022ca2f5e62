"""Failures on disk, beside the reports that are missing: what went wrong, where, and what was printed.

A file for each, named by everything that was asked for: with another setting it has not failed. It stays until the same succeeds.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from saegeo_core.atomic_file import replacing
from saegeo_core.report.store import digest_of
from saegeo_core.sweeping.outcomes import Failed
from saegeo_core.sweeping.task import Task

KEPT = ("analysis", "package", "message", "traceback", "log")
LOADING = "loading"
"""Stands for the analysis where the SAE could not be loaded."""


def keep(task: Task, failed: Failed) -> None:
    """Write a failure down.

    Raises:
        OSError: the folder is full, or may not be written to.
    """
    path = _path(task, failed.analysis)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"sae": str(failed.spec), **{name: getattr(failed, name) for name in KEPT}}
    with replacing(path) as file:
        file.write(json.dumps(content, indent=1).encode())


def forget(task: Task, analyses: Iterable[str | None]) -> None:
    """What failed has succeeded."""
    for analysis in analyses:
        _path(task, analysis).unlink(missing_ok=True)


def kept(task: Task) -> dict[str | None, Failed]:
    """What of a task failed before: analysis to failure, None to that of the whole SAE. A damaged file is none."""
    found: dict[str | None, Failed] = {}
    for analysis in (None, *(named.name for named in task.analyses)):
        try:
            content = json.loads(_path(task, analysis).read_text(encoding="utf-8"))
            found[analysis] = Failed(task.spec, **{name: content[name] for name in KEPT})
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _path(task: Task, analysis: str | None) -> Path:
    options = task.options
    how = (options.preset, options.rows, options.layout, options.decoder_key, options.model_slice, options.features)
    read = [str(one) for one in (task.spec, options.firing, options.labels, options.place)]
    what = [dict(named.parameters) for named in task.analyses if named.name == analysis]
    folder = Path(options.out) / task.spec.storage_release / task.spec.storage_id
    return folder / f"{analysis or LOADING}-{digest_of([how, read, options.seed, what])}.failed"
