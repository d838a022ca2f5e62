"""A figure as plotly's data and layout, in plain dictionaries: the page writes them, a notebook wraps them.

The colors of paper, ink and grid are no part of it: they come from a template (`plotly_theme`), so that one drawing serves a
light and a dark page.
"""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.arrow_labels import ArrowLabel, Canvas, arrow_labels
from saegeo_core.rendering.figures.columns import ColumnArray, is_text, is_whole
from saegeo_core.rendering.figures.label_places import Floats
from saegeo_core.rendering.figures.plotly_alluvial import alluvial_traces, axis_of_stages
from saegeo_core.rendering.figures.plotly_texts import shown_as_is, texts_as_they_are
from saegeo_core.rendering.figures.plotly_ticks import kind_and_ticks
from saegeo_core.rendering.figures.series import (
    CURVES,
    OTHER,
    POINTS,
    Series,
    grid_of,
    in_words,
    log_ends,
    series_of,
    y_name,
)
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

MAX_SVG_POINTS = 2000
"""Beyond so many points a browser is fluid only with WebGL."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = (
    "circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "triangle-left", "triangle-right", "star",
)  # fmt: skip
PATTERNS = ("", "/", ".", "x")
"""Of bars that share a color."""
CAMERA = {"x": 1.45, "y": 1.45, "z": 1.3}
"""Far enough for the titles of axes in space."""
BAND = 0.18
"""Opacity of intervals around a curve."""
SILENT = {"showlegend": False, "hoverinfo": "skip"}
MAX_KEYS = 12
"""Shaded curves that a legend names one by one; more have a scale of colors."""
MAX_MARKERS = 40
"""Points of a curve that are still marked one by one."""
HEIGHTS = {"scatter": 520, "arrows": 520, "scatter3d": 600, "heatmap": 460, "alluvial": 460}
USUAL_HEIGHT = 380
"""Pixels."""
LABELED_HEIGHT = 680
CANVAS, NARROW_CANVAS = (520.0, 420.0), (270.0, 420.0)
"""Between the axes where words stand beside arrows, in pixels: what is left on a tablet and on a printed page; on a phone."""
LABEL_SIZE, DOT, HEAD, AT_HEAD = 11, 5.0, 9.0, 3.0
"""Words beside arrows, the dots where arrows start, their heads, and what holds words off these, in pixels."""
EDGE = 0.1
"""Of an axis, left empty at either end for words."""

Drawing = dict[str, Any]


def plotly_drawing(figure: Figure, table: Table) -> Drawing:
    """`{"data": [...], "layout": {...}}`, arrays as numpy arrays, every string from data harmless."""
    if figure.kind == "heatmap":
        x, y, values = grid_of(figure, table)
        return {"data": [_heatmap(figure, x, y, values)], "layout": _layout(figure, x, y, n_series=1)}
    if figure.kind == "alluvial":
        x, y, values = grid_of(figure, table)
        layout = _layout(figure, x, np.nansum(values, axis=0), n_series=1) | {"hovermode": "closest"}
        layout["yaxis"]["title"] = {"text": shown_as_is(figure.z_title or in_words(figure.z))}
        layout["xaxis"] |= axis_of_stages(x)
        return {"data": alluvial_traces(x, y, values, figure.y_title or in_words(figure.y[0])), "layout": layout}
    drawn = series_of(figure, table)
    n_points = sum(len(one.x) for one in drawn)
    together = _are_read_together(figure, drawn)
    shaded = [one for one in drawn if one.shade is not None and one.in_legend] if figure.color else []
    scaled = shaded if len(shaded) > MAX_KEYS else []
    traces = [_trace(figure, one, place, n_points) for place, one in enumerate(drawn)]
    for trace, one in zip(traces, drawn, strict=True):
        trace["hovertemplate"] = _value(one) if together else _hover(figure, one)
        trace["showlegend"] = bool(one.name) and one.in_legend and not (scaled and one.shade is not None)
    layout = _layout(figure, drawn[0].x, drawn[0].y, sum(trace["showlegend"] for trace in traces))
    layout["shapes"] = [_across(one, at) for one in drawn if one.is_marked for at in _marked(one)]
    if figure.kind != "scatter3d":
        layout["yaxis"] |= _range(figure, drawn)
    if figure.has_labels:
        ends = _on_axes(figure, np.concatenate([one.ends for one in drawn]))
        ranges = [_with_room(ends[..., axis]) for axis in (0, 1)]
        layout["xaxis"]["range"], layout["yaxis"]["range"] = ranges
        traces += _words(figure, drawn, ranges)
    bands = [_band(one, place) for place, one in enumerate(drawn) if _has_band(figure, one)]
    traces = [*bands, *traces, *([_scale_of(figure, scaled)] if scaled else [])]
    return {"data": traces, "layout": layout | {"hovermode": "x unified" if together else "closest"}}


def _trace(figure: Figure, series: Series, place: int, n_points: int) -> Drawing:
    x, y = texts_as_they_are(series.x), texts_as_they_are(series.y)
    trace: Drawing = {"x": x, "y": y, "name": shown_as_is(series.name)}
    if figure.has_labels or _has_band(figure, series):
        trace["legendgroup"] = f"{place}"  # its words, or its band, go with it
    if series.hover is not None:
        trace["customdata"] = texts_as_they_are(series.hover)
    if series.low is not None and series.high is not None and not _has_band(figure, series):
        above, below = series.high - series.y, series.y - series.low
        trace["error_y"] = {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.2}
    color = _color(series)
    if series.is_marked:
        nowhere = np.array([np.nan])
        return trace | {"type": "scatter", "mode": "lines", "x": nowhere, "y": nowhere, "line": {"width": 2} | color}
    if series.to_x is not None and series.to_y is not None:
        return trace | _arrows(series, series.to_x, series.to_y, color)
    if figure.kind == "bar":
        pattern = {"shape": PATTERNS[series.dash % len(PATTERNS)], "fillmode": "overlay"}
        return trace | {"type": "bar", "marker": color | {"pattern": pattern}}
    if figure.kind in POINTS:
        return trace | _points(figure, series, color, n_points)
    few = len(x) <= MAX_MARKERS and figure.kind == "line" and not series.is_null
    line = {
        "width": 1.5 if series.is_null else 2,
        "dash": DASHES[series.dash % len(DASHES)],
        "shape": "hvh" if figure.kind == "step" else "linear",
    }
    mode = "lines+markers" if few else "lines"
    marker = {"size": 6, "symbol": _symbol(series)}
    return trace | {"type": "scatter", "mode": mode, "line": line | color, "marker": marker}


def _has_band(figure: Figure, series: Series) -> bool:
    """Whether its intervals are a band around a curve; those of points, bars and names are a bar each."""
    is_curve = figure.kind in CURVES and not is_text(series.x) and not is_text(series.y) and not series.is_marked
    if not is_curve or series.low is None or series.high is None:
        return False
    return int((np.isfinite(series.x) & np.isfinite(series.low) & np.isfinite(series.high)).sum()) > 1


def _band(series: Series, place: int) -> Drawing:
    """A surface from the lower to the upper ends, as a closed curve."""
    low, high = (np.full(len(series.x), np.nan) if end is None else end for end in (series.low, series.high))
    order = np.argsort(series.x, kind="stable")
    order = order[np.isfinite(series.x[order]) & np.isfinite(low[order]) & np.isfinite(high[order])]
    red, green, blue = (int(_color(series)["color"][i : i + 2], 16) for i in (1, 3, 5))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([series.x[order], series.x[order[::-1]]]),
        "y": np.concatenate([high[order], low[order[::-1]]]),
        "fill": "toself",
        "fillcolor": f"rgba({red},{green},{blue},{BAND})",
        "line": {"width": 0},
        "name": shown_as_is(series.name),
        "legendgroup": f"{place}",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _marked(series: Series) -> Floats:
    places: Floats = series.x[np.nan_to_num(series.y) > 0]
    return places


def _across(series: Series, at: float) -> Drawing:
    """A line from the lower to the upper edge."""
    line = {"width": 2, "dash": "solid", **_color(series)}
    return {"type": "line", "x0": float(at), "x1": float(at), "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _scale_of(figure: Figure, shaded: list[Series]) -> Drawing:
    """A scale of colors in place of the names of many curves: points that are nowhere, which have it beside them."""
    numbers = np.array([float(one.name) for one in shaded])
    title = {"text": shown_as_is(figure.color_title or in_words(figure.color)), "side": "right"}
    marker = {
        "color": numbers[[0, -1]],
        "colorscale": palette.LOW_TO_HIGH,
        "colorbar": {"title": title, "thickness": 12, "outlinewidth": 0},
        "showscale": True,
    }
    nowhere = np.array([np.nan, np.nan])
    return {"type": "scatter", "mode": "markers", "x": nowhere, "y": nowhere, "marker": marker} | SILENT


def _symbol(series: Series) -> str:
    return SYMBOLS[(series.hue or 0) % len(SYMBOLS)] if series.shade is None else SYMBOLS[0]


def _points(figure: Figure, series: Series, color: Drawing, n_points: int) -> Drawing:
    size = 8 if n_points <= 200 else 6 if n_points <= MAX_SVG_POINTS else 4
    marker: Drawing = {"size": size, "opacity": 0.8, "symbol": _symbol(series), **color}
    if series.color is not None:
        title = {"text": shown_as_is(figure.color_title or in_words(figure.color)), "side": "right"}
        marker |= {"color": series.color, "colorbar": {"title": title, "thickness": 12, "outlinewidth": 0}}
        marker |= _scale(series.color, palette.LOW_TO_HIGH, ("cmin", "cmid", "cmax"))
    if figure.kind == "scatter3d":
        marker |= {"size": max(size / 2, 2), "symbol": "circle"}  # in space plotly knows few others
        return {"type": "scatter3d", "mode": "markers", "z": series.z, "marker": marker}
    return {"type": "scattergl" if n_points > MAX_SVG_POINTS else "scatter", "mode": "markers", "marker": marker}


def _arrows(series: Series, to_x: ColumnArray, to_y: ColumnArray, color: Drawing) -> Drawing:
    """One curve with a gap after every arrow, and a head at the end of each piece."""
    gap, heads = np.full(len(series.x), np.nan), np.tile([0.0, HEAD, 0.0], len(series.x))
    trace: Drawing = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": np.column_stack([series.x, to_x, gap]).ravel(),
        "y": np.column_stack([series.y, to_y, gap]).ravel(),
        "line": {"width": 1.5} | color,
        "marker": {"symbol": "arrow", "angleref": "previous", "size": heads, "opacity": 1, "line": {"width": 0}}
        | color,
    }
    if series.hover is not None:
        trace["customdata"] = np.repeat(texts_as_they_are(series.hover), 3)
    return trace


def _words(figure: Figure, drawn: list[Series], ranges: list[tuple[float, float]]) -> list[Drawing]:
    """For each series a curve of its own with a dot where each arrow starts, and the words at both ends that find room.

    How wide a window will be is not known here: the words are placed for the least width of most, and once more, in `meta`, for a
    phone, from where the page's script takes them. In wider windows they only stand further apart.
    """
    low, high = np.transpose(ranges)

    def texts(size: tuple[float, float]) -> list[Drawing]:
        def place(at: Floats) -> Floats:
            placed: Floats = (_on_axes(figure, at) - low) / (high - low) * size
            return placed

        return _texts(drawn, Canvas(size, LABEL_SIZE, (_gap(DOT), _gap(AT_HEAD)), place))

    wide, narrow = texts(CANVAS), texts(NARROW_CANVAS)
    return [
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": one.ends[..., 0].ravel(),
            "y": one.ends[..., 1].ravel(),
            **wide[place],
            "meta": {"narrow": narrow[place]},
            "textfont": {"size": LABEL_SIZE},
            "marker": {
                "size": np.tile([DOT, AT_HEAD], len(one.x)),
                "opacity": np.tile([1.0, 0.0], len(one.x)),
                "line": {"width": 0},
                **_color(one),
            },
            "legendgroup": f"{place}",
            "showlegend": False,
            "hoverinfo": "skip",
        }
        for place, one in enumerate(drawn)
    ]


def _texts(drawn: list[Series], canvas: Canvas) -> list[Drawing]:
    """For each series its words and where they stand, for the start and the head of each arrow in turn."""
    texts = [np.full((len(one.x), 2), "", dtype=object) for one in drawn]
    sides = [np.full((len(one.x), 2), "middle center", dtype=object) for one in drawn]
    for label in arrow_labels(drawn, canvas):
        texts[label.series][label.row, label.end] = shown_as_is(label.text)
        sides[label.series][label.row, label.end] = _side(label)
    return [{"text": text.ravel(), "textposition": side.ravel()} for text, side in zip(texts, sides, strict=True)]


def _gap(marker_size: float) -> float:
    """How far plotly lets a word stand off a marker of that size."""
    return marker_size / 1.6 + 1


def _side(label: ArrowLabel) -> str:
    right, up = label.side
    return f"{('bottom', 'middle', 'top')[up + 1]} {('left', 'center', 'right')[right + 1]}"


def _on_axes(figure: Figure, positions: Floats) -> Floats:
    """Positions (..., 2) as plotly counts along its axes: of a logarithmic one in decades."""
    is_log = np.array([figure.log_x, figure.log_y])
    return np.where(is_log, np.log10(np.where(is_log, positions, 1.0)), positions)


def _with_room(positions: Floats) -> tuple[float, float]:
    """From the least to the greatest, and room for words beyond both."""
    present = positions[np.isfinite(positions)]
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    room = EDGE * (high - low) or 1.0
    return low - room, high + room


def _heatmap(figure: Figure, x: ColumnArray, y: ColumnArray, values: ColumnArray) -> Drawing:
    words = [
        _told(figure.x_title or in_words(figure.x), "x", x),
        _told(figure.y_title or in_words(figure.y[0]), "y", y),
    ]
    z_title = figure.z_title or in_words(figure.z)
    return {
        "type": "heatmap",
        "x": texts_as_they_are(x),
        "y": texts_as_they_are(y),
        "z": values,
        "hovertemplate": "<br>".join([*words, _told(z_title, "z", values)]) + "<extra></extra>",
        "colorbar": {"title": {"text": shown_as_is(z_title), "side": "right"}, "thickness": 12, "outlinewidth": 0},
        **_scale(values, palette.OF_A_GRID.title(), ("zmin", "zmid", "zmax"), palette.OF_A_SIGNED_GRID.title()),
    }


def _scale(values: ColumnArray, upwards: Any, ends: tuple[str, str, str], signed: Any = palette.AROUND_ZERO) -> Drawing:
    """Colors from low to high; where the values lie on both sides of zero, away from zero in two colors."""
    present = values[np.isfinite(values)]
    if not len(present) or present.min() >= 0 or present.max() <= 0:
        return {"colorscale": upwards}
    far = float(np.abs(present).max())
    return {"colorscale": signed, **dict(zip(ends, (-far, 0.0, far), strict=True))}


def _color(series: Series) -> Drawing:
    if series.name == OTHER or series.hue is None:
        return {"color": palette.NEUTRAL}
    return {"color": palette.color(series.hue) if series.shade is None else palette.shade(series.shade)}


def _hover(figure: Figure, series: Series) -> str:
    """The hover text of a point: what names it first, then its curve, then where it lies.

    plotly's own place for the curve's name is not used: it letters it in the curve's color, which is made to be seen, not read.
    """
    lines = [f"<b>{_told(figure.hover, 'customdata', series.hover)}</b>"] if series.hover is not None else []
    if series.name:
        is_group = figure.color and len(figure.y) == 1
        told = f"{figure.color_title or in_words(figure.color)} {series.name}" if is_group else series.name
        lines.append(shown_as_is(told))
    lines.append(_told(figure.x_title or in_words(figure.x), "x", series.x))
    lines.append(_told(figure.y_title or series.y_name, "y", series.y))
    if series.z is not None:
        lines.append(_told(figure.z_title or in_words(figure.z), "z", series.z))
    if series.color is not None:
        lines.append(_told(figure.color_title or in_words(figure.color), "marker.color", series.color))
    return "<br>".join(lines) + "<extra></extra>"


def _are_read_together(figure: Figure, drawn: list[Series]) -> bool:
    """Whether a few curves are best read side by side at one x."""
    return figure.kind in ("line", "step") and 1 < len(drawn) <= 6 and figure.hover is None


def _value(series: Series) -> str:
    return f"%{{y:.4~g}}<extra>{shown_as_is(series.name)}</extra>"


def _told(name: object, field: str, values: ColumnArray) -> str:
    """`name value` in a hover text; fractions to four digits."""
    exact = is_text(values) or is_whole(values)
    return f"{shown_as_is(name)} %{{{field}}}" if exact else f"{shown_as_is(name)} %{{{field}:.4~g}}"


def _layout(figure: Figure, x: ColumnArray, y: ColumnArray, n_series: int) -> Drawing:
    y_title = figure.y_title or (y_name(figure, figure.y[0]) if len(figure.y) == 1 else "")
    axes = {
        "xaxis": _axis(figure.x_title or in_words(figure.x), x, logarithmic=figure.log_x, is_across=True),
        "yaxis": _axis(y_title, y, logarithmic=figure.log_y, is_across=False),
    }
    if figure.kind == "scatter3d":
        depth = {"title": {"text": shown_as_is(figure.z_title or in_words(figure.z))}}
        axes = {"scene": {**axes, "zaxis": depth, "aspectmode": "data", "camera": {"eye": CAMERA}}}
    many = n_series > 5
    legend: Drawing = {"orientation": "v"} if many else {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    if figure.kind in POINTS:
        legend["itemsizing"] = "constant"  # points in the legend are larger than those in the drawing
    if figure.color:
        legend["title"] = {"text": shown_as_is(figure.color_title or in_words(figure.color))}
    return {
        "title": {"text": shown_as_is(figure.title or figure.name)},
        "height": LABELED_HEIGHT if figure.has_labels else HEIGHTS.get(figure.kind, USUAL_HEIGHT),
        "legend": legend,
        "modebar": {"remove": ["sendChartToCloud"]},  # plotly 7 offers an upload wherever a figure is shown
        **axes,
    }


def _range(figure: Figure, drawn: list[Series]) -> Drawing:
    """The part of a logarithmic axis that is shown first: what the first series needs, if others fall far below it."""
    ends = log_ends(figure, drawn)
    return {} if ends is None else {"range": [float(np.log10(end)) for end in ends]}


def _axis(title: str, values: ColumnArray, *, logarithmic: bool, is_across: bool) -> Drawing:
    return {
        "title": {"text": shown_as_is(title)},
        **kind_and_ticks(values, logarithmic=logarithmic, is_across=is_across),
    }
