"""`saegeo features`: cards of single features."""

import contextlib
import re
import sys
from pathlib import Path
from typing import Any

import click

from saegeo_core.cli.completion import complete_sae
from saegeo_core.cli.options import (
    ARRAY,
    array_options,
    harvest_option,
    labels_option,
    results_option,
    verbosity_options,
)

MOST_SHOWN = 10
ONLY_IDS = re.compile("[0-9]+([,-][0-9]+)*")


@click.command("features")
@click.argument("sae", required=False, shell_complete=complete_sae)
@click.argument("ids", required=False)
@click.option("--lobe", type=click.IntRange(min=0), metavar="N", help="Features of this lobe, the most typical first.")
@click.option("--family", type=click.IntRange(min=0), metavar="N", help="Features of this family.")
@click.option("--table", metavar="ANALYSIS.TABLE", help="Features in this table of a report, with its columns.")
@click.option(
    "--sort", metavar="COLUMN", help="id, norm, rate, max, or a column of a report; the largest first, but of ids."
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Show so many, 0 for all.  [default: {MOST_SHOWN}; all that are named, and all in files]",
)
@harvest_option
@labels_option
@array_options
@results_option
@verbosity_options
@click.option("--json", "as_json", is_flag=True, help="Print the cards as JSON.")
@click.option("--format", "as_format", type=click.Choice(["cards", "csv", "json"]), default="cards", show_default=True)
@click.pass_obj
def command(
    plugins: Any,
    /,
    *,
    sae: str | None,
    ids: str | None,
    number: int | None,
    labels: Path | None,
    as_json: bool,
    as_format: str,
    **asked: Any,
) -> None:
    """Look at single features, what they fire on, their neighbors and their lobe.

    SAE is release:sae_id or a path; layer 3 of the bundled release minilm-l6 without one. IDS are numbers of features,
    for example 1,5,9-20, and may stand without an SAE; SAE#412 names one feature.
    """
    from saegeo_core.cli.messages import print_json, results
    from saegeo_core.cli.run_plan import DEFAULT_SAE
    from saegeo_core.inspecting.features import features
    from saegeo_core.inspecting.named_feature import named_feature
    from saegeo_core.loading import load_cloud
    from saegeo_core.rendering.feature_files import features_csv, features_json
    from saegeo_core.rendering.terminal.feature_cards import feature_cards

    as_format = "json" if as_json else as_format
    if sae is not None and ids is None and ONLY_IDS.fullmatch(sae) and not Path(sae).exists():
        sae, ids = None, sae
    name, feature = named_feature(DEFAULT_SAE if sae is None else sae)
    if ids is None and feature is not None:
        ids = str(feature)
    all_of_them = number == 0 or (number is None and (ids is not None or as_format != "cards"))
    most = None if all_of_them else number or MOST_SHOWN
    array = {key: asked.pop(key) for key in ARRAY}
    with contextlib.redirect_stdout(sys.stderr):  # what plugins print is no result
        cloud = load_cloud(name, labels=labels, plugins=plugins, **array)
        cards = features(cloud, ids, most=most, **asked)
    if as_format == "json":
        print_json([features_json(cards)], as_list=False)
    elif as_format == "csv":
        click.echo(features_csv(cards).encode(), nl=False)
    else:
        console = results()
        console.print(feature_cards(cards, console.width))
