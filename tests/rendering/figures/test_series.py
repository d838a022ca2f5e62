import numpy as np
import pytest

from saegeo_core import Figure, SaegeoError
from saegeo_core.rendering.figures.columns import column, is_text, is_whole
from saegeo_core.rendering.figures.series import MAX_NAMES, OTHER, grid_of, log_ends, series_of
from saegeo_core.report.report import Table


def figure(kind="line", **changes):
    return Figure(**({"name": "f", "title": "F", "kind": kind, "table": "t", "x": "x", "y": ("y",)} | changes))


def test_columns_are_numbers_unless_a_cell_is_text():
    assert column([1, None, 2.5])[[0, 2]].tolist() == [1, 2.5]
    assert np.isnan(column([None])[0])
    assert column(["a", None, 3]).tolist() == ["a", "—", "3"]
    assert column([True, None, False]).tolist() == ["true", "—", "false"]
    assert is_text(column(["a"]))
    assert is_whole(column([1, 2]))
    assert not is_whole(column([1, None]))
    assert not is_whole(column([1.5]))


def test_every_y_is_a_curve_of_its_own_with_the_intervals_that_belong_to_it():
    table = Table(columns={"x": [1, 2], "a": [3, 4], "b_c": [5, None], "low": [2, 3], "high": [4, 5]})
    one, two = series_of(figure(y=("a", "b_c"), low="low", high="high"), table)
    assert (one.name, two.name) == ("a", "b c")
    assert (one.dash, two.dash) == (0, 1)
    assert one.low.tolist() == [2, 3]
    assert two.low is None
    one, two = series_of(figure(y=("a", "b_c"), y_names=("A", "B"), low=(None, "low"), high=(None, "high")), table)
    assert (one.name, two.name) == ("A", "B")
    assert one.low is None
    assert two.high.tolist() == [4, 5]


def test_nulls_are_gray_and_many_have_colors():
    table = Table(columns={"x": [1], **{name: [1] for name in "abcd"}})
    one, two, three = series_of(figure(y=("a", "b", "c"), nulls=("b", "c")), table)
    assert [(s.hue, s.is_null) for s in (one, two, three)] == [(0, False), (None, True), (None, True)]
    assert len({two.dash, three.dash}) == 2
    assert [s.hue for s in series_of(figure(y=tuple("abcd"), nulls=("b", "c", "d")), table)] == [0, 1, 2, 3]


def test_groups_have_colors_and_columns_patterns_and_the_legend_tells_both():
    table = Table(columns={"x": [1, 1], "y": [1, 2], "null": [3, 4], "sae": ["b", "a"]})
    drawn = series_of(figure(y=("y", "null"), nulls=("null",), color="sae"), table)
    assert [(one.name, one.hue, one.dash, one.in_legend) for one in drawn] == [
        ("b", 0, 0, True),
        ("a", 1, 0, True),
        ("b, null", 0, 1, False),
        ("a, null", 1, 1, False),
        ("null", None, 1, True),
    ]
    assert not drawn[-1].has_values


def test_two_columns_of_groups_that_are_no_nulls_are_both_told():
    table = Table(columns={"x": [1, 1], "base": [1, None], "tuned": [None, 2], "layer": [0, 1]})
    drawn = series_of(figure(y=("base", "tuned"), color="layer"), table)
    assert [one.name for one in drawn if one.in_legend] == ["0", "1", "base", "tuned"]


def test_rows_of_another_column_leave_no_gap_and_rows_of_none_do():
    columns = {
        "x": [1, 1, 2, 2, 3],
        "base": [1, None, 2, None, None],
        "tuned": [None, 3, None, 4, None],
        "layer": [0] * 5,
    }
    base, tuned = series_of(figure(y=("base", "tuned"), color="layer"), Table(columns=columns))[:2]
    np.testing.assert_array_equal(base.y, [1, 2, np.nan])
    np.testing.assert_array_equal(tuned.x, [1, 2, 3])


def test_a_null_of_rows_without_a_group_belongs_to_all():
    table = Table(columns={"x": [1, 1, 1], "y": [1, 2, None], "null": [None, None, 3], "layer": [0, 1, None]})
    drawn = series_of(figure(y=("y", "null"), nulls=("null",), color="layer"), table)
    assert [(one.name, one.hue, one.in_legend) for one in drawn] == [
        ("0", 0, True),
        ("1", 1, True),
        ("null", None, True),
    ]


def test_numbered_groups_stand_in_natural_order():
    table = Table(columns={"x": [1, 2, 3], "y": [1, 2, 3], "lobe": ["lobe 10", "lobe 2", "lobe 0"]})
    assert [one.name for one in series_of(figure("scatter", color="lobe"), table)] == ["lobe 0", "lobe 2", "lobe 10"]


def test_bars_that_would_be_too_thin_stand_side_by_side():
    table = Table(columns={"x": [2, 3, 518], "y": [59, 11, 1]})
    assert series_of(figure("bar"), table)[0].x.tolist() == ["2", "3", "518"]
    assert series_of(figure("line"), table)[0].x.tolist() == [2, 3, 518]
    assert series_of(figure("bar"), Table(columns={"x": [2, 3, 14], "y": [1, 1, 1]}))[0].x.tolist() == [2, 3, 14]


def test_numbers_that_differ_by_rounding_alone_color_nothing():
    columns = {"x": [1, 2], "y": [1, 2], "length": [1.0, 1.0 + 1e-6]}
    assert series_of(figure("scatter", color="length"), Table(columns=columns))[0].color is None


