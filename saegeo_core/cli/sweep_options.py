"""The options that say where work is done, handed over as one value."""

import functools
from typing import Any

import click

from saegeo_core.cli.options import Command, taken, together
from saegeo_core.sweeping.elsewhere import Elsewhere


def elsewhere_options(command: Command) -> Command:
    """Give a command the options of where its work is done; what was typed reaches it as one value, `elsewhere`."""

    @functools.wraps(command)
    def with_one_value(*arguments: Any, **keywords: Any) -> Any:
        return command(*arguments, elsewhere=taken(Elsewhere, keywords), **keywords)

    decorated = together(
        click.option(
            "--on",
            default="local",
            show_default=True,
            metavar="local|local:N|ray|ray:ADDRESS",
            help="Where the work is done: here, in N processes, or on a Ray cluster.",
        ),
        click.option(
            "--cpus",
            type=click.FloatRange(min=0, min_open=True),
            default=1.0,
            show_default=True,
            metavar="N",
            help="Cores of a worker elsewhere.",
        ),
        click.option(
            "--gpus", type=click.FloatRange(min=0), metavar="N", help="Its cards.  [default: 1 with --device cuda]"
        ),
        click.option(
            "--memory",
            type=click.FloatRange(min=0, min_open=True),
            metavar="GB",
            help="Memory that is set aside for it.",
        ),
    )
    return decorated(with_one_value)


def sweep_options(command: Command) -> Command:
    """The same, and what is done with what failed before."""
    retry = click.option("--retry-failed", is_flag=True, help="Try again what failed in an earlier sweep.")
    return elsewhere_options(retry(command))
