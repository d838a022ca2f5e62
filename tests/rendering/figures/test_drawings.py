"""Every kind of figure by both drawing libraries."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from saegeo_core import Figure, SaegeoError
from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.figures.plotly_texts import shown_as_is
from saegeo_core.rendering.figures.static_drawing import static_drawing
from saegeo_core.rendering.report_names import named_figures
from saegeo_core.report.report import Table

NAMES = ["steps", "lines", "profile", "bars", "map", "scaled", "space", "grid", "moves"]
SVG = "{http://www.w3.org/2000/svg}"


def parts(report, name):
    figure = next(figure for figure in report.figures if figure.name == name)
    return figure, report.tables[figure.table]


@pytest.mark.parametrize("name", NAMES)
def test_plotly_takes_every_kind(every_kind, name):
    drawn = every_kind().figure(name)
    assert drawn.layout.title.text
    assert all(len(trace.x) for trace in drawn.data)
    assert drawn.layout.modebar.remove == ("sendChartToCloud",)


def test_a_report_draws_its_first_figure_and_knows_the_names_of_the_others(every_kind):
    assert every_kind().figure() == every_kind().figure("steps")
    with pytest.raises(SaegeoError, match=r"has no figure 'maps'\ndid you mean 'map'"):
        every_kind().figure("maps")


def test_plotly_s_numbers_are_the_table_s(every_kind):
    report = every_kind()
    figure, table = parts(report, "profile")
    band, trace = plotly_drawing(figure, table)["data"]
    frame = report.table("profile")
    np.testing.assert_array_equal(trace["y"], frame["slope"])
    np.testing.assert_array_equal(band["y"], [*frame["high"], *frame["low"][::-1]])
    assert (band["fill"], band["showlegend"], band["hoverinfo"]) == ("toself", False, "skip")
    [bars] = plotly_drawing(figure.model_copy(update={"kind": "bar"}), table)["data"]
    np.testing.assert_allclose(bars["y"] + bars["error_y"]["array"], frame["high"])
    np.testing.assert_allclose(bars["y"] - bars["error_y"]["arrayminus"], frame["low"])
    first, *_ = plotly_drawing(*parts(report, "map"))["data"]
    lobe = report.table("points").query("lobe == 0")
    np.testing.assert_array_equal(first["x"], lobe["first"])
    assert first["customdata"].tolist() == lobe["feature"].tolist()


def test_arrows_start_and_end_where_the_table_says(every_kind):
    report = every_kind()
    first, *_ = plotly_drawing(*parts(report, "moves"))["data"]
    moves = report.table("moves").query("lobe == 0")
    np.testing.assert_array_equal(first["x"][::3], moves["first"])
    np.testing.assert_array_equal(first["x"][1::3], moves["to_first"])
    np.testing.assert_array_equal(first["y"][1::3], moves["to_second"])
    assert first["customdata"][1::3].tolist() == moves["feature"].tolist()
    assert np.isnan(first["y"][2::3]).all()


@pytest.fixture
def words():
    """Draws arrows with these words at their starts and their heads."""

    def make(starts, heads, **changes):
        n = len(starts)
        at = {"x": [0.0] * n, "y": list(range(n)), "to_x": [1.0] * n, "to_y": [i + 0.2 for i in range(n)]}
        ends = {"to_x": "to_x", "to_y": "to_y", "label": "word", "to_label": "to_word"}
        figure = Figure(name="f", title="F", kind="arrows", table="t", x="x", y=("y",), **(ends | changes))
        return figure, Table(columns=at | {"word": starts, "to_word": heads, "relation": list("abcd"[:n])})

    return make


WORDS = ["<b>king</b>", "%{x} & $\\alpha$", "a\\$b_1^2"]


def test_words_at_the_ends_of_arrows_are_a_curve_of_their_own(words):
    drawing = plotly_drawing(*words(["man", "king"], ["woman", "queen"], color="relation"))
    arrows, texts = drawing["data"][:2], drawing["data"][2:]
    assert [one["text"].tolist() for one in texts] == [["man", "woman"], ["king", "queen"]]
    assert [one["x"].tolist() for one in texts] == [[0, 1], [0, 1]]
    assert [one["legendgroup"] for one in arrows] == [one["legendgroup"] for one in texts]
    assert [one["showlegend"] for one in arrows + texts] == [True, True, False, False]
    assert all(
        side.split()[1] == ("left", "right")[end] for one in texts for end, side in enumerate(one["textposition"])
    )
    for axis, low, high in (("xaxis", 0, 1), ("yaxis", 0, 1.2)):
        assert drawing["layout"][axis]["range"][0] < low
        assert drawing["layout"][axis]["range"][1] > high
    narrow = [one["meta"]["narrow"] for one in texts]
    assert [one["text"].tolist() for one in narrow] == [["man", "woman"], ["king", "queen"]]


def test_axes_of_arrows_with_words_may_be_logarithmic(words):
    figure, table = words(["man"], ["woman"])
    table = table.model_copy(update={"columns": table.columns | {"x": [0.01], "to_x": [100.0]}})
    layout = plotly_drawing(figure.model_copy(update={"log_x": True}), table)["layout"]
    low, high = layout["xaxis"]["range"]
    assert -3 < low < -2 < 2 < high < 3


def test_words_are_shown_letter_by_letter_by_both_libraries(words):
    figure, table = words(WORDS[:2], [WORDS[2], "queen"])
    [texts] = plotly_drawing(figure, table)["data"][1:]
    assert texts["text"].tolist() == [shown_as_is(word) for word in (WORDS[0], WORDS[2], WORDS[1], "queen")]
    root = ElementTree.fromstring(static_drawing(figure, table))
    told = [element.text for element in root.iter(f"{SVG}text")]
    assert {*WORDS, "queen"} <= {*told}


def test_an_svg_holds_letters_that_the_font_here_lacks(words):
    told = [
        element.text
        for element in ElementTree.fromstring(static_drawing(*words(["国王"], ["女王"]))).iter(f"{SVG}text")
    ]
    assert {"国王", "女王"} <= {*told}


def test_on_paper_words_stand_within_the_axes_and_leave_the_sheet_as_it_is(words):
    figure, table = words(["man", "king"], ["woman", "queen"])
    root = ElementTree.fromstring(static_drawing(figure, table))
    told = [element.text for element in root.iter(f"{SVG}text")]
    assert {"man", "woman", "king", "queen"} <= {*told}
    width, height = (float(root.get(side).removesuffix("pt")) for side in ("width", "height"))
    assert (width, height) == pytest.approx((7.0 * 72, 5.6 * 72))


def test_long_names_under_a_drawing_take_two_lines(words):
    figure, table = words(["man"] * 4, ["woman"] * 4, color="relation")
    heights = []
    for length in (8, 28):
        names = [c * length for c in "abcd"]
        given = table.model_copy(update={"columns": table.columns | {"relation": names}})
        root = ElementTree.fromstring(static_drawing(figure, given))
        shown = [element for element in root.iter(f"{SVG}text") if element.text in names]
        assert len(shown) == 4
        heights.append(len({element.get("y") for element in shown}))
    assert heights == [1, 2]


def test_without_arrows_there_are_no_words(words):
    figure, table = words([], [])
    drawing = plotly_drawing(figure, table)
    assert [len(trace["x"]) for trace in drawing["data"]] == [0, 0]
    assert static_drawing(figure, table).startswith(b"<?xml")


def test_many_points_are_left_to_webgl(every_kind):
    for points, kind in ((2000, "scatter"), (2001, "scattergl")):
        drawing = plotly_drawing(*parts(every_kind(points=points), "scaled"))
        assert [trace["type"] for trace in drawing["data"]] == [kind]


def test_whole_numbers_on_an_axis_have_whole_ticks(every_kind):
    layout = plotly_drawing(*parts(every_kind(), "profile"))["layout"]
    assert layout["xaxis"]["dtick"] == 1
    assert "dtick" not in layout["yaxis"]


def test_colors_turn_at_zero_where_values_lie_on_both_sides(every_kind):
    [trace] = plotly_drawing(*parts(every_kind(), "grid"))["data"]
    assert (trace["zmin"], trace["zmid"], trace["zmax"]) == (-10, 0, 10)


@pytest.mark.parametrize("text", ["<b>x</b>", "&lt;", "%{x}", "a\nb", "<a href='x'>", "</script>"])
def test_plotly_is_given_no_tag_no_entity_and_no_template(text):
    shown = shown_as_is(text)
    assert "<" not in shown
    assert "%{" not in shown
    assert "\n" not in shown
    assert shown.count("&") == shown.count("&lt;") + shown.count("&gt;") + shown.count("&amp;") + shown.count("&#123;")


@pytest.mark.parametrize("format", ["svg", "pdf"])
@pytest.mark.parametrize("name", NAMES)
def test_paper_takes_every_kind_and_gives_the_same_bytes_again(every_kind, name, format):
    figure, table = parts(every_kind(points=60), name)
    content = static_drawing(figure, table, format)
    assert content == static_drawing(figure, table, format)
    assert content.startswith(b"%PDF" if format == "pdf" else b"<?xml")


def test_texts_of_an_svg_are_texts_letter_by_letter(every_kind, hostile_markup):
    text = f"$x^2$ {hostile_markup}"
    root = ElementTree.fromstring(static_drawing(*parts(every_kind(text), "bars")))
    told = [element.text for element in root.iter(f"{SVG}text") if element.text]
    assert any(line.startswith("$x^2$ </script>") for line in told)
    assert "Bars" in told


def test_curves_on_paper_are_those_of_the_table():
    table = Table(columns={"x": [1, 2, 3], "y": [1, None, 3]})
    figure = Figure(name="f", title="F", kind="bar", table="t", x="x", y=("y",))
    root = ElementTree.fromstring(static_drawing(figure, table))
    bars = [path for path in root.iter(f"{SVG}path") if f"fill: {palette.COLORS[0]}" in path.get("style", "")]
    assert len(bars) == 3


def test_without_matplotlib_the_command_to_type_is_told(every_kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SaegeoError, match=r"matplotlib(.|\n)*pip install 'matplotlib>="):
        static_drawing(*parts(every_kind(), "grid"))


def test_file_names_are_harmless_and_differ(every_kind, hostile_markup):
    reports = [every_kind(points=5), every_kind(points=6), every_kind(points=5, name=f"../{hostile_markup}")]
    names = [name for name, *_ in named_figures(reports)]
    assert len(set(names)) == len(names) == 3 * len(NAMES)
    assert names[0] == "every-kind-memory-small-points-5-steps"
    assert names[len(NAMES)] == "every-kind-memory-small-points-6-steps"
    assert not any(set(name) & set("/\\<> ") or name.startswith(".") for name in names)


def test_file_names_say_what_tells_reports_apart(every_kind):
    report = every_kind()
    seeds = [report.model_copy(update={"seed": seed}) for seed in (0, 1, 1)]

    def of_steps(reports):
        return [name for name, figure, _ in named_figures(reports) if figure.name == "steps"]

    assert of_steps([report]) == ["every-kind-memory-small-steps"]
    assert of_steps(seeds[:2]) == ["every-kind-memory-small-seed-0-steps", "every-kind-memory-small-seed-1-steps"]
    assert of_steps(seeds)[1:] == [f"every-kind-memory-small-seed-1-report-{i}-of-3-steps" for i in (2, 3)]
    spelled_alike = [every_kind(name="a b"), every_kind(name="a-b")]
    assert of_steps(spelled_alike) == 2 * ["every-kind-memory-a-b-steps"]  # numbered where they are written


def test_pointing_at_one_of_several_columns_tells_that_column_s_name(every_kind):
    figure, table = parts(every_kind(), "map")
    several = figure.model_copy(update={"y": (figure.x, *figure.y), "y_title": None})
    told = {trace["name"]: trace["hovertemplate"] for trace in plotly_drawing(several, table)["data"]}
    for name, text in told.items():
        assert f"{name.split(' · ')[0]} %{{y" in text
