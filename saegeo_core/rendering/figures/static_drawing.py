"""A figure as SVG or PDF for a paper, drawn by matplotlib: no browser, and the same bytes for the same figure.

matplotlib comes with the extra `plots`.
"""

import io
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.arrow_labels import Canvas, arrow_labels
from saegeo_core.rendering.figures.columns import ColumnArray, is_text
from saegeo_core.rendering.figures.label_places import Floats
from saegeo_core.rendering.figures.series import OTHER, POINTS, Series, grid_of, log_ends, series_of
from saegeo_core.rendering.plain_text import clean
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FigureFormat = Literal["svg", "pdf"]
DASHES = ("-", "--", ":", "-.", (0, (8, 3)), (0, (8, 3, 1, 3)))
SIZES = {"scatter": (4.6, 4.2), "arrows": (4.6, 4.2), "scatter3d": (5.0, 4.6), "heatmap": (5.0, 4.0)}
USUAL_SIZE = (5.4, 3.4)
"""Width and height in inches."""
LABELED_SIZE = (5.6, 5.0)
"""With words on the drawing: as wide as the text of most papers."""
LABEL_SIZE, GAPS = 7.0, (2.5, 2.0)
"""Of words beside arrows, and how far they stand off start and head, in points."""
MAX_VECTOR_POINTS = 2000
"""Beyond so many the points are one picture inside the drawing, its axes and texts still vectors."""
MAX_MARKERS = 40
"""Points of a curve that are still marked one by one."""
MAX_BELOW, MAX_IN_LINE = 4, 64
"""Series named under a drawing with words, and the letters of their names that find room in one line; else they take two."""
MAX_IN_LEGEND = 12
"""Lines of half a column of a legend."""
INK = "#24292f"
STYLE = {
    "svg.hashsalt": "saegeo",  # names inside the file follow from its content
    "svg.fonttype": "none",  # text stays text, in the fonts of the paper
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e2dc",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def static_drawing(figure: Figure, table: Table, format: FigureFormat = "svg") -> bytes:
    """The figure as the content of a file.

    Raises:
        SaegeoError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Sheet
    except ImportError:
        raise SaegeoError(
            "figures for paper are drawn by matplotlib, which is not installed", "pip install 'matplotlib>=3.10.8'"
        ) from None
    settings: Any = {**mpl.rcParamsDefault, "backend": "agg", **STYLE}
    with mpl.rc_context(settings), warnings.catch_warnings():
        if format == "svg":  # whoever shows it has fonts of his own for letters that the font here lacks
            warnings.filterwarnings("ignore", "Glyph")
        size = LABELED_SIZE if figure.has_labels else SIZES.get(figure.kind, USUAL_SIZE)
        sheet = Sheet(figsize=size, layout="constrained")
        axes: Any = sheet.add_subplot(projection="3d" if figure.kind == "scatter3d" else None)
        axes.set_title(_short(figure.title or figure.name, 80), loc="left", fontsize=10)
        axes.set_xlabel(_short(figure.x_title or figure.x))
        axes.set_ylabel(_short(figure.y_title or (figure.y[0] if len(figure.y) == 1 else "")))
        if figure.kind == "scatter3d":
            axes.set_zlabel(_short(figure.z))
        if figure.kind == "heatmap":
            _heatmap(axes, figure, table)
        else:
            _series(axes, figure, series_of(figure, table))
        content = io.BytesIO()
        undated = {"Date": None} if format == "svg" else {"CreationDate": None}
        sheet.savefig(content, format=format, dpi=200, metadata=undated)
    return content.getvalue()


def _series(axes: Any, figure: Figure, drawn: list[Series]) -> None:
    if figure.log_x:
        axes.set_xscale("log")
    if figure.log_y:
        axes.set_yscale("log", nonpositive="mask")
    n_points = sum(len(one.x) for one in drawn)
    for place, one in enumerate(drawn):
        color = _color(one, place)
        if figure.kind in POINTS:
            _points(axes, figure, one, color, n_points)
        elif one.to_x is not None and one.to_y is not None:
            _arrows(axes, one, one.to_x, one.to_y, color)
        elif figure.kind == "bar":
            _bars(axes, one, color, place, len(drawn))
        else:
            _curve(axes, figure, one, color)
    ends = log_ends(figure, drawn)
    if ends:
        axes.set_ylim(*ends)
    if any(one.name for one in drawn):
        _legend(axes, figure, [_short(one.name, 32) for one in drawn])
    if figure.has_labels:
        _labels(axes, drawn)


def _curve(axes: "Axes", figure: Figure, one: Series, color: str) -> None:
    style: dict[str, Any] = {"color": color, "label": _short(one.name, 32), "linestyle": DASHES[one.dash % len(DASHES)]}
    if figure.kind == "step":
        axes.plot(one.x, one.y, drawstyle="steps-mid", linewidth=1.2, **style)
        return
    marker = "o" if len(one.x) <= MAX_MARKERS else ""
    axes.plot(one.x, one.y, linewidth=1.2, marker=marker, markersize=3, **style)
    _error_bars(axes, one, one.x, color)


def _bars(axes: "Axes", one: Series, color: str, place: int, n_series: int) -> None:
    """Bars of several series stand side by side."""
    named = is_text(one.x)
    at = np.arange(len(one.x), dtype=float) if named else one.x
    apart = float(np.min(np.diff(np.unique(at)))) if len(np.unique(at)) > 1 else 1.0
    width = 0.8 * apart / n_series
    middle = at + (place - (n_series - 1) / 2) * width
    axes.bar(middle, one.y, width, color=color, label=_short(one.name, 32))
    _error_bars(axes, one, middle, color)
    if named:
        axes.set_xticks(at, [_short(text, 24) for text in one.x])


def _points(axes: Any, figure: Figure, one: Series, color: str, n_points: int) -> None:
    at = [one.x, one.y] if one.z is None else [one.x, one.y, one.z]
    style: dict[str, Any] = {
        "s": 14 if n_points <= 200 else 7 if n_points <= MAX_VECTOR_POINTS else 2,
        "linewidths": 0,
        "alpha": 0.8,
        "label": _short(one.name, 32),
        "rasterized": n_points > MAX_VECTOR_POINTS,
    }
    if one.color is None:
        axes.scatter(*at, color=color, **style)
        if one.z is None:
            _error_bars(axes, one, one.x, color)
        return
    points = axes.scatter(*at, c=one.color, **_scale(one.color, palette.LOW_TO_HIGH), **style)
    axes.figure.colorbar(points, ax=axes, label=_short(figure.color), shrink=0.8)


def _arrows(axes: "Axes", one: Series, to_x: ColumnArray, to_y: ColumnArray, color: str) -> None:
    to_scale: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.0032}
    if one.label is not None or one.to_label is not None:
        axes.margins(0.1, 0.07)
        axes.plot(one.x, one.y, "o", color=color, markersize=2.5)
    axes.quiver(one.x, one.y, to_x - one.x, to_y - one.y, color=color, label=_short(one.name, 32), **to_scale)
    axes.update_datalim(np.column_stack([to_x, to_y]))  # matplotlib looks at where arrows start only
    axes.autoscale_view()


def _labels(axes: Any, drawn: list[Series]) -> None:
    """Words beside the ends of arrows, where there is room: last of all, when everything else has found its place."""
    axes.figure.draw_without_rendering()
    box, points = axes.get_window_extent(), 72 / axes.figure.dpi

    def place(positions: Floats) -> Floats:
        placed: Floats = (axes.transData.transform(positions) - box.min) * points
        return placed

    canvas = Canvas((box.width * points, box.height * points), LABEL_SIZE, GAPS, place)
    for label in arrow_labels(drawn, canvas):
        gap, (right, up) = GAPS[label.end], label.side
        axes.annotate(
            label.text,
            label.at,
            (right * gap, up * gap),
            textcoords="offset points",
            ha=("right", "center", "left")[right + 1],
            va=("top", "center", "bottom")[up + 1],
            fontsize=LABEL_SIZE,
            color=INK,
            parse_math=False,
            in_layout=False,
        )


def _error_bars(axes: "Axes", one: Series, at: ColumnArray, color: str) -> None:
    if one.low is not None and one.high is not None:
        axes.vlines(at, one.low, one.high, color=color, linewidth=0.9)


def _heatmap(axes: Any, figure: Figure, table: Table) -> None:
    x, y, values = grid_of(figure, table)
    drawn = axes.imshow(
        values, aspect="auto", origin="lower", interpolation="nearest", **_scale(values, palette.OF_A_GRID)
    )
    axes.grid(False)
    for set_ticks, at in ((axes.set_xticks, x), (axes.set_yticks, y)):
        shown = np.unique(np.linspace(0, len(at) - 1, min(len(at), 10)).round().astype(int))
        set_ticks(shown, [_short(at[i], 24) if is_text(at) else f"{at[i]:g}" for i in shown])
    axes.figure.colorbar(drawn, ax=axes, label=_short(figure.z), shrink=0.8)


def _scale(values: ColumnArray, upwards: Any) -> dict[str, Any]:
    """Colors from low to high; away from zero in two colors where the values lie on both sides of it."""
    from matplotlib.colors import LinearSegmentedColormap

    present = values[np.isfinite(values)]
    if len(present) and present.min() < 0 < present.max():
        far = float(np.abs(present).max())
        return {"cmap": LinearSegmentedColormap.from_list("", list(palette.AROUND_ZERO)), "vmin": -far, "vmax": far}
    return {"cmap": upwards if isinstance(upwards, str) else LinearSegmentedColormap.from_list("", list(upwards))}


def _color(one: Series, place: int) -> str:
    if one.name == OTHER:
        return palette.NEUTRAL
    return palette.shade(one.shade) if one.shade is not None else palette.COLORS[place % len(palette.COLORS)]


def _short(text: object, max_length: int = 60) -> str:
    """A label of at most so many characters, for a drawing has no room for more; a dollar sign starts no formula."""
    shown = clean(text)
    return (shown if len(shown) <= max_length else f"{shown[: max_length - 1]}…").replace("$", r"\$")


def _legend(axes: Any, figure: Figure, names: list[str]) -> None:
    n_series = len(names)
    if figure.has_labels and n_series <= MAX_BELOW:  # the words need the width
        columns = n_series if sum(map(len, names)) <= MAX_IN_LINE else 2
        axes.figure.legend(fontsize=8, ncols=columns, loc="outside lower center", handlelength=1.2, columnspacing=1.2)
        return
    outside = n_series > 4 or figure.kind == "arrows"  # matplotlib finds no free place among arrows
    place = {"loc": "center left", "bbox_to_anchor": (1.02, 0.5)} if outside else {"loc": "best"}
    columns = -(-n_series // (2 * MAX_IN_LEGEND))
    axes.legend(
        title=_short(figure.color) if figure.color else None, fontsize=8, markerscale=1.5, ncols=columns, **place
    )
