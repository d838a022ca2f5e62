"""A figure in a notebook: to be zoomed where plotly is at hand, and a still picture wherever the notebook is shown otherwise."""

import importlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import plotly.graph_objects

LIVE, STILL = "application/vnd.plotly.v1+json", "image/svg+xml"


def with_still_picture(figure: "plotly.graph_objects.Figure", picture: Callable[[], bytes]) -> None:
    """Let the figure be shown with `picture`, the content of an SVG file, beside it: nbconvert and code hosts show no plotly.

    The picture is of the figure as it was drawn first. Where plotly was told to show figures in a way of its own, or matplotlib is
    not installed, there is none.
    """

    def show() -> None:
        import plotly.io

        if not str(plotly.io.renderers.default).startswith("plotly_mimetype"):
            figure.show()
            return
        display: Any = importlib.import_module("IPython.display").display
        still = _still(picture)
        display({LIVE: json.loads(figure.to_json()), **({STILL: still} if still else {})}, raw=True)

    figure._ipython_display_ = show
    figure._repr_svg_ = lambda: _still(picture)


def _still(picture: Callable[[], bytes]) -> str | None:
    try:
        return picture().decode()
    except SaegeoError:
        return None
