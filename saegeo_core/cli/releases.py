"""`saegeo releases`: what can be named, without loading any of it."""

from typing import Any

import click

from saegeo_core.cli.options import taken, verbosity_options

MAX_LISTED = 60
"""SAEs of several releases that are listed one by one unasked."""


@click.command("releases")
@click.argument("pattern", required=False)
@click.option("--model", metavar="TEXT", help="SAEs of models whose name contains this.")
@click.option("--layer", type=click.IntRange(min=0), metavar="N", help="SAEs of this layer.")
@click.option("--width", metavar="16k|131k|1m", help="SAEs of so many features, as their names tell it.")
@click.option("--site", type=click.Choice(["residual", "mlp", "attention", "transcoder"]), help="Where they read.")
@click.option("--l0", metavar="LOW-HIGH", help="SAEs whose L0 is known and in this range; either end may be left out.")
@click.option("--saes", "each", is_flag=True, help="A line for each SAE, however many there are.")
@verbosity_options
@click.option("--json", "as_json", is_flag=True, help="Print the SAEs as JSON.")
def command(pattern: str | None, each: bool, as_json: bool, **facts: Any) -> None:
    """List SAE releases, and the SAEs of those that match a pattern.

    PATTERN is a release, or a glob or a part of release:sae_id. A release takes one line that sums up its SAEs; where only one
    matches, or few SAEs in all, each SAE takes a line.
    """
    from saegeo_core.cli.messages import print_json, results
    from saegeo_core.cli.release_choice import Wanted, chosen_entries
    from saegeo_core.rendering.release_json import releases_json
    from saegeo_core.rendering.terminal.release_list import bundled_and_others, release_list, sae_list

    wanted = taken(Wanted, facts)
    entries = chosen_entries(pattern, wanted)
    is_everything = pattern is None and wanted == Wanted()
    are_few = len({entry.release for entry in entries}) == 1 or len(entries) <= MAX_LISTED
    console = results()
    if as_json:
        print_json([releases_json(entries)], as_list=False)
        return
    if each or (are_few and not is_everything):
        shown = sae_list(entries, console.width)
    elif is_everything:
        shown = bundled_and_others(entries, console.width)
    else:
        shown = release_list(entries, console.width)
    console.print(shown, soft_wrap=True)
