"""The options that every command which runs analyses has, handed over as one value."""

import functools
from typing import Any

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
from saegeo_core.sweeping.options import RunOptions


def run_options(command: Command) -> Command:
    """Give a command these options; what was typed reaches it as one value, `options`."""

    @functools.wraps(command)
    def with_one_value(*arguments: Any, **keywords: Any) -> Any:
        keywords["place"] = taken(ModelPlace, keywords)
        return command(*arguments, options=taken(RunOptions, keywords), **keywords)

    decorated = together(
        input_options, model_place_options, seed_option("Decides every random choice."), device_option, output_options
    )
    return decorated(with_one_value)
