"""`saegeo harvest`: the options. What is checked beforehand, and what is shown meanwhile, are files of their own."""

import contextlib
import shlex
import sys
from typing import Any

import click

from saegeo_core.cli.completion import complete_sae
from saegeo_core.cli.options import (
    device_option,
    force_model_option,
    hook_option,
    model_option,
    out_option,
    seed_option,
    taken,
    verbosity_options,
)
from saegeo_core.cli.sweep_options import elsewhere_options
from saegeo_core.sweeping.elsewhere import Elsewhere


@click.command("harvest")
@click.argument("saes", nargs=-1, required=True, metavar="SAE...", shell_complete=complete_sae)
@model_option(
    "Where activations come from: a Hugging Face model, a local folder, minilm-l6, smollm2-135m, or KIND:WHERE.",
    required=True,
)
@click.option(
    "--corpus",
    metavar="FILE|DIR|hf:NAME|python-env",
    help="The text: JSON lines or plain text, a folder of them, a data set of the hub, or this Python installation.",
)
@click.option("--documents", type=click.IntRange(min=1), metavar="N", help="Stop after N documents.")
@click.option("--tokens", type=click.IntRange(min=1), metavar="N", help="Stop after N tokens.")
@click.option(
    "--block-tokens",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    metavar="N",
    help="Tokens counted together.",
)
@click.option(
    "--fires-above",
    type=float,
    default=0.0,
    show_default=True,
    metavar="X",
    help="A feature fires where its activation is greater. The paper's rule is 1.",
)
@click.option("--keep-tails", is_flag=True, help="Keep what documents leave over as shorter blocks.")
@click.option("--label-field", metavar="PATH", help="Where a row has its label.  [default: meta.pile_set_name]")
@click.option("--text-field", metavar="PATH", help="Where a row has its text.  [default: text]")
@click.option("--skip-bad-lines", is_flag=True, help="Pass over broken lines, and count them.")
@hook_option("Where the SAEs read, if they do not say so themselves.")
@click.option(
    "--prepend-bos",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="Whether every window of text begins with BOS; auto: as the SAEs were trained.",
)
@force_model_option("Harvest though the SAE was trained on a model of another name.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="Number type the model computes in.",
)
@click.option(
    "--control",
    type=click.Choice(["random"]),
    help="Harvest untrained dictionaries beside every SAE, whose features fire as often.",
)
@click.option(
    "--control-draws",
    type=click.IntRange(min=0),
    default=19,
    show_default=True,
    metavar="N",
    help="How many are the SAE itself, reflected. A p-value needs 19.",
)
@click.option(
    "--gaussian-draws",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    metavar="N",
    help="How many are drawn from the decoder's Gaussian.",
)
@seed_option("Decides which they are.")
@click.option(
    "--contexts",
    type=click.IntRange(min=0),
    metavar="K",
    help="Keep what features fire on: their K strongest contexts and their top tokens; 0 for top tokens alone.",
)
@device_option
@out_option("saegeo-harvest", "Where the results are stored.")
@elsewhere_options
@verbosity_options
@click.pass_obj
def command(
    plugins: Any,
    /,
    control: str | None,
    control_draws: int,
    gaussian_draws: int,
    elsewhere: Elsewhere,
    **options: Any,
) -> None:
    """Find out in which blocks of text which features fire.

    SAE is release:sae_id (globs allowed in the id), or a path. Several SAEs of one model are harvested in one pass.
    Interrupted, the same command goes on where it stopped.
    """
    output = sys.stdout
    # Whatever libraries print goes to standard error: standard output carries results only.
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.harvest_progress import harvest_progress
        from saegeo_core.cli.messages import results, say
        from saegeo_core.firing.sparsity import statement_warning, with_measured_l0
        from saegeo_core.harvesting.settings import HarvestSettings
        from saegeo_core.plugin.manager import PluginManager
        from saegeo_core.rendering.terminal.harvest_table import harvest_table
        from saegeo_core.running.harvest_plan import plan_harvest
        from saegeo_core.running.model_place import ModelPlace

        drawn = {"control_draws": control_draws, "gaussian_draws": gaussian_draws}
        options |= drawn if control else dict.fromkeys(drawn, 0)
        plugins = plugins or PluginManager()
        place, settings = taken(ModelPlace, options).with_device_resolved(), taken(HarvestSettings, options)
        with elsewhere.workers(place.device, plugins.executors) as executor:
            plan = plan_harvest(place=place, settings=settings, plugins=plugins, **options)
            with harvest_progress(plan.settings) as watch:
                harvested = plan.carry_out(watch, executor)
        console = results(output)
        console.print(harvest_table(harvested, console.width))
        for placed, one in zip(plan.saes, harvested, strict=True):
            if told := statement_warning(with_measured_l0(placed.description, one.firing)):
                say(f"warning: {one.spec}: {told}")
        say(f"stored in {plan.out}; to measure it, type:")
        say(shlex.join(["saegeo", "run", "--all", *(one.spec for one in harvested), "--firing", str(plan.out)]))