def test_a_single_curve_needs_no_name():
    assert series_of(figure(), Table(columns={"x": [1], "y": [2]}))[0].name == ""


def test_numbered_curves_are_shaded_in_their_order():
    table = Table(columns={"x": [1, 2, 1, 2, 1, 2], "y": [1, 2, 3, 4, 5, 6], "layer": [2, 2, 0, 0, 1, 1]})
    drawn = series_of(figure(color="layer"), table)
    assert [(one.name, one.shade, one.y.tolist()) for one in drawn] == [
        ("0", 0, [3, 4]),
        ("1", 0.5, [5, 6]),
        ("2", 1, [1, 2]),
    ]


@pytest.mark.parametrize("names", [["layer 0", "layer 1", "layer 10"], list("abcdefghijk")])
def test_columns_that_differ_in_a_number_or_are_many_are_shaded_in_their_order(names):
    drawn = series_of(figure(y=tuple(names)), Table(columns={"x": [1], **{name: [1] for name in names}}))
    assert [one.shade for one in drawn] == [i / (len(names) - 1) for i in range(len(names))]
    assert {one.dash for one in drawn} == {0}


def test_columns_with_names_of_their_own_are_told_apart_by_hue_and_dash():
    names = ("phi", "jaccard", "dice")
    drawn = series_of(figure(y=names), Table(columns={"x": [1], **{name: [1] for name in names}}))
    assert [(one.shade, one.dash) for one in drawn] == [(None, 0), (None, 1), (None, 2)]


def test_points_of_few_whole_numbers_are_groups_and_of_fractions_a_scale():
    columns = {"x": [1, 2, 3], "y": [1, 2, 3], "lobe": [0, 1, 0], "phi": [0.1, 0.2, 0.3], "id": ["a", "b", "c"]}
    lobes = series_of(figure("scatter", color="lobe", hover="id"), Table(columns=columns))
    assert [(one.name, one.hover.tolist()) for one in lobes] == [("0", ["a", "c"]), ("1", ["b"])]
    [scaled] = series_of(figure("scatter", color="phi"), Table(columns=columns))
    assert scaled.color.tolist() == [0.1, 0.2, 0.3]


def test_the_smallest_of_many_groups_become_other_and_no_point_is_lost():
    labels = [f"label {i}" for i in range(40) for _ in range(40 - i)]
    columns = {"x": list(range(len(labels))), "y": [0] * len(labels), "label": labels}
    drawn = series_of(figure("scatter", color="label"), Table(columns=columns))
    assert len(drawn) == MAX_NAMES
    assert (drawn[0].name, drawn[-1].name) == ("label 0", OTHER)
    assert sorted(np.concatenate([one.x for one in drawn])) == columns["x"]


def test_what_a_logarithmic_axis_cannot_show_is_absent():
    table = Table(columns={"x": [0, 1, 2], "y": [1, 0, -1], "low": [-1, 0, 0], "high": [2, 1, 0]})
    [one] = series_of(figure(log_x=True, log_y=True, low="low", high="high"), table)
    assert np.isnan(one.x).tolist() == [True, False, False]
    assert np.isnan(one.y).tolist() == [False, True, True]
    assert one.low.tolist() == [0.5, 0.5, 0.5]


def test_an_exact_law_far_below_does_not_flatten_what_was_observed():
    table = Table(columns={"x": [1, 2, 3], "observed": [1, 1e-3, 1e-6], "law": [1, 1e-100, 1e-300]})
    drawn = figure(y=("observed", "law"), log_y=True)
    low, high = log_ends(drawn, series_of(drawn, table))
    assert (low, high) == (pytest.approx(1e-7), 2)
    null = figure(y=("law", "observed"), nulls=("law",), log_y=True)
    assert log_ends(null, series_of(null, table)) == (low, high)
    alone = figure(y=("observed",), log_y=True)
    assert log_ends(alone, series_of(alone, table)) is None
    assert log_ends(figure(), series_of(figure(y=("law",)), table)) is None


def test_a_grid_has_numbers_in_order_and_texts_as_they_come():
    table = Table(columns={"x": [2, 1, 2], "y": ["b", "b", "a"], "z": [1, 2, 3]})
    x, y, values = grid_of(figure("heatmap", z="z"), table)
    assert (x.tolist(), y.tolist()) == ([1, 2], ["b", "a"])
    np.testing.assert_array_equal(values, [[2, 1], [np.nan, 3]])


@pytest.mark.parametrize("kind", ["heatmap", "scatter3d"])
def test_a_column_that_has_to_be_numbers_and_is_text_is_named(kind):
    table = Table(columns={"x": [1], "y": [1], "z": ["a"]})
    with pytest.raises(SaegeoError, match="figure f cannot draw column 'z' of table t: it holds text"):
        (grid_of if kind == "heatmap" else series_of)(figure(kind, z="z"), table)


@pytest.mark.parametrize("color", [None, "color"])
def test_an_empty_table_is_one_empty_series(color):
    [one] = series_of(figure(color=color), Table(columns={"x": [], "y": [], "color": []}))
    assert len(one.x) == 0


def test_curves_without_a_group_are_named_by_a_dash():
    table = Table(columns={"x": [1, 1], "y": [1, 2], "layer": [3, None]})
    assert [one.name for one in series_of(figure(color="layer"), table)] == ["3", "—"]
