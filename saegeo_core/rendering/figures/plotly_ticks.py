"""Kind and ticks of an axis of a plotly figure: whole numbers at whole places, few numbers on a logarithmic axis."""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures.columns import ColumnArray, is_text, is_whole
from saegeo_core.rendering.figures.tick_marks import DECADES, MAX_PLACES, number

MAX_WHOLE_TICKS = 30


def kind_and_ticks(values: ColumnArray, *, logarithmic: bool, is_across: bool) -> dict[str, Any]:
    """Of an axis that shows these values.

    A logarithmic one has its ticks at the places of a curve where these are few; else at powers of ten, with twice and five times
    these where there are few.
    """
    if is_text(values):
        return {"type": "category"}
    if not logarithmic:
        few_whole = len(values) and is_whole(values) and np.ptp(values) <= MAX_WHOLE_TICKS
        return {"type": "linear"} | ({"dtick": 1} if few_whole else {})  # no layer 3.5
    kind = {"type": "log", "exponentformat": "power"}
    places = np.unique(values[np.isfinite(values)])
    if is_across and 1 < len(places) <= MAX_PLACES:
        return kind | {"tickvals": places, "ticktext": [number(place) for place in places]}
    decades = np.log10(places[-1] / places[0]) if len(places) else 0.0
    return kind | {"dtick": "D2" if decades < DECADES else 1}
