"""A figure as SVG or PDF for a paper, drawn by matplotlib: no browser, and the same bytes for the same figure.

matplotlib comes with the extra `plots`.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.alluvial import RIBBON_OPACITY, blocks, color_of_group, ribbons
from saegeo_core.rendering.figures.arrow_labels import Canvas, arrow_labels
from saegeo_core.rendering.figures.columns import ColumnArray, is_text, is_whole
from saegeo_core.rendering.figures.fitted_texts import (
    fit_axes,
    fit_label,
    longest,
    room_across,
    with_legend,
    wrapped,
)
from saegeo_core.rendering.figures.label_places import Floats
from saegeo_core.rendering.figures.paper_look import (
    color_bar,
    color_of,
    color_scale,
    curve_markers,
    dash_of,
    hatch_of,
    legend_handle,
    marker_of,
)
from saegeo_core.rendering.figures.paper_sheet import FONT_SIZES, INK, PaperWidth, sheet_size, style
from saegeo_core.rendering.figures.series import CURVES, POINTS, Series, grid_of, in_words, log_ends, series_of
from saegeo_core.rendering.figures.tick_marks import linear_ticks, logarithmic_ticks
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table
from saegeo_core.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FigureFormat = Literal["svg", "pdf"]
GAPS = (2.5, 2.0)
"""How far words beside arrows stand off start and head, in points."""
MAX_VECTOR_POINTS = 2000
"""Beyond so many the points are one picture inside the drawing, its axes and texts still vectors."""
NOTHING = 1e-12
"""Curves that do not leave zero by more are drawn on an axis from 0 to 1."""
MAX_KEYS = 8
"""Shaded curves that a legend names one by one; more have a scale of colors."""
MAX_NUMBERED_CELLS = 12
"""Rows, and columns, of a heat map whose cells tell their values."""
LEAST_WIDTH = 0.06
"""Of a bar on a logarithmic axis without a neighbor, in decades."""


def static_drawing(figure: Figure, table: Table, format: FigureFormat = "svg", width: PaperWidth = "double") -> bytes:
    """The figure as the content of a file, as wide as one column of a paper or as both.

    Raises:
        SaegeoError: matplotlib is not installed.
    """
    with drawn_sheet(figure, table, width) as sheet:
        content = io.BytesIO()
        undated = {"Date": None} if format == "svg" else {"CreationDate": None}
        sheet.savefig(content, format=format, dpi=200, metadata=undated)
    return content.getvalue()


@contextmanager
def drawn_sheet(figure: Figure, table: Table, width: PaperWidth) -> Iterator[Any]:
    """The figure as a `matplotlib.figure.Figure`, to be measured and saved as long as matplotlib's settings are those of paper."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Sheet
    except ImportError:
        raise SaegeoError(
            "figures for paper are drawn by matplotlib, which is not installed", "pip install 'matplotlib>=3.10.8'"
        ) from None
    settings: Any = {**mpl.rcParamsDefault, "backend": "agg", **style(width)}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # whoever shows an SVG has fonts of his own for letters lacking here
        sheet: Any = Sheet(figsize=sheet_size(figure, width), layout="constrained")
        FigureCanvasAgg(sheet)
        sheet.get_layout_engine().set(w_pad=0.03, h_pad=0.03)
        size = FONT_SIZES[width]
        title = wrapped(sheet, visible(figure.title or figure.name), room_across(sheet), size + 1)
        sheet.suptitle(title, x=0.01, ha="left", fontsize=size + 1)
        axes: Any = sheet.add_subplot(projection="3d" if figure.kind == "scatter3d" else None)
        if figure.kind == "heatmap":
            _heatmap(axes, figure, table)
        elif figure.kind == "alluvial":
            _alluvial(axes, figure, table)
        else:
            _series(axes, figure, series_of(figure, table))
        yield sheet


