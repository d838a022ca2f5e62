"""`saegeo page`: stored reports as one HTML file, and their figures as files for a paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from saegeo_core.cli.command_group import DONE, SOME_FAILED
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.report.report import Report

DEFAULT_FOLDER = Path("saegeo-results")


@click.command("page")
@click.argument("places", metavar="[REPORT | DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", metavar="FILE.html", type=click.Path(path_type=Path), help="The page to write.")
@click.option("--figures", metavar="DIR", type=click.Path(path_type=Path), help="Write every figure into this folder.")
@click.option(
    "--figure-format", type=click.Choice(["svg", "pdf"]), default="svg", show_default=True, help="Of --figures."
)
@click.pass_context
def command(
    context: click.Context,
    places: tuple[Path, ...],
    out: Path | None,
    figures: Path | None,
    figure_format: Literal["svg", "pdf"],
) -> None:
    """Turn stored reports into one HTML file to look at and send.

    Takes report files and folders of them; without any, saegeo-results. The file is complete: it loads nothing from anywhere.
    What is no report is named and left out (exit status 1).
    """
    from saegeo_core.cli.messages import complain
    from saegeo_core.report.gather import gather

    _check(out, figures)
    reports, skipped = gather(places or (DEFAULT_FOLDER,))
    for error in skipped:
        complain("skipped", error)
    if not reports:
        raise SaegeoError("there is no report to show", "saegeo run makes some")
    if out is not None:
        _write_page(reports, out)
    if figures is not None:
        _write_figures(reports, figures, figure_format)
    context.exit(SOME_FAILED if skipped else DONE)


def _check(out: Path | None, figures: Path | None) -> None:
    if out is None and figures is None:
        raise SaegeoError("nothing to write", "give --out FILE.html, or --figures DIR, or both")
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise SaegeoError(
            f"a page is an HTML file, and {out} is not named like one", f"--out {out.with_suffix('.html')}"
        )


def _write_page(reports: "list[Report]", out: Path) -> None:
    from saegeo_core.atomic_file import replacing
    from saegeo_core.rendering.page.html_page import html_page

    text = html_page(reports)
    with _explained(out, "--out"), replacing(out) as file:
        file.write(text.encode())
    _tell("page", out)


def _write_figures(reports: "list[Report]", folder: Path, figure_format: Literal["svg", "pdf"]) -> None:
    from saegeo_core.atomic_file import replacing
    from saegeo_core.rendering.figures.static_drawing import static_drawing
    from saegeo_core.rendering.report_names import named_figures

    with _explained(folder, "--figures"):
        folder.mkdir(parents=True, exist_ok=True)
    for name, figure, table in named_figures(reports):
        path = folder / f"{name}.{figure_format}"
        content = static_drawing(figure, table, figure_format)
        with _explained(path, "--figures"), replacing(path) as file:
            file.write(content)
        _tell("figure", path)


def _tell(what: str, path: Path) -> None:
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.plain_text import plain

    results().print(plain(f"{what}: {path}"), soft_wrap=True)


@contextmanager
def _explained(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SaegeoError(
            f"cannot write {path}: {error.strerror or error}", f"choose another place with {option}"
        ) from error
