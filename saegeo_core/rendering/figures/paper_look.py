"""How a series looks on paper: color, dashes, markers and hatches, and what stands for it in the legend.

Nothing is told by color alone: curves of few colors have markers or dashes of their own, bars of one color hatches.
"""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.columns import ColumnArray
from saegeo_core.rendering.figures.series import OTHER, POINTS, Series
from saegeo_core.rendering.figures.tick_marks import linear_ticks
from saegeo_core.report.findings import Figure

DASHES = ("-", "--", (0, (1, 1.2)), "-.", (0, (8, 3)), (0, (8, 3, 1, 3)))
NULL_DASHES = ((0, (3, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
HATCHES = ("", "//////", "......", "xxxxxx")
"""Of bars that share a color."""
MARKER_SIZE = 3.2
SPARSE = 0.15
"""From marker to marker of a long curve, as a share of the drawing's diagonal."""
MAX_MARKERS = 40
"""Points of a curve that are still marked one by one."""


def color_of(one: Series) -> str:
    """Of its group or its place in an order; gray, where it belongs to no group."""
    if one.name == OTHER or (one.hue is None and not one.is_null):
        return palette.NEUTRAL
    if one.hue is None:
        return palette.GRAYS[(one.dash - 1) % len(palette.GRAYS)]
    return palette.shade(one.shade, palette.ON_PAPER) if one.shade is not None else palette.color(one.hue)


def dash_of(one: Series) -> Any:
    """As matplotlib has it; those of nulls are none that others have."""
    return NULL_DASHES[(one.dash - 1) % len(NULL_DASHES)] if one.is_null else DASHES[one.dash % len(DASHES)]


def hatch_of(one: Series) -> str:
    """Of its bars."""
    return HATCHES[one.dash % len(HATCHES)]


def marker_of(one: Series) -> str:
    """One for each color; what is shaded in order needs none of its own."""
    return MARKERS[(one.hue or 0) % len(MARKERS)] if one.shade is None else MARKERS[0]


def legend_handle(figure: Figure, one: Series) -> Any:
    """What stands beside a name in the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    color = color_of(one)
    if figure.kind == "bar" and not one.is_marked:
        return Patch(facecolor=color, edgecolor="white", linewidth=0, hatch=hatch_of(one))
    if figure.kind in POINTS or figure.kind == "arrows":
        return Line2D([], [], color=color, marker=marker_of(one), linestyle="", markersize=4.5)
    marker = curve_markers(figure, one).get("marker", "") if one.has_values and not one.is_marked else ""
    return Line2D([], [], color=color, linestyle=dash_of(one), marker=marker, markersize=MARKER_SIZE, linewidth=1.3)


def curve_markers(figure: Figure, one: Series) -> dict[str, Any]:
    """A marker on every point of a short line; on some of any other curve that only its color tells from the first."""
    if one.is_null:
        return {}
    if figure.kind == "line" and len(one.x) <= MAX_MARKERS:
        return {"marker": marker_of(one), "markersize": MARKER_SIZE}
    if one.hue and one.shade is None and one.dash == 0:
        return {"marker": marker_of(one), "markersize": MARKER_SIZE, "markevery": (0.02 * one.hue, SPARSE)}
    return {}


def color_scale(values: ColumnArray, upwards: Any) -> dict[str, Any]:
    """Colors from low to high, of rising lightness; zero is in the middle where values lie on both sides of it."""
    from matplotlib.colors import LinearSegmentedColormap

    present = values[np.isfinite(values)]
    if len(present) and present.min() < 0 < present.max():
        far = float(np.abs(present).max())
        return {"cmap": palette.OF_A_SIGNED_GRID, "vmin": -far, "vmax": far}
    return {"cmap": upwards if isinstance(upwards, str) else LinearSegmentedColormap.from_list("", list(upwards))}


def color_bar(axes: Any, of: Any, title: str) -> None:
    """A scale of colors beside the axes."""
    sheet = axes.figure
    bar = sheet.colorbar(of, ax=axes, shrink=0.8, pad=0.12 if axes.name == "3d" else 0.02, aspect=25)
    bar.outline.set_visible(False)
    linear_ticks(bar.ax.yaxis)
    bar.set_label(title)
