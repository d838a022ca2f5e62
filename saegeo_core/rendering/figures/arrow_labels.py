"""The words at the ends of arrows: which of them a drawing shows, and on which side of their point."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len

from saegeo_core.rendering.figures.label_places import NO_PLACE, SIDES, Floats, label_places
from saegeo_core.rendering.figures.series import Series

MAX_CHARACTERS = 24
"""Of a label: a drawing has no room for more."""
MAX_LABELS = 1000
"""Of a drawing with more, hardly one finds a place, and none is looked for."""
WIDTH, HEIGHT = 0.6, 1.1
"""Of a letter, in font sizes. Which font draws it is not known here: most letters of most fonts are narrower."""


@dataclass(frozen=True)
class Canvas:
    """The part of a drawing between its axes, in units of its own, such as pixels.

    Attributes:
        size: width and height.
        font_size: of labels.
        gaps: how far labels stand off the start and off the head of their arrow.
        place: maps positions (n, 2) along the axes to the canvas, (0, 0) at its lower left.
    """

    size: tuple[float, float]
    font_size: float
    gaps: tuple[float, float]
    place: Callable[[Floats], Floats]


@dataclass(frozen=True)
class ArrowLabel:
    """A text at one end of an arrow.

    Attributes:
        series, row: number of its series, and of the arrow in it.
        end: 0 at the start, 1 at the head.
        text: on one line, at most MAX_CHARACTERS; escaped for no drawing library.
        at: where that end is along the axes.
        side: where it stands, seen from there: each of -1, 0, 1, to the right and upwards.
    """

    series: int
    row: int
    end: int
    text: str
    at: tuple[float, float]
    side: tuple[int, int] = (0, 0)


def arrow_labels(drawn: Sequence[Series], canvas: Canvas) -> list[ArrowLabel]:
    """The labels that find a place beside their end; the others are left out. A word at one point is written once."""
    distinct = {(one.text, one.at): one for one in _wanted(drawn)}
    labels = list(distinct.values())
    if not 0 < len(labels) <= MAX_LABELS:
        return []
    arrows = canvas.place(np.array([drawn[one.series].ends[one.row] for one in labels]).reshape(-1, 2)).reshape(
        -1, 2, 2
    )
    end = np.array([one.end for one in labels])
    each = np.arange(len(labels))
    lines = canvas.place(np.concatenate([one.ends for one in drawn]).reshape(-1, 2)).reshape(-1, 4)
    letters = np.array([cell_len(one.text) + 1 for one in labels])  # one of them stands between two words
    places = label_places(
        arrows[each, end],
        sizes=canvas.font_size * np.column_stack([WIDTH * letters, np.full(len(labels), HEIGHT)]),
        gaps=np.array(canvas.gaps)[end],
        away=arrows[each, end] - arrows[each, 1 - end],
        lines=lines[np.isfinite(lines).all(1)],
        canvas=canvas.size,
    )
    return [
        replace(one, side=(int(SIDES[place][0]), int(SIDES[place][1])))
        for one, place in zip(labels, places, strict=True)
        if place != NO_PLACE
    ]


def _wanted(drawn: Sequence[Series]) -> Iterator[ArrowLabel]:
    """Every text of every arrow that can be drawn."""
    for number, one in enumerate(drawn):
        for row in np.flatnonzero(np.isfinite(one.ends).all((1, 2))):
            for end, texts in enumerate((one.label, one.to_label)):
                if texts is not None and texts[row]:
                    x, y = one.ends[row, end]
                    yield ArrowLabel(number, int(row), end, _shortened(texts[row]), (float(x), float(y)))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
