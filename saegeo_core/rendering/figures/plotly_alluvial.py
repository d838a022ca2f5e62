"""An alluvial figure as plotly's traces: an area for every block and every ribbon, told when it is pointed at."""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures.alluvial import RIBBON_OPACITY, Band, blocks, color_of_group, ribbons
from saegeo_core.rendering.figures.columns import ColumnArray
from saegeo_core.rendering.figures.label_places import Floats
from saegeo_core.rendering.figures.plotly_texts import shown_as_is, texts_as_they_are

Drawing = dict[str, Any]


def alluvial_traces(stages: ColumnArray, groups: ColumnArray, sizes: Floats, group_title: str) -> list[Drawing]:
    """Ribbons, then blocks over them, of sizes (n_groups, n_stages)."""
    shown = [shown_as_is(name) for name in groups]

    def told(band: Band, where: str) -> str:
        return f"{shown_as_is(group_title)} {shown[band.group]}<br>{where}<br>{band.size:g}"

    names = [shown_as_is(name) for name in stages]
    return [
        *(
            _area(one, len(groups), RIBBON_OPACITY, told(one, f"{names[one.stage]} to {names[one.stage + 1]}"))
            for one in ribbons(sizes)
        ),
        *(_area(one, len(groups), 1.0, told(one, names[one.stage])) for one in blocks(sizes)),
    ]


def axis_of_stages(stages: ColumnArray) -> Drawing:
    """Stages stand at whole numbers."""
    return {
        "type": "linear",
        "tickvals": np.arange(len(stages)),
        "ticktext": texts_as_they_are(stages),
        "showgrid": False,
    }


def _area(band: Band, n_groups: int, opacity: float, told: str) -> Drawing:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([band.x, band.x[::-1]]),
        "y": np.concatenate([band.low, band.high[::-1]]),
        "fill": "toself",
        "fillcolor": color_of_group(band.group, n_groups),
        "opacity": opacity,
        "line": {"width": 0},
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": told,
        "showlegend": False,
    }
