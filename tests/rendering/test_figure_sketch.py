"""Curves are sparklines; small heat maps are read as numbers, large ones, and narrow terminals, are not tried."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import Figure
from saegeo_core.rendering.terminal.figure_sketch import (
    BLOCKS,
    _curves_of_groups,
    heatmap_sketch,
    logarithms,
    shortened,
    sparkline,
)
from saegeo_core.report.report import Table

FIGURE = Figure(
    name="map", title="Who leads", kind="heatmap", table="t", x="label", y=("lobe",), z="share", caption="Of all."
)


def table(n_labels=3, n_lobes=2):
    label, lobe = np.divmod(np.arange(n_labels * n_lobes), n_lobes)
    shares = [None if i == 0 else i / 100 for i in range(len(label))]
    names = [f"[red]kind {one}" for one in label]
    return Table(columns={"label": names, "lobe": lobe.tolist(), "share": shares})


def drawn(seen, sketch):
    return "\n".join(seen(part, 100) for part in sketch)


def test_every_cell_stands_where_it_belongs(seen):
    text = drawn(seen, heatmap_sketch(FIGURE, table(), 100))
    assert "Who leads" in text
    assert "Of all." in text
    assert re.search(r"\[red\]kind 0 +— +0\.01", text)
    assert re.search(r"\[red\]kind 1 +0\.02 +0\.03", text)
    assert re.search(r"\[red\]kind 2 +0\.04 +0\.05", text)


def test_what_rounds_to_nothing_is_a_dot(seen):
    small = Table(columns={"label": ["a", "b"], "lobe": [0, 0], "share": [0.0049, 0.0051]})
    text = drawn(seen, heatmap_sketch(FIGURE, small, 100))
    assert re.search(r"a +·", text)
    assert re.search(r"b +0\.01", text)


@pytest.mark.parametrize("size", [(17, 2), (3, 13), (0, 0)])
def test_a_large_or_empty_map_is_left_to_the_page(size):
    assert heatmap_sketch(FIGURE, table(*size), 100) == []


@pytest.mark.parametrize("width", [70, 76, 80, 100])
def test_no_number_is_cut_short(seen, width):
    names = [f"a kind of text with a long name, number {one}" for one in range(3)]
    places = [(name, lobe) for name in names for lobe in range(8)]
    label, lobe = zip(*places, strict=True)
    shares = [0.5 + i / 100 for i in range(len(places))]
    grid = heatmap_sketch(FIGURE, Table(columns={"label": label, "lobe": lobe, "share": shares}), width)
    text = "\n".join(seen(part, width) for part in grid)
    assert re.findall(r"\b0\.\d\d\b", text) == [f"{share:.2f}" for share in shares]
    assert text.count("a kind of") == 3


def test_where_numbers_have_no_room_there_is_no_grid():
    wide = Table(columns={"label": ["a"] * 12, "lobe": list(range(12)), "share": [123456.0] * 12})
    assert heatmap_sketch(FIGURE, wide, 80) == []
    assert heatmap_sketch(FIGURE, wide, 200) != []


def test_a_narrow_terminal_and_another_kind_have_no_grid():
    assert heatmap_sketch(FIGURE, table(), 40) == []
    line = Figure(name="line", title="", kind="line", table="t", x="label", y=("share",))
    assert heatmap_sketch(line, table(), 100) == []


def test_low_and_high_are_the_first_and_last_block():
    assert sparkline([0, 1, None, 2, 8], 0, 8) == "▁▂ ▃█"


def test_a_constant_is_drawn():
    assert sparkline([5, 5], 5, 5) == "▁▁"


@given(st.lists(st.none() | st.floats(-1e9, 1e9)), st.integers(1, 100))
def test_merging_keeps_the_peak_and_the_order(given_values, width):
    merged = shortened(given_values, width)
    present = [value for value in given_values if value is not None]
    assert len(merged) == min(width, len(given_values))
    assert max((value for value in merged if value is not None), default=None) == max(present, default=None)
    assert len(sparkline(merged, min(present, default=0), max(present, default=1))) == len(merged)
    assert len(given_values) > width or merged == given_values


def test_logarithms_leave_out_what_is_too_small_to_show():
    assert logarithms([100, 10, 1, 0, -1, None], decades=1) == [2, 1, None, None, None, None]
    assert logarithms([], decades=1) == []
    assert set(BLOCKS) >= set(sparkline([1], 1, 1))


def test_two_models_over_layers_have_a_curve_for_each_layer_of_each():
    columns = {
        "layer": [1, 1, 1, 1, None, None],
        "x": [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        "base": [1.0, 2.0, None, None, None, None],
        "tuned": [None, None, 2.0, 1.0, None, None],
        "null": [None, None, None, None, 1.0, 1.0],
    }
    figure = Figure(
        name="curve",
        title="Curve",
        kind="line",
        table="t",
        x="x",
        y=("base", "tuned", "null"),
        nulls=("null",),
        color="layer",
    )
    curves = _curves_of_groups(figure, Table(columns=columns))
    assert curves == {"layer 1, base": [1.0, 2.0], "layer 1, tuned": [2.0, 1.0]}