def _series(axes: Any, figure: Figure, drawn: list[Series]) -> None:
    sheet = axes.figure
    x = _joined(drawn, "x")
    is_flat = figure.kind == "bar" and is_text(x) and _are_wide(sheet, list(dict.fromkeys(x)))
    x_title, y_title = visible(figure.x_title or in_words(figure.x)), visible(figure.y_title or _y_title(drawn))
    axes.set_xlabel(y_title if is_flat else x_title)
    axes.set_ylabel(x_title if is_flat else y_title)
    if figure.kind == "scatter3d":
        axes.set_zlabel(visible(figure.z_title or in_words(figure.z)))
        axes.set_box_aspect(None, zoom=0.82)
    if figure.log_x:
        axes.set_xscale("log")
    if figure.log_y:
        (axes.set_xscale if is_flat else axes.set_yscale)("log", nonpositive="mask")
    n_points = sum(len(one.x) for one in drawn)
    if figure.kind == "bar":
        _bars(axes, figure, [one for one in drawn if one.has_values and not one.is_marked], is_flat=is_flat)
    for one in drawn:
        if not one.has_values:
            continue
        if one.is_marked:
            _marks(axes, one)
        elif figure.kind in POINTS:
            _points(axes, figure, one, n_points)
        elif one.to_x is not None and one.to_y is not None:
            _arrows(axes, one, one.to_x, one.to_y)
        elif figure.kind in CURVES:
            _curve(axes, figure, one)
    _range(axes, figure, drawn)
    _legend(axes, figure, drawn)
    _fit(axes, figure, x, is_flat=is_flat)
    if figure.has_labels:
        _labels(axes, drawn)


def _range(axes: Any, figure: Figure, drawn: list[Series]) -> None:
    """The part of the axis upwards that is shown, where it is not all that is drawn."""
    ends = log_ends(figure, drawn)
    if ends:
        axes.set_ylim(*ends)
    elif figure.kind in CURVES and not figure.log_y and max(map(abs, axes.get_ylim())) < NOTHING:
        axes.set_ylim(-0.05, 1.0)


def _y_title(drawn: list[Series]) -> str:
    names = dict.fromkeys(one.y_name for one in drawn)
    return next(iter(names)) if len(names) == 1 else ""


def _joined(drawn: list[Series], of: str) -> ColumnArray:
    """The values of all series together."""
    parts = [getattr(one, of) for one in drawn]
    return np.concatenate(parts) if parts else np.empty(0)


def _places(x: ColumnArray) -> dict[str, int]:
    """Where each name stands on its axis; nothing, where places are numbers."""
    return {text: place for place, text in enumerate(dict.fromkeys(x))} if is_text(x) else {}


def _are_wide(sheet: Any, names: list[str]) -> bool:
    """Whether names under their bars would run into each other."""
    return len(names) * (longest(sheet, names, _font_size()) + 4) > 0.85 * room_across(sheet)


def _font_size() -> float:
    import matplotlib as mpl

    return float(mpl.rcParams["font.size"])


def _fit(axes: Any, figure: Figure, x: ColumnArray, *, is_flat: bool) -> None:
    """Ticks and titles of axes, once all that is drawn is there."""
    of_x, of_y = (axes.yaxis, axes.xaxis) if is_flat else (axes.xaxis, axes.yaxis)
    places = list(_places(x)) if figure.kind == "bar" else []
    distinct = np.empty(0) if is_text(x) else np.unique(x[np.isfinite(x)])
    if not is_text(x):
        _ticks(of_x, figure, distinct if figure.kind in CURVES else np.empty(0), is_log=figure.log_x)
    _ticks(of_y, figure, np.empty(0), is_log=figure.log_y)
    if figure.kind == "scatter3d":
        _ticks(axes.zaxis, figure, np.empty(0), is_log=False)
        fit_label(axes)
        return
    if is_flat:
        axes.invert_yaxis()
    if places:
        of_x.set_ticks(range(len(places)), [_short(text, 32) for text in places])
    fit_axes(axes, named=(of_x,) if places else ())


def _ticks(axis: Any, figure: Figure, places: Floats, *, is_log: bool) -> None:
    if is_log:
        logarithmic_ticks(axis, places)
    else:
        linear_ticks(axis, whole=len(places) > 0 and is_whole(places), few=figure.kind == "scatter3d")


def _curve(axes: "Axes", figure: Figure, one: Series) -> None:
    color = color_of(one)
    look: dict[str, Any] = {"color": color, "linewidth": 1.1 if one.is_null else 1.3, "linestyle": dash_of(one)}
    if figure.kind == "step":
        axes.plot(one.x, one.y, drawstyle="steps-mid", **look, **curve_markers(figure, one))
    else:
        order = np.argsort(one.x, kind="stable") if not is_text(one.x) else np.arange(len(one.x))
        axes.plot(one.x[order], one.y[order], **look, **curve_markers(figure, one))
    _interval(axes, one, color)


