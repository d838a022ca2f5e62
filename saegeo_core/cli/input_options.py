"""What is measured, how, and where its reports lie: the options that every command which runs analyses has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--preset",
        type=click.Choice(["calibrated", "paper"]),
        default="calibrated",
        show_default=True,
        help="calibrated: every number beside its null and interval; paper: the published procedure.",
    ),
    click.option(
        "--set", "settings", multiple=True, metavar="NAME.KEY=VALUE", help="A parameter of an analysis. Repeatable."
    ),
    click.option(
        "--rows",
        type=click.Choice(["decoder", "encoder"]),
        default="decoder",
        show_default=True,
        help="Which directions are measured.",
    ),
    click.option(
        "--decoder-layout",
        "layout",
        type=click.Choice(["rows", "columns"]),
        help="Whether features are the rows or the columns of a plain matrix.",
    ),
    click.option(
        "--feature-labels",
        "labels",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file with one label for each feature.",
    ),
    click.option(
        "--firing",
        type=click.Path(exists=True, path_type=Path),
        metavar="DIR|FILE",
        help="Firing statistics: a folder of saegeo harvest, or a *_cooccurrences.npz. Bundled SAEs bring their own.",
    ),
    click.option(
        "--model",
        metavar="NAME_OR_PATH",
        help="A language model for analyses that read activations: a Hugging Face model, a local folder, or minilm-l6.",
    ),
    click.option(
        "--layer",
        type=click.IntRange(min=0),
        metavar="N",
        help="Read the model after its block N, from 0.  [default: where the SAE reads]",
    ),
    click.option("--hook", metavar="NAME", help="Read the model at this hook.  [default: where the SAE reads]"),
    click.option("--force-model", is_flag=True, help="Read it though the SAE was trained on a model of another name."),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Decides every random choice.",
    ),
    click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:i]", help="Where to compute."),
    click.option("--out", default="saegeo-results", show_default=True, metavar="DIR", help="Where reports are stored."),
    click.option(
        "--existing",
        type=click.Choice(["reuse", "replace", "fail"]),
        default="reuse",
        show_default=True,
        help="What to do where the very report exists.",
    ),
    click.option("--traceback", "with_traceback", is_flag=True, help="Show where a failing analysis failed."),
)


def input_options(command: Command) -> Command:
    """Give a command the options, in the order in which they stand here."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
