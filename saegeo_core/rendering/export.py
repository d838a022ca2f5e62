"""Reports as files to look at and send: one HTML page, and the figures for a paper."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import tee
from pathlib import Path

from saegeo_core.atomic_file import replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.file_names import told_apart
from saegeo_core.progress import Progress, silent
from saegeo_core.rendering.comparison_figures import Named, comparison_figures
from saegeo_core.rendering.figures.paper_sheet import PaperWidth
from saegeo_core.rendering.figures.static_drawing import FigureFormat, static_drawing
from saegeo_core.rendering.page.html_page import html_page
from saegeo_core.rendering.report_names import named_figures
from saegeo_core.report.report import Report
from saegeo_core.report.reports import ReportOrPlace, load_reports


def page(
    reports: ReportOrPlace | Iterable[ReportOrPlace],
    out: str | Path,
    *,
    figures: str | Path | None = None,
    figure_format: FigureFormat = "svg",
    figure_width: PaperWidth = "double",
) -> Path:
    """Write reports as one HTML file that loads nothing from anywhere, whole or not at all.

    Args:
        reports: reports, files and folders of them, one or several.
        out: the file, named `.html` or `.htm`; what is there is replaced.
        figures: a folder for every figure as a file of its own, and those of several reports together; None writes none.
        figure_format: of these, "svg" or "pdf"; both need matplotlib.
        figure_width: of these, "single" or "double": as one column of a paper, or both.

    Returns:
        The page's path.

    Raises:
        SaegeoError: no report, another name than a page has, or a place that cannot be written.
    """
    out = Path(out)
    refuse_other_suffix(out)
    found = load_reports(reports)
    write_page(found, out)
    if figures is not None:
        list(write_figures(found, Path(figures), figure_format, figure_width))
    return out


def refuse_other_suffix(out: Path) -> None:
    """Raise SaegeoError where a page is to have another name than one of an HTML file."""
    if not out.name:
        raise SaegeoError("a page is an HTML file, and no name was given for it", "--out page.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise SaegeoError(
            f"a page is an HTML file, and {out} is not named like one", f"--out {out.with_suffix('.html')}"
        )


def write_page(reports: Sequence[Report], out: Path, progress: Progress = silent) -> None:
    """Write the page of `reports`.

    Raises:
        SaegeoError: no report, or a place that cannot be written.
    """
    if not reports:
        raise SaegeoError("there is no report to show", "saegeo run makes some")
    text = html_page(reports, progress)
    with _explained(out, "--out"), replacing(out) as file:
        file.write(text.encode())


def write_figures(
    reports: Sequence[Report],
    folder: Path,
    figure_format: FigureFormat = "svg",
    width: PaperWidth = "double",
    progress: Progress = silent,
) -> Iterator[Path]:
    """Write every figure of `reports`, and those of several together, into a folder, which is made.

    Yields each file once it is there.

    Raises:
        SaegeoError: matplotlib is not installed, or the folder cannot be written.
    """
    named = [*named_figures(reports), *comparison_figures(reports)]
    yield from write_drawings(progress(named, len(named), "figures drawn"), folder, figure_format, width)


def write_drawings(
    named: Iterable[Named], folder: Path, figure_format: FigureFormat, width: PaperWidth
) -> Iterator[Path]:
    """Write each of these figures into a folder, which is made; yields each file once it is there.

    Names that are alike, by whatever file system, are numbered.

    Raises:
        SaegeoError: matplotlib is not installed, or the folder cannot be written.
    """
    with _explained(folder, "--figures"):
        folder.mkdir(parents=True, exist_ok=True)
    named, names = tee(named)
    for name, (_, figure, table) in zip(told_apart(name or "figure" for name, *_ in names), named, strict=True):
        path = folder / f"{name}.{figure_format}"
        content = static_drawing(figure, table, figure_format, width)
        with _explained(path, "--figures"), replacing(path) as file:
            file.write(content)
        yield path


@contextmanager
def _explained(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SaegeoError(
            f"cannot write {path}: {error.strerror or error}", f"choose another place with {option}"
        ) from error
