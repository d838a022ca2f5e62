"""`saegeo page`: stored reports as one HTML file, and their figures as files for a paper."""

from pathlib import Path
from typing import Literal

import click

from saegeo_core.cli.command_group import DONE, SOME_FAILED
from saegeo_core.cli.options import NamedPath, figure_options, verbosity_options
from saegeo_core.errors import SaegeoError

DEFAULT_FOLDER = Path("saegeo-results")


@click.command("page")
@click.argument("places", metavar="[REPORT | DIR]...", nargs=-1, type=NamedPath(path_type=Path))
@click.option("--out", metavar="FILE.html", type=NamedPath(path_type=Path), help="The page to write.")
@figure_options("Write every figure into this folder, and those of several SAEs together.")
@verbosity_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    places: tuple[Path, ...],
    out: Path | None,
    figures: Path | None,
    figure_format: Literal["svg", "pdf"],
    figure_width: Literal["single", "double"],
) -> None:
    """Turn stored reports into one HTML file to look at and send.

    Takes report files and folders of them; without any, saegeo-results. The file is complete: it loads nothing from anywhere.
    What is no report is named and left out (exit status 1).
    """
    from saegeo_core.cli.messages import complain
    from saegeo_core.cli.progress import loop_progress
    from saegeo_core.rendering.export import refuse_other_suffix, write_figures, write_page
    from saegeo_core.report.gather import gather

    if out is None and figures is None:
        raise SaegeoError("nothing to write", "give --out FILE.html, or --figures DIR, or both")
    if out is not None:
        refuse_other_suffix(out)
    with loop_progress("reading reports") as progress:
        reports, skipped = gather(places or (DEFAULT_FOLDER,), progress)
    for error in skipped:
        complain("skipped", error)
    if not reports:
        raise SaegeoError("there is no report to show", "saegeo run makes some")
    if out is not None:
        with loop_progress(f"drawing {out.name}") as progress:
            write_page(reports, out, progress)
        _tell("page", out)
    if figures is not None:
        with loop_progress("drawing figures") as progress:
            written = list(write_figures(reports, figures, figure_format, figure_width, progress))
        for path in written:
            _tell("figure", path)
    context.exit(SOME_FAILED if skipped else DONE)


def _tell(what: str, path: Path) -> None:
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.plain_text import plain

    results().print(plain(f"{what}: {path}"), soft_wrap=True)
