"""What is measured, how, and where its reports lie: one value from the command line to whoever does the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    from saegeo_core.cloud.description import Rows
    from saegeo_core.loading.file_format import Layout
    from saegeo_core.report.report import Preset
    from saegeo_core.running.job import Existing


@dataclass(frozen=True)
class RunOptions:
    """What a run measures with. The fields are named like the options of the command line.

    Attributes:
        preset: "calibrated" or "paper".
        settings: parameters of analyses, as NAME.KEY=VALUE.
        rows: whether decoder or encoder directions are measured.
        layout: whether features are the rows or the columns of a plain matrix; None where its file tells.
        decoder_key: which array of a file is the decoder; None where its name tells.
        model_slice: which model or layer of a crosscoder; None for SAEs of one.
        features: the features to be measured, as numbers and ranges or a file of them; None for all.
        labels: a file with one label for each feature.
        firing: a folder or file of firing statistics; None for those that come with bundled SAEs.
        place: the model that is read, and the device that computes.
        seed: decides every random choice.
        out: the folder where reports are stored.
        existing: what to do where the very report exists.
        with_traceback: show where a failing analysis failed.
    """

    preset: "Preset"
    settings: Sequence[str]
    rows: "Rows"
    layout: "Layout | None"
    decoder_key: str | None
    model_slice: int | None
    features: str | None
    labels: Path | None
    firing: Path | None
    place: ModelPlace
    seed: int
    out: str
    existing: "Existing"
    with_traceback: bool
