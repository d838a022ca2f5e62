"""`saegeo show`: a stored report in full."""

from pathlib import Path

import click

from saegeo_core.cli.options import verbosity_options


@click.command("show")
@click.argument("report", metavar="REPORT", type=click.Path(path_type=Path))
@verbosity_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(report: Path, as_json: bool) -> None:
    """Print a stored report in full: every metric with its nulls and interval, tables, figures, parameters, provenance.

    REPORT is a file written by saegeo run.
    """
    from saegeo_core.cli.messages import print_json, results
    from saegeo_core.rendering.terminal.report_in_full import report_in_full
    from saegeo_core.report.store import ReportStore

    stored = ReportStore.read(report)
    if as_json:
        print_json([stored.to_json()], as_list=False)
    else:
        console = results()
        console.print(report_in_full(stored, console.width))
