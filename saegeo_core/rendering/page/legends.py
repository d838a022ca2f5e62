"""Legends that a reader can take in: of very many curves a few are named, the others counted."""

from typing import Any

MAX_ENTRIES = 16


def with_short_legend(drawing: dict[str, Any]) -> dict[str, Any]:
    """The drawing with at most MAX_ENTRIES entries in its legend, spread evenly over the curves, and one that says how many more.

    That last entry hides and shows all that are not named.
    """
    entries = [trace for trace in drawing["data"] if trace.get("showlegend")]
    n_more = len(entries) - MAX_ENTRIES
    if n_more <= 0:
        return drawing
    named = {round(i * (len(entries) - 1) / (MAX_ENTRIES - 1)) for i in range(MAX_ENTRIES)}
    for place, trace in enumerate(entries):
        if place not in named:
            trace |= {"showlegend": False, "legendgroup": "more"}
    more = {
        "type": "scatter",
        "mode": "lines",
        "x": [None],
        "y": [None],
        "name": f"{n_more} more",
        "legendgroup": "more",
        "showlegend": True,
        "hoverinfo": "skip",
        "line": {"color": "rgba(0,0,0,0)"},
    }
    return {**drawing, "data": [*drawing["data"], more]}
