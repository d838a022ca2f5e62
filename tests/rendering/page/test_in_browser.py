"""The page in the real Chromium, with the network off."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import FeatureCloud, Report, run

ACME = Path(__file__).parents[2] / "third_party_plugin" / "acme-geometry"
KINDS = range(1, 10)  # the figures of every_kind
STEPS, BARS, MAP, SPACE, GRID, MOVES = (f"figure-{i}" for i in (1, 4, 5, 7, 8, 9))


@pytest.fixture
def hubness(monkeypatch):
    """A report as a stranger's plugin makes it, read from its JSON; the plugin is not installed."""
    monkeypatch.syspath_prepend(ACME)
    module = importlib.import_module("acme_geometry.hubness")
    cloud = FeatureCloud.from_array(np.random.default_rng(5).standard_normal((40, 6)).astype("f4"), name="theirs")
    yield Report.from_json(run(module.Hubness(), cloud).to_json())
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_geometry"]:
        del sys.modules[name]  # or a later test would find it installed


def test_every_figure_is_drawn_and_nothing_is_asked_of_the_network(opened, drawn, every_kind):
    tab = opened(every_kind())
    for i in KINDS:
        box = drawn(tab, f"figure-{i}")
        assert "WebGL" not in box.inner_text()
        assert box.locator(".main-svg").first.bounding_box()["height"] > 300
    assert tab.requests == []
    assert tab.complaints == []


def test_a_stranger_s_report_is_drawn_though_its_analysis_is_not_installed(opened, drawn, hubness, every_kind):
    tab = opened(hubness, every_kind())
    assert "acme-hubness\nlargest_hub" in tab.locator(".saes thead").inner_text()
    tab.locator(".saes a", has_text="theirs").click()
    box = drawn(tab, "figure-1")
    assert "Hubs" in tab.locator("article figcaption").inner_text()
    shown = box.evaluate("box => box.data[0].y.reduce((sum, n) => sum + n, 0)")
    assert shown == 40  # features, by how many have them as their nearest
    assert "largest_hub" in tab.locator(".headline").inner_text()
    assert tab.requests == []
    assert tab.complaints == []


def test_markup_and_scripts_in_data_are_shown_as_text(opened, drawn, every_kind, hostile_markup):
    tab = opened(every_kind(hostile_markup, name=hostile_markup))
    for i in KINDS:
        drawn(tab, f"figure-{i}")
    for fold in tab.locator("details.fold").all():
        fold.locator("summary").click()
    assert tab.evaluate("window.broken") is None
    assert tab.locator("main img, main script, main b >> text=bold").count() == 0
    shown = hostile_markup
    assert shown in tab.locator("h1").inner_text()
    assert shown in tab.title()
    assert f"Caption: {shown}" in tab.locator("figcaption").first.inner_text()
    assert tab.locator("details[data-table] td").get_by_text(f"{shown} a", exact=True).count() == 1
    assert shown in drawn(tab, STEPS).locator(".xtitle").text_content()
    assert drawn(tab, BARS).locator(".xtick text").first.text_content() == f"{shown} a"
    assert drawn(tab, GRID).locator(".ytick text").first.text_content() == f"{shown} 0"
    assert tab.requests == []
    assert tab.complaints == []


def test_pointing_at_a_point_names_its_feature_letter_by_letter(opened, drawn, every_kind, hostile_markup):
    tab = opened(every_kind(hostile_markup))
    box = drawn(tab, MAP)
    box.evaluate("box => Plotly.Fx.hover(box, [{curveNumber: 0, pointNumber: 3}])")
    told = box.locator(".hoverlayer").text_content()
    first_feature = tab.evaluate(
        "name => document.querySelector(`[data-figure$='/${name}']`).data[0].customdata[3]", MAP
    )
    number = first_feature.rsplit(" ", 1)[-1]
    assert f"feature {hostile_markup} {number}lobe 0first " in told
    assert box.locator(".hoverlayer text.name").count() == 0  # lettered in the curve's color, which need not be legible


def words(box):
    """What is written on a drawing of arrows, with the rectangle that each word takes."""
    shown = box.locator(".scatterlayer .textpoint text").all()
    return {word.text_content(): word.bounding_box() for word in shown if word.text_content()}


def test_words_on_arrows_are_shown_letter_by_letter(opened, drawn, every_kind):
    tab = opened(every_kind("<b>%{x}&amp;</b>"))
    shown = words(drawn(tab, MOVES))
    assert len(shown) > 6
    assert {*shown} <= {f"{i} <b>%{{x}}&amp;</b>" for i in range(12)} | {str(i) for i in range(12)}
    assert tab.complaints == []


@pytest.mark.parametrize("width", [1360, 390])
def test_words_on_arrows_stand_within_the_axes_and_none_on_another(opened, drawn, every_kind, width):
    box = drawn(opened(every_kind(), width=width), MOVES)
    frame, boxes = box.locator(".nsewdrag").first.bounding_box(), list(words(box).values())
    assert len(boxes) > 6
    for number, one in enumerate(boxes):
        assert frame["x"] <= one["x"]
        assert one["x"] + one["width"] <= frame["x"] + frame["width"]
        assert all(apart(one, other) for other in boxes[number + 1 :])


def apart(one, other):
    """Whether letters of two lines do not touch; a browser counts room above and below them to a line."""
    sideways = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return sideways or abs(one["y"] - other["y"]) >= 0.8 * min(one["height"], other["height"])


