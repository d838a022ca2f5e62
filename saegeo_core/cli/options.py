"""The options that several commands have, each spelled once. Where commands mean something else by one, they say what."""

import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from saegeo_core.cli.completion import complete_analysis
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
Value = TypeVar("Value", bound="DataclassInstance")


def taken(kind: type[Value], keywords: dict[str, Any]) -> Value:
    """A dataclass made of click's keyword arguments that are named like its fields; they are taken out of the others."""
    names = [field.name for field in fields(kind) if field.name in keywords]
    return kind(**{name: keywords.pop(name) for name in names})


def together(*options: Decorator) -> Decorator:
    """One decorator that gives a command several options, in the order in which they stand."""

    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


class NamedPath(click.Path):
    """A path with a name. One that is empty, as a script's that forgot to set it, would be the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What `click.Path` makes of it; SaegeoError for an empty one."""
        if value == "":
            what = "a name" if param is None or isinstance(param, click.Argument) else param.opts[0]
            raise SaegeoError(f"{what} is empty", "name a file or a folder; . is the folder you are in")
        return super().convert(value, param, ctx)


def plugin_option(help: str) -> Decorator:
    """The analyses of a command."""
    return click.option(
        "--plugin", "plugin_names", multiple=True, metavar="NAME", help=help, shell_complete=complete_analysis
    )


def set_option(help: str) -> Decorator:
    """The parameters of analyses."""
    return click.option("--set", "settings", multiple=True, metavar="NAME.KEY=VALUE", help=help)


def model_option(help: str, *, required: bool = False) -> Decorator:
    """The model that is read."""
    return click.option("--model", required=required, metavar="NAME_OR_PATH", help=help)


def hook_option(help: str) -> Decorator:
    """Where it is read."""
    return click.option("--hook", metavar="NAME", help=help)


def force_model_option(help: str) -> Decorator:
    """Whether it may be another one than the SAE's own."""
    return click.option("--force-model", is_flag=True, help=help)


def figure_options(help: str) -> Decorator:
    """The folder for figures, and what they are like."""
    return together(
        click.option("--figures", metavar="DIR", type=NamedPath(path_type=Path), help=help),
        click.option(
            "--figure-format", type=click.Choice(["svg", "pdf"]), default="svg", show_default=True, help="Of --figures."
        ),
        click.option(
            "--figure-width",
            type=click.Choice(["single", "double"]),
            default="double",
            show_default=True,
            help="Of --figures: as wide as one column of a paper, or both.",
        ),
    )


def seed_option(help: str) -> Decorator:
    """What chance is decided by."""
    return click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help=help)


def out_option(default: str, help: str) -> Decorator:
    """The folder of results."""
    return click.option("--out", default=default, show_default=True, metavar="DIR", help=help, type=NamedPath())


def _level(level: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def set_level(_context: click.Context, _option: click.Parameter, is_given: bool) -> None:
        if is_given:
            logging.getLogger("saegeo_core").setLevel(level)

    return set_level


verbosity_options = together(
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_level(logging.DEBUG),
        help="Say more: what is read and made, and how long each took.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_level(logging.WARNING),
        help="Say nothing but results and what failed.",
    ),
)
"""How much is said on standard error."""

device_option = click.option(
    "--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:i]", help="Where to compute."
)

labels_option = click.option(
    "--feature-labels",
    "labels",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with one label for each feature.",
)

harvest_option = click.option(
    "--firing", type=click.Path(exists=True, path_type=Path), metavar="DIR", help="A folder of saegeo harvest."
)

results_option = click.option(
    "--results",
    default="saegeo-results",
    show_default=True,
    metavar="DIR",
    help="Where reports are stored: they know lobes, families and stability.",
    type=NamedPath(file_okay=False),
)

ARRAY = ("layout", "decoder_key", "model_slice")
"""What `array_options` are called where they arrive."""
array_options = together(
    click.option(
        "--decoder-layout",
        "layout",
        type=click.Choice(["rows", "columns"]),
        help="Whether features are the rows or the columns of a plain matrix.",
    ),
    click.option(
        "--decoder-key",
        metavar="NAME",
        help="Which array of a file is the decoder, where several could be.",
    ),
    click.option(
        "--model-slice",
        type=click.IntRange(min=0),
        metavar="I",
        help="Which model or layer of a crosscoder, from 0: its decoder has three axes.",
    ),
)
"""Where in a file the directions are."""

input_options = together(
    click.option(
        "--preset",
        type=click.Choice(["calibrated", "paper"]),
        default="calibrated",
        show_default=True,
        help="calibrated: every number beside its null and interval; paper: the published procedure.",
    ),
    set_option("A parameter of an analysis. Repeatable."),
    click.option(
        "--rows",
        type=click.Choice(["decoder", "encoder"]),
        default="decoder",
        show_default=True,
        help="Which directions are measured.",
    ),
    array_options,
    click.option(
        "--features",
        metavar="FILE|IDS",
        help="Measure these features alone, for example 1,5,9-20, beside random ones that are alike.",
    ),
    labels_option,
    click.option(
        "--firing",
        type=click.Path(exists=True, path_type=Path),
        metavar="DIR|FILE",
        help="Firing statistics: a folder of saegeo harvest, or a *_cooccurrences.npz. Bundled SAEs bring their own.",
    ),
)
"""What is measured, and how."""

model_place_options = together(
    model_option(
        "A language model for analyses that read activations: a Hugging Face model, a local folder, minilm-l6, or smollm2-135m."
    ),
    click.option(
        "--layer",
        type=click.IntRange(min=0),
        metavar="N",
        help="Read the model after its block N, from 0.  [default: where the SAE reads]",
    ),
    hook_option("Read the model at this hook.  [default: where the SAE reads]"),
    force_model_option("Read it though the SAE was trained on a model of another name."),
)
"""Which model is read, and where in it."""

output_options = together(
    out_option("saegeo-results", "Where reports are stored."),
    click.option(
        "--existing",
        type=click.Choice(["reuse", "replace", "fail"]),
        default="reuse",
        show_default=True,
        help="What to do where the very report exists.",
    ),
    click.option("--traceback", "with_traceback", is_flag=True, help="Show where a failing analysis failed."),
)
"""Where reports lie, and what is said of failures."""
