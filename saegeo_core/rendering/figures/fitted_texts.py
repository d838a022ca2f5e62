"""The texts of a drawing brought to where they have room: titles on several lines, ticks with gaps, the legend under the axes.

Everything is measured as matplotlib draws it. Its layout gives axes their place; it neither breaks a line nor leaves out a tick.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

GAP = 3.0
"""Between the labels of two ticks, in points."""
MAX_LINES = 3
"""Of a title or a name; what is longer ends in an ellipsis."""
SHARE = 0.6
"""Of the height of a sheet, that its axes have at least."""
STEEP = 90.0
"""Degrees: how labels stand that have no room side by side."""


def wrapped(sheet: Any, text: str, room: float, size: float) -> str:
    """The text on lines no longer than `room` in points, at most MAX_LINES of them. Words too long for a line are cut."""
    lines: list[str] = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and _length(sheet, joined, size) <= room:
            lines[-1] = joined
        else:
            lines.append(_cut(sheet, word, room, size))
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], _cut(sheet, " ".join(lines[MAX_LINES - 1 :]), room, size)]
    return "\n".join(lines)


def room_across(sheet: Any) -> float:
    """From edge to edge of the sheet, in points, less a small margin."""
    return 72 * float(sheet.get_figwidth()) - 8


def longest(sheet: Any, texts: Sequence[str], size: float) -> float:
    """The length of the longest of these, in points."""
    return max((_length(sheet, text, size) for text in texts), default=0.0)


def fit_label(axes: Any) -> None:
    """Titles of axes on lines no longer than these."""
    sheet = axes.figure
    sheet.draw_without_rendering()
    box, points = axes.get_window_extent(), 72 / sheet.dpi
    for axis, room in ((axes.xaxis, box.width), (axes.yaxis, box.height)):
        axis.label.set_text(
            wrapped(sheet, axis.label.get_text().replace("\n", " "), room * points, axis.label.get_size())
        )


def with_legend(sheet: Any, handles: Sequence[Any], names: Sequence[str], size: float, title: str = "") -> None:
    """A legend under everything, in as many columns as the sheet is wide for."""
    room = room_across(sheet)
    handle = 3.2 * size
    shown = [wrapped(sheet, name, room - handle, size) for name in names]
    widths = [longest(sheet, text.split("\n"), size) + handle + size for text in shown]
    columns = next(n for n in range(len(names), 0, -1) if n == 1 or _needed(widths, n) <= room)
    sheet.legend(
        handles,
        shown,
        title=title or None,
        title_fontsize=size,
        fontsize=size,
        ncols=columns,
        loc="outside lower center",
        handlelength=2.2,
        handletextpad=0.5,
        columnspacing=1.0,
        borderpad=0.2,
        labelspacing=0.35,
    )


def fit_axes(axes: Any, named: Sequence[Any] = ()) -> None:
    """Leave out labels of ticks until none is nearer the next than GAP, break titles, and make the sheet as high as that takes.

    Labels of the axes in `named` are names, which stand upright under a horizontal one before any is left out.
    """
    _thin_out(axes, axes.xaxis, is_named=axes.xaxis in named)
    fit_label(axes)
    _grow(axes)
    fit_label(axes)
    _thin_out(axes, axes.yaxis, is_named=axes.yaxis in named)


def _thin_out(axes: Any, axis: Any, *, is_named: bool) -> None:
    sheet, gap = axes.figure, GAP if axis.axis_name == "x" else 0.0
    sheet.draw_without_rendering()
    if is_named and gap and _overlap(_boxes(axis), gap):
        axis.set_tick_params(labelrotation=STEEP)
        gap = 0.0
        sheet.draw_without_rendering()
    ticks = [(tick.get_loc(), tick.label1.get_text()) for tick in axis.get_major_ticks() if tick.label1.get_text()]
    for step in range(2, len(ticks) + 1):
        if not _overlap(_boxes(axis), gap):
            return
        places, names = zip(*ticks[::step], strict=True)
        axis.set_ticks(places, names)
        sheet.draw_without_rendering()


def _grow(axes: Any) -> None:
    """A higher sheet, where legend, names and titles have left the axes less than SHARE of its height."""
    sheet = axes.figure
    width, height = sheet.get_size_inches()
    sheet.draw_without_rendering()
    missing = SHARE * height - axes.get_window_extent().height / sheet.dpi
    sheet.set_size_inches(width, height + max(0.0, missing))


def _boxes(axis: Any) -> list[Any]:
    """Of the labels of ticks that are seen, in pixels."""
    low, high = sorted(axis.get_view_interval())
    seen = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high and tick.label1.get_text()]
    return [tick.label1.get_window_extent() for tick in seen]


def _overlap(boxes: Sequence[Any], gap: float) -> bool:
    """Whether two boxes, each half of `gap` wider on either side, have a point in common."""
    padded = [box.padded(gap / 2) if gap else box for box in boxes]
    return any(one.overlaps(other) for i, one in enumerate(padded) for other in padded[:i])


def _needed(widths: Sequence[float], columns: int) -> float:
    """The width of a legend of so many columns, which are filled one after another, the first ones higher by one."""
    return float(sum(column.max() for column in np.array_split(np.array(widths), columns)))


def _cut(sheet: Any, text: str, room: float, size: float) -> str:
    if _length(sheet, text, size) <= room:
        return text
    kept = next((n for n in range(len(text) - 1, 0, -1) if _length(sheet, f"{text[:n]}…", size) <= room), 0)
    return f"{text[:kept]}…"


def _length(sheet: Any, text: str, size: float) -> float:
    """Of one line, in points."""
    from matplotlib.font_manager import FontProperties

    renderer = sheet.canvas.get_renderer()
    width, _, _ = renderer.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return float(width) * 72 / float(sheet.dpi)
