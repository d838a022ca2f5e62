"""Paper, ink and grid of plotly figures, light and dark: templates in plotly's sense."""

from typing import Any

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif'
LIGHT = {"ink": "#24292f", "dim": "#5a6068", "grid": "#e4e2dc", "paper": "#fffefb"}
DARK = {"ink": "#e4e2dd", "dim": "#a7abb2", "grid": "#33373d", "paper": "#1d2025"}


def template(colors: dict[str, str]) -> dict[str, Any]:
    """A plotly template in these colors; the background is left to the page."""
    axis = {
        "gridcolor": colors["grid"],
        "zerolinecolor": colors["grid"],
        "linecolor": colors["dim"],
        "tickcolor": colors["dim"],
        "tickfont": {"color": colors["dim"], "size": 12},
        "title": {"font": {"size": 13}, "standoff": 8},
        "ticks": "outside",
        "ticklen": 4,
        "showline": True,
        "zeroline": False,
        "automargin": True,
    }
    in_space = {
        "gridcolor": colors["grid"],
        "tickfont": {"color": colors["dim"], "size": 11},
        "title": {"font": {"size": 13}},
        "showbackground": False,
    }
    clear = "rgba(0,0,0,0)"
    bar = {"tickfont": {"color": colors["dim"]}, "ticks": ""}
    layout = {
        "font": {"family": FONT, "size": 13, "color": colors["ink"]},
        "paper_bgcolor": clear,
        "plot_bgcolor": clear,
        "xaxis": axis,
        "yaxis": axis,
        "scene": {"xaxis": in_space, "yaxis": in_space, "zaxis": in_space},
        "margin": {"l": 56, "r": 16, "t": 48, "b": 48},
        "hoverlabel": {
            "bgcolor": colors["paper"],
            "bordercolor": colors["dim"],
            "font": {"family": FONT, "color": colors["ink"]},
            "align": "left",
        },
        "modebar": {"bgcolor": clear, "color": colors["dim"], "activecolor": colors["ink"]},
        "legend": {"font": {"size": 12}, "title": {"font": {"size": 12}}},
        "bargap": 0.25,
    }
    points = {"marker": {"colorbar": bar}}
    data = {"heatmap": [{"colorbar": bar}], "scatter": [points], "scattergl": [points], "scatter3d": [points]}
    return {"layout": layout, "data": data}