def _interval(axes: "Axes", one: Series, color: str) -> None:
    """A band around a curve; a bar around a point that has no neighbor."""
    if one.low is None or one.high is None:
        return
    if is_text(one.x):
        axes.vlines(one.x, one.low, one.high, color=color, linewidth=0.9)
        return
    order = np.argsort(one.x, kind="stable")
    x, low, high = one.x[order], one.low[order], one.high[order]
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    beside = np.concatenate([[False], known, [False]])
    alone = known & ~beside[:-2] & ~beside[2:]
    axes.vlines(x[alone], low[alone], high[alone], color=color, linewidth=0.9)
    axes.fill_between(x, low, high, where=known, color=color, alpha=0.18, linewidth=0)


def _marks(axes: "Axes", one: Series) -> None:
    for at in one.x[np.nan_to_num(one.y) > 0]:
        axes.axvline(at, color=color_of(one), linewidth=1.6, linestyle=dash_of(one))


def _bars(axes: "Axes", figure: Figure, drawn: list[Series], *, is_flat: bool) -> None:
    """Bars of several series stand side by side, from left to right or, where their names are wide, from top to bottom."""
    places = _places(_joined(drawn, "x"))
    is_log = figure.log_x and not places
    for number, one in enumerate(drawn):
        at = np.array([places[text] for text in one.x], dtype=float) if places else one.x
        at = np.log10(at) if is_log else at
        distinct = np.unique(at[np.isfinite(at)])
        apart = float(np.diff(distinct).min()) if len(distinct) > 1 else LEAST_WIDTH if is_log else 1.0
        width = 0.8 * apart / len(drawn)
        left, right = (at + (number - len(drawn) / 2 + side) * width for side in (0, 1))
        left, right = (10.0**left, 10.0**right) if is_log else (left, right)
        look = {"color": color_of(one), "edgecolor": "white", "linewidth": 0, "hatch": hatch_of(one)}
        draw: Any = axes.barh if is_flat else axes.bar
        draw((left + right) / 2, one.y, right - left, **look)
        if one.low is not None and one.high is not None:
            lines = axes.hlines if is_flat else axes.vlines
            lines((left + right) / 2, one.low, one.high, color=INK, linewidth=0.7)


def _points(axes: Any, figure: Figure, one: Series, n_points: int) -> None:
    at = [one.x, one.y] if one.z is None else [one.x, one.y, one.z]
    look: dict[str, Any] = {
        "s": 14 if n_points <= 200 else 7 if n_points <= MAX_VECTOR_POINTS else 2,
        "linewidths": 0,
        "alpha": 0.8,
        "marker": marker_of(one),
        "rasterized": n_points > MAX_VECTOR_POINTS,
    }
    if one.color is None:
        axes.scatter(*at, color=color_of(one), **look)
        if one.z is None and one.low is not None and one.high is not None:
            axes.vlines(one.x, one.low, one.high, color=color_of(one), linewidth=0.9)
        return
    points = axes.scatter(*at, c=one.color, **color_scale(one.color, palette.ON_PAPER), **look)
    color_bar(axes, points, visible(figure.color_title or in_words(figure.color)))


def _arrows(axes: "Axes", one: Series, to_x: ColumnArray, to_y: ColumnArray) -> None:
    color = color_of(one)
    look: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "inches", "width": 0.014}
    if one.label is not None or one.to_label is not None:
        axes.margins(0.1, 0.07)
        axes.plot(one.x, one.y, marker_of(one), color=color, markersize=2.8)
    axes.quiver(one.x, one.y, to_x - one.x, to_y - one.y, color=color, **look)
    axes.update_datalim(np.column_stack([to_x, to_y]))  # matplotlib looks at where arrows start only
    axes.autoscale_view()


