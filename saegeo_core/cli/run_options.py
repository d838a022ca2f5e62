"""What the options say that every command which runs analyses has: one value, made where click hands them over."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from saegeo_core.cli.options import (
    Command,
    device_option,
    input_options,
    model_place_options,
    output_options,
    seed_option,
    taken,
    together,
)
from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    from saegeo_core.cloud.description import Rows
    from saegeo_core.loading.file_format import Layout
    from saegeo_core.report.report import Preset
    from saegeo_core.running.job import Existing


@dataclass(frozen=True)
class RunOptions:
    """What is measured, how, and where its reports lie. The fields are named like click's keyword arguments.

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

    @classmethod
    def taken_from(cls, keywords: dict[str, Any]) -> Self:
        """Take out of click's keyword arguments those that are named here or in `ModelPlace`, and leave the others."""
        keywords["place"] = taken(ModelPlace, keywords)
        return taken(cls, keywords)


def run_options(command: Command) -> Command:
    """Give a command these options; what was typed reaches it as one value, `options`."""

    @functools.wraps(command)
    def with_one_value(*arguments: Any, **keywords: Any) -> Any:
        options = RunOptions.taken_from(keywords)
        return command(*arguments, options=options, **keywords)

    decorated = together(
        input_options, model_place_options, seed_option("Decides every random choice."), device_option, output_options
    )
    return decorated(with_one_value)