def test_words_go_with_their_arrows(opened, drawn, every_kind):
    tab = opened(every_kind())
    box = drawn(tab, MOVES)
    before = words(box)
    box.locator(".legendtoggle").first.click()
    tab.wait_for_function(
        "([name, n]) => [...document.querySelectorAll(`[data-figure$='/${name}'] .textpoint`)].length < n",
        arg=[MOVES, box.locator(".textpoint").count()],
    )
    assert {*words(box)} < {*before}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_axe_finds_no_fault(faults, opened, drawn, every_kind, scheme, width):
    tab = opened(every_kind(points=30), scheme=scheme, width=width)
    for name in (STEPS, SPACE):
        drawn(tab, name)
    for name in ("Parameters", "Provenance", "grid"):
        tab.locator("summary", has_text=name).first.click()
    assert faults(tab) == []
    tab.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert [fault.split(":")[0] for fault in faults(tab)] == ["image-alt"]


def test_axe_finds_no_fault_where_reports_differ_in_their_parameters_only(faults, opened, drawn, every_kind):
    tab = opened(every_kind("one", points=30), every_kind("two", points=30))
    assert faults(tab) == []
    tab.locator(".saes a").last.click()
    drawn(tab, STEPS)
    assert faults(tab) == []


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_only_tables_scroll_sideways(opened, drawn, every_kind, width):
    tab = opened(every_kind(), width=width)
    drawn(tab, STEPS)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert not tab.locator(".contents details").evaluate("contents => contents.open")


def test_light_and_dark_reach_the_figures(opened, drawn, every_kind):
    tab = opened(every_kind())
    title = drawn(tab, STEPS).locator(".xtitle")
    light = title.evaluate("text => getComputedStyle(text).fill")
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("was => getComputedStyle(document.querySelector('.xtitle')).fill !== was", arg=light)
    ink = tab.evaluate("getComputedStyle(document.body).color")
    assert tab.locator(".xtitle").first.evaluate("text => getComputedStyle(text).fill") == ink
    assert tab.complaints == []


def test_a_link_from_a_figure_opens_its_table(opened, every_kind):
    tab = opened(every_kind())
    fold = tab.locator("[id='every-kind-memory-small/table-1']")
    assert fold.locator("td").count() == 0
    tab.locator("figure .numbers a").first.click()
    fold.locator("table").wait_for()
    assert fold.locator("tbody tr").count() == 81
    assert fold.locator("tbody tr").first.locator("td").all_inner_texts()[::3] == ["-1", "—"]


def test_the_keyboard_reaches_contents_folds_and_tables(opened, every_kind):
    tab = opened(every_kind())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.locator("details[data-table] > summary").nth(2).focus()
    tab.keyboard.press("Enter")
    tab.locator("details[data-table] table").wait_for()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_the_buttons_of_a_figure_work_by_keyboard_and_none_sends_it_away(opened, drawn, every_kind):
    box = drawn(opened(every_kind()), STEPS)
    names = [button.get_attribute("aria-label") for button in box.locator(".modebar-btn").all()]
    assert len(names) >= 4
    assert not [name for name in names if "share" in name.lower() or "cloud" in name.lower()]
    box.evaluate("box => Plotly.relayout(box, {'xaxis.range': [0, 0.1]})")
    box.locator(".modebar-btn[aria-label='Reset axes']").press("Enter")
    assert box.evaluate("box => box.layout.xaxis.range") == [-1, 1]


@pytest.mark.parametrize("name", ["steps", "space", "grid"])
def test_a_figure_of_a_notebook_has_no_button_that_sends_it_away(chromium, tmp_path, every_kind, name):
    """Nor has it after its looks were changed."""
    figure = every_kind().figure(name).update_layout(template="plotly_dark")
    figure.write_html(tmp_path / "figure.html", include_plotlyjs=True)
    tab = chromium.new_page()
    tab.goto((tmp_path / "figure.html").as_uri())
    tab.locator(".modebar-btn").first.wait_for(state="attached")
    names = [button.get_attribute("data-title") for button in tab.locator(".modebar-btn").all()]
    tab.close()
    assert any(name.startswith("Download plot") for name in names)
    assert not [name for name in names if "share" in name.lower() or "cloud" in name.lower()]


def test_a_large_map_is_drawn_by_the_graphics_card(opened, drawn, every_kind):
    tab = opened(every_kind(points=16384))
    box = drawn(tab, MAP)
    assert box.evaluate("box => box.data.map(trace => trace.type)") == ["scattergl"] * 3
    assert box.evaluate("box => box.data.reduce((sum, trace) => sum + trace.x.length, 0)") == 16384
    assert "WebGL" not in box.inner_text()


def test_drawings_out_of_sight_give_the_graphics_card_back(opened, drawn, every_kind):
    tab = opened(every_kind())
    drawn(tab, SPACE)
    drawn(tab, STEPS)
    tab.wait_for_function("name => !document.querySelector(`[data-figure$='/${name}'] canvas`)", arg=SPACE)
    drawn(tab, SPACE)


def test_every_figure_is_on_paper_and_comes_back_to_the_screen(opened, drawn, every_kind):
    tab = opened(every_kind(), scheme="dark")
    tab.wait_for_function("window.Plotly")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator(".plot:has(.main-svg)").count() == len(KINDS)
    assert tab.locator(".plot[data-unprinted]").count() == 0
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    drawn(tab, STEPS)
    assert tab.pdf().startswith(b"%PDF")
    assert tab.complaints == []
