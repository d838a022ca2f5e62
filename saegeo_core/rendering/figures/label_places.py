"""Where words stand beside the points that they name, so that none covers another, a point, or the edge of the drawing.

Eight places beside each point, taken greedily and the same way every time (Christensen, Marks & Shieber 1995, "An empirical study
of algorithms for point-feature label placement"). To find the best of all placements is NP-hard.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Masks = NDArray[np.bool_]

SIDES = np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)])
"""Where a label may stand, seen from its point: to the right, and on counterclockwise. y points upwards."""
NO_PLACE = -1
"""In place of a side where a label stands nowhere."""
MAX_CROSSED = 1
"""Lines that may run through a word: it can be read through one."""


def label_places(
    points: Floats, *, sizes: Floats, gaps: Floats, away: Floats, lines: Floats, canvas: tuple[float, float]
) -> Integers:
    """For each label the row of SIDES where it stands, int64 (n,), or NO_PLACE where it would cover what is there already.

    Labels whose points are the most alone come last: they find a place whatever the others take.

    Args:
        points: (n, 2), what the labels name, in the units of the canvas, (0, 0) at its lower left.
        sizes: (n, 2), width and height of each label.
        gaps: (n,), how far each label stands off its point.
        away: (n, 2), where each label stands best, as a direction from its point.
        lines: (m, 4), x, y, x, y of what is drawn between points; at most MAX_CROSSED of them run through a label.
        canvas: its width and height.
    """
    sides = np.full(len(points), NO_PLACE, np.int64)
    taken = np.empty((0, 4))
    for label in np.argsort(_room(points), kind="stable"):
        boxes = boxes_beside(points[label], sizes[label], gaps[label])
        free = _lie_within(boxes, canvas) & ~_meet(boxes, taken).any(1) & ~_hold(boxes, points).any(1)
        if not free.any():
            continue
        crossed = _cross(boxes, lines).sum(1)
        cost = np.where(free & (crossed <= MAX_CROSSED), crossed + _turned(away[label]), np.inf)
        best = int(cost.argmin())
        if np.isfinite(cost[best]):
            sides[label] = best
            taken = np.vstack([taken, boxes[best]])
    return sides


def boxes_beside(point: Floats, size: Floats, gap: float) -> Floats:
    """Left, bottom, right and top of a label of that size on each of SIDES of a point (2,), float64 (8, 4)."""
    middle = point + SIDES * (gap + size / 2)
    return np.concatenate([middle - size / 2, middle + size / 2], axis=1)


def _room(points: Floats) -> Floats:
    """How far the nearest other point is, (n,); a point at the same place counts."""
    room = np.full(len(points), np.inf)
    for number, point in enumerate(points):
        distances = np.abs(points - point).max(1)
        distances[number] = np.inf
        room[number] = distances.min()
    return room


def _turned(away: Floats) -> Floats:
    """How far each side is turned from the direction (2,), (8,) from 0 to less than 1, so that it settles ties alone."""
    length = np.hypot(*away)
    cosines = SIDES @ away / (np.hypot(*SIDES.T) * length) if length > 0 else np.zeros(len(SIDES))
    return 0.49 * (1 - cosines)


def _lie_within(boxes: Floats, canvas: tuple[float, float]) -> Masks:
    within: Masks = np.all(boxes[:, :2] >= 0, axis=1) & np.all(boxes[:, 2:] <= canvas, axis=1)
    return within


def _meet(boxes: Floats, others: Floats) -> Masks:
    """Which boxes (k, 4) meet which others (m, 4), (k, m); edges that only touch do not."""
    meets: Masks = np.all((boxes[:, None, :2] < others[:, 2:]) & (others[:, :2] < boxes[:, None, 2:]), axis=2)
    return meets


def _hold(boxes: Floats, points: Floats) -> Masks:
    """Which boxes (k, 4) hold which points (m, 2), (k, m)."""
    held: Masks = np.all((boxes[:, None, :2] < points) & (points < boxes[:, None, 2:]), axis=2)
    return held


def _cross(boxes: Floats, lines: Floats) -> Masks:
    """Which boxes (k, 4) which lines (m, 4) run through, (k, m): those of which a part remains after clipping (Liang & Barsky)."""
    start, step = lines[:, :2], lines[:, 2:] - lines[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (boxes[:, None, :2] - start) / step, (boxes[:, None, 2:] - start) / step
    # A line along an axis is inside the box all the way, or never.
    level = step == 0
    inside = (boxes[:, None, :2] < start) & (start < boxes[:, None, 2:])
    enters = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(low, high)).max(2)
    leaves = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(low, high)).min(2)
    crossed: Masks = np.maximum(enters, 0) < np.minimum(leaves, 1)
    return crossed
