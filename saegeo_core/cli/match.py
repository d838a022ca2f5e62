"""`saegeo match`: the counterparts of features in another SAE."""

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from saegeo_core.cli.completion import complete_sae
from saegeo_core.cli.options import ARRAY, array_options, results_option, verbosity_options
from saegeo_core.errors import SaegeoError

FEATURES_AND_OTHER = 2
"""Arguments: SAE#ID OTHER; one more where the features stand by themselves."""


@click.command("match")
@click.argument("names", nargs=-1, required=True, metavar="SAE#ID|SAE IDS OTHER", shell_complete=complete_sae)
@click.option(
    "--chance",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    metavar="P",
    help="How often the largest cosine exceeds the chance level by chance.",
)
@results_option
@array_options
@verbosity_options
@click.option("--json", "as_json", is_flag=True, help="Print the matches as JSON.")
@click.option("--format", "as_format", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.pass_obj
def command(plugins: Any, /, *, names: Sequence[str], as_json: bool, as_format: str, **asked: Any) -> None:
    """Find the counterparts of features in another SAE, beside chance.

    A counterpart is the feature with the largest cosine:
    saegeo match minilm-l6:layer_3#412 minilm-l6:seed_1_layer_3, or with several features
    saegeo match minilm-l6:layer_3 1,5,9-20 minilm-l6:seed_1_layer_3.
    """
    from saegeo_core.cli.messages import print_json, results
    from saegeo_core.inspecting.matching import match
    from saegeo_core.inspecting.named_feature import named_feature
    from saegeo_core.loading import load_cloud
    from saegeo_core.rendering.feature_files import matches_csv, matches_json
    from saegeo_core.rendering.terminal.match_table import match_table

    as_format = "json" if as_json else as_format
    if len(names) not in (FEATURES_AND_OTHER, FEATURES_AND_OTHER + 1):
        given = "one name was" if len(names) == 1 else f"{len(names)} names were"
        raise SaegeoError(f"{given} given", "type saegeo match SAE#ID OTHER, or saegeo match SAE IDS OTHER")
    sae, *ids, other = names
    if not ids:
        sae, feature = named_feature(sae)
        if feature is None:
            raise SaegeoError(f"{sae} names no feature", f"type saegeo match {sae}#412 {other}")
        ids = [str(feature)]
    sought_in, feature = named_feature(other)
    if feature is not None:
        raise SaegeoError(f"{other} is one feature, and its counterpart is sought", f"type the SAE alone: {sought_in}")
    array = {key: asked.pop(key) for key in ARRAY}
    with contextlib.redirect_stdout(sys.stderr):  # what plugins print is no result
        first, second = (load_cloud(one, plugins=plugins, **array) for one in (sae, other))
        found = match(first, ids[0], second, **asked)
    if as_format == "json":
        print_json([matches_json(found)], as_list=False)
    elif as_format == "csv":
        click.echo(matches_csv(found).encode(), nl=False)
    else:
        console = results()
        console.print(match_table(found, console.width))
