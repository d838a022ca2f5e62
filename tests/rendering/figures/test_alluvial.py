"""Alluvial figures: blocks that stack up to what there is, ribbons as wide as what goes on, and both libraries draw them."""

import numpy as np
import pytest

from saegeo_core import Figure
from saegeo_core.rendering.figures.alluvial import blocks, ribbons
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.figures.plotly_texts import shown_as_is
from saegeo_core.rendering.figures.static_drawing import static_drawing
from saegeo_core.report.report import Table

SIZES = np.array([[4.0, 3.0, 1.0], [np.nan, 2.0, 2.0], [np.nan, np.nan, 0.0]])
FIGURE = Figure(name="streams", title="Streams", kind="alluvial", table="t", x="layer", y=("born_in",), z="features")
TABLE = Table(
    columns={
        "layer": ["first", "<b>next</b>", "<b>next</b>"],
        "born_in": ["first", "first", "<b>next</b>"],
        "features": [4, 3, 2],
    }
)


def test_blocks_stack_up():
    found = {(one.group, one.stage): (one.low[0], one.high[0], one.size) for one in blocks(SIZES)}
    assert found == {
        (0, 0): (0, 4, 4),
        (0, 1): (0, 3, 3),
        (1, 1): (3, 5, 2),
        (0, 2): (0, 1, 1),
        (1, 2): (1, 3, 2),
    }


def test_ribbons_are_as_wide_as_what_goes_on_and_lead_from_block_to_block():
    at = {(one.group, one.stage): one for one in blocks(SIZES)}
    found = list(ribbons(SIZES))
    assert [(one.group, one.stage, one.size) for one in found] == [(0, 0, 3), (0, 1, 1), (1, 1, 2)]
    for one in found:
        before, after = at[one.group, one.stage], at[one.group, one.stage + 1]
        assert one.high - one.low == pytest.approx(np.full(len(one.x), one.size))
        assert (one.low[0], one.low[-1]) == (before.low[0], after.low[0])
        assert (one.x[0], one.x[-1]) == pytest.approx((before.x[-1], after.x[0]))


def test_plotly_tells_every_block_and_ribbon():
    drawn = plotly_drawing(FIGURE, TABLE)
    ribbon, *stacked = drawn["data"]
    assert ribbon["text"].endswith("<br>3")
    assert [one["text"].rpartition("<br>")[2] for one in stacked] == ["4", "3", "2"]
    harmless = shown_as_is("<b>next</b>")
    assert all("<b>" not in one["text"] for one in drawn["data"])
    assert harmless in stacked[-1]["text"]
    assert list(drawn["layout"]["xaxis"]["ticktext"]) == ["first", harmless]


@pytest.mark.parametrize("width", ["single", "double"])
def test_it_is_drawn_for_paper(width):
    drawn = static_drawing(FIGURE, TABLE, width=width)
    assert drawn.count(b"FillBetweenPolyCollection") == 4 or drawn.count(b"PolyCollection") == 4
    assert drawn == static_drawing(FIGURE, TABLE, width=width)


def test_it_needs_sizes():
    with pytest.raises(ValueError, match="needs z"):
        Figure(name="streams", title="", kind="alluvial", table="t", x="layer", y=("born_in",))