def _labels(axes: Any, drawn: list[Series]) -> None:
    """Words beside the ends of arrows, where there is room: last of all, when everything else has found its place."""
    size = _font_size() - 1
    axes.figure.draw_without_rendering()
    box, points = axes.get_window_extent(), 72 / axes.figure.dpi

    def place(positions: Floats) -> Floats:
        placed: Floats = (axes.transData.transform(positions) - box.min) * points
        return placed

    canvas = Canvas((box.width * points, box.height * points), size, GAPS, place)
    for label in arrow_labels(drawn, canvas):
        gap, (right, up) = GAPS[label.end], label.side
        axes.annotate(
            label.text,
            label.at,
            (right * gap, up * gap),
            textcoords="offset points",
            ha=("right", "center", "left")[right + 1],
            va=("top", "center", "bottom")[up + 1],
            fontsize=size,
            color=INK,
            in_layout=False,
        )


def _heatmap(axes: Any, figure: Figure, table: Table) -> None:
    x, y, values = grid_of(figure, table)
    scale = color_scale(values, palette.OF_A_GRID)
    drawn = axes.imshow(values, aspect="auto", origin="lower", interpolation="nearest", **scale)
    axes.grid(False)
    axes.set_xlabel(visible(figure.x_title or in_words(figure.x)))
    axes.set_ylabel(visible(figure.y_title or in_words(figure.y[0])))
    color_bar(axes, drawn, visible(figure.z_title or in_words(figure.z)))
    for axis, at in ((axes.xaxis, x), (axes.yaxis, y)):
        axis.set_ticks(range(len(at)), [_short(one, 32) if is_text(at) else f"{one:g}" for one in at])
    fit_axes(axes, named=(axes.xaxis, axes.yaxis))
    if max(values.shape, default=0) <= MAX_NUMBERED_CELLS:
        _cell_values(axes, drawn, values)


def _alluvial(axes: Any, figure: Figure, table: Table) -> None:
    x, groups, sizes = grid_of(figure, table)
    for band, opacity in (*((one, RIBBON_OPACITY) for one in ribbons(sizes)), *((one, 1.0) for one in blocks(sizes))):
        color = color_of_group(band.group, len(groups))
        axes.fill_between(band.x, band.low, band.high, color=color, alpha=opacity, linewidth=0)
    axes.grid(False)
    axes.set_xlabel(visible(figure.x_title or in_words(figure.x)))
    axes.set_ylabel(visible(figure.z_title or in_words(figure.z)))
    axes.xaxis.set_ticks(range(len(x)), [_short(one, 32) if is_text(x) else f"{one:g}" for one in x])
    axes.set_ylim(0, None)
    linear_ticks(axes.yaxis)
    fit_axes(axes, named=(axes.xaxis,))


def _cell_values(axes: Any, drawn: Any, values: Floats) -> None:
    """Each value in its cell, if all of them find room there: dark on light, light on dark."""
    size = _font_size() - 1
    box = axes.get_window_extent()
    room = box.width * 72 / axes.figure.dpi / values.shape[1]
    shown = {place: f"{value:.2f}".replace("0.", ".") for place, value in np.ndenumerate(values) if np.isfinite(value)}
    if room < longest(axes.figure, list(shown.values()), size) + 2:
        return
    for (row, column), text in shown.items():
        red, green, blue, _ = drawn.cmap(drawn.norm(values[row, column]))
        is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
        color = INK if is_light else "white"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=color, in_layout=False)


def _short(text: object, max_length: int) -> str:
    """A label of at most so many characters, for a drawing has no room for more."""
    shown = visible(text)
    return shown if len(shown) <= max_length else f"{shown[: max_length - 1]}…"


def _legend(axes: Any, figure: Figure, drawn: list[Series]) -> None:
    """Under the axes. Many shaded curves have a scale in its place."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    title = visible(figure.color_title or in_words(figure.color))
    shaded = [one for one in drawn if one.shade is not None and one.in_legend]
    numbers = [float(one.name) for one in shaded if figure.color] if len(shaded) > MAX_KEYS else []
    if numbers:
        colors = LinearSegmentedColormap.from_list("", list(palette.ON_PAPER))
        color_bar(axes, ScalarMappable(Normalize(min(numbers), max(numbers)), colors), title)
    told = [one for one in drawn if one.name and one.in_legend and not (numbers and one in shaded)]
    if told:
        handles, names = [legend_handle(figure, one) for one in told], [visible(one.name) for one in told]
        with_legend(axes.figure, handles, names, _font_size(), "" if numbers else title)
