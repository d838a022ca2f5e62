"""`saegeo export`: reports and features as files that other programs read."""

import contextlib
import sys
from pathlib import Path
from typing import Any, get_args

import click

from saegeo_core.cli.command_group import DONE, SOME_FAILED
from saegeo_core.cli.options import NamedPath, harvest_option, labels_option, verbosity_options
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.exports import ExportFormat


@click.command("export")
@click.argument("places", metavar="REPORT|DIR... OUT", nargs=-1, required=True, type=NamedPath(path_type=Path))
@click.option("--to", type=click.Choice(get_args(ExportFormat)), required=True, help="What is written.")
@harvest_option
@labels_option
@verbosity_options
@click.pass_context
def command(
    context: click.Context, /, *, places: tuple[Path, ...], to: Any, firing: Path | None, labels: Path | None
) -> None:
    """Write stored reports, or the features they are of, for other programs.

    Takes report files and folders of them, and at last the folder to write into. parquet and csv hold every metric and table;
    the others what is known of each feature of the SAEs measured.
    """
    from saegeo_core.cli.messages import complain, results
    from saegeo_core.rendering.exports.export_files import export_files
    from saegeo_core.rendering.plain_text import plain
    from saegeo_core.report.gather import gather

    *sources, out = places
    if not sources:
        raise SaegeoError("one place was named, and two are needed", f"type saegeo export REPORT… --to {to} OUT")
    reports, skipped = gather(sources)
    for error in skipped:
        complain("skipped", error)
    if not reports:
        raise SaegeoError("there is no report to export", "saegeo run makes some")
    output = results(sys.stdout)
    with contextlib.redirect_stdout(sys.stderr):  # what plugins print is no result
        for path in export_files(reports, to, out, firing=firing, labels=labels, plugins=context.obj):
            output.print(plain(f"{to}: {path}"), soft_wrap=True)
    context.exit(SOME_FAILED if skipped else DONE)
