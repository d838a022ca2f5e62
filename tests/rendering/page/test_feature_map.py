"""Maps of features: what the page holds of them, and how they are used in the real Chromium."""

import json
import re
import zlib
from base64 import b64decode

import pytest

from saegeo_core.rendering.page import feature_map
from saegeo_core.rendering.page.html_page import html_page

READY = ".drawing[aria-busy=false]"


def map_of(page, id="map-memory-small"):
    """The content of a map's part."""
    content = zlib.decompress(b64decode(re.search(f'data-part="{id}">([^<]*)<', page)[1]))
    return json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])


def point_at(drawing, curve, number):
    """Where a point of a drawing lies in the window."""
    return drawing.evaluate(
        """(box, [curve, number]) => {
            const { xaxis, yaxis } = box._fullLayout;
            const { left, top } = box.getBoundingClientRect();
            const { x, y } = box.data[curve];
            return [left + xaxis._offset + xaxis.d2p(x[number]), top + yaxis._offset + yaxis.d2p(y[number])];
        }""",
        [curve, number],
    )


def column(content, name):
    return next(one for one in content["map"]["columns"] if one["name"] == name)


def test_what_columns_are_decides_how_they_color(laid_out):
    content = map_of(html_page([laid_out()]))
    kinds = {one["name"]: one["kind"] for one in content["map"]["columns"]}
    assert kinds == {"lobe": "category", "rate": "number", "family": "category", "tokens of plain": "text"}
    lobes = column(content, "lobe")
    assert (lobes["names"], lobes["sizes"], lobes["hues"]) == (
        [f"lobe {i} plain" for i in range(3)],
        [14, 13, 13],
        [0, 1, 2],
    )
    families = column(content, "family")
    assert families["names"] == [f"{i}" for i in range(11)]  # more than there are colors for
    assert families["hues"] == list(range(9))
    rates = column(content, "rate")
    assert rates["isLog"]
    assert (rates["low"], rates["high"]) == (0.5**20, 1)
    assert content["map"]["tables"] == [
        {"title": f"every-kind · {name}", "report": "every-kind-memory-small"} for name in ("map", "further columns")
    ]
    assert content["map"]["neuronpedia"] is None


def test_a_map_belongs_to_an_sae_and_only_pages_with_one_have_its_script(laid_out, every_kind):
    reports = [laid_out(), every_kind("other"), every_kind(name="two"), laid_out(name="three")]
    page = html_page(reports)
    assert re.findall('data-part="(map-[^"]*)"', page) == ["map-memory-small", "map-memory-three"]
    linked = re.findall('<small><a href="#(map-[^"]*)">map of features', page)
    assert linked == ["map-memory-small", "map-memory-small", "map-memory-three"]  # a row for each setting
    assert "customElements" in page
    without = html_page(reports[1:3])
    assert not {"feature-map", "customElements", "map of features"} & set(
        re.findall(r"[\w-]+|map of features", without)
    )


def test_reports_that_differ_in_their_settings_are_told_apart_on_a_card(laid_out):
    one = laid_out()
    two = one.model_copy(update={"parameters": {**one.parameters, "points": 7}})
    again = one.model_copy(update={"seed": 1})
    titles = [one["title"] for one in map_of(html_page([one, two, again]))["map"]["tables"]]
    assert len(set(titles)) == 4
    assert all(re.match(r"every-kind \(.*\) · (map|further columns)", title) for title in titles)


def test_a_dashboard_elsewhere_is_linked_and_no_id_leads_away(laid_out):
    known = map_of(html_page([laid_out(neuronpedia_id="gpt2-small/6-res-jb")]))
    assert known["map"]["neuronpedia"] == "https://www.neuronpedia.org/gpt2-small/6-res-jb/"
    odd = map_of(html_page([laid_out(neuronpedia_id='a"><script>?b#c')]))
    assert odd["map"]["neuronpedia"] == "https://www.neuronpedia.org/a%22%3E%3Cscript%3E%3Fb%23c/"


def test_the_same_reports_give_the_same_page(laid_out):
    reports = [laid_out(), laid_out(name="b")]
    assert html_page(reports) == html_page(reports)


def test_a_map_is_colored_searched_pointed_at_pinned_and_its_groups_marked(opened, laid_out, hostile_markup):
    tab = opened(laid_out(hostile_markup, neuronpedia_id="gpt2-small/6-res-jb"), laid_out(name="two"))
    tab.locator(".saes a", has_text="map of features").first.click()
    map = tab.locator("feature-map")
    drawing, card, told = map.locator(".drawing"), map.locator(".card"), map.locator("output")
    map.locator(READY).wait_for()
    assert told.inner_text() == "40 features on the map"
    place = point_at(drawing, 1, 2)  # lobe 1, its third
    tab.mouse.move(*place)
    card.get_by_text("feature 21", exact=True).wait_for()
    assert f"{hostile_markup} label 7" in card.inner_text()
    assert f"lobe\nlobe 1 {hostile_markup}" in card.inner_text()
    assert "rate" not in card.inner_text()  # no table says its rate
    tab.mouse.click(*place)
    card.get_by_role("button", name="Unpin").wait_for()
    assert told.inner_text() == f"Pinned: feature 21, {hostile_markup} label 7"

    map.locator("[type=search]").fill("12")
    map.locator("[type=search]").press("Enter")
    assert f"tokens of {hostile_markup}\n{hostile_markup} token 2" in card.inner_text()
    assert "family\n1" in card.inner_text()
    link = card.get_by_role("link", name="Feature 12 on Neuronpedia")
    assert link.get_attribute("href") == "https://www.neuronpedia.org/gpt2-small/6-res-jb/12"
    assert "noopener" in link.get_attribute("rel")
    assert tab.url.endswith("#map-memory-small/12")
    card.get_by_role("button", name="Unpin").click()
    map.locator("[type=search]").fill("label 7 bold")
    told.filter(has_text="6 features: “label 7 bold”").wait_for()
    assert map.locator(".listed tbody button").all_inner_texts() == [
        "21",
        "42",
        "51",
        "81",
        "102",
        "111",
    ]  # of tokens too

    map.locator("[name=color]").select_option(label="rate")
    tab.wait_for_function("document.querySelector('feature-map .key').textContent.startsWith('rate: 9.54e-7')")
    map.locator("[name=groups]").select_option(label="family")
    map.locator(".groups button", has_text="1").first.click()
    assert map.locator(".groups [aria-pressed=true]").inner_text().split() == ["1", "2"]
    assert told.inner_text() == "2 features: family 1"
    assert map.locator(".listed tbody button").all_inner_texts() == ["12", "18"]
    tab.wait_for_function("document.querySelector('feature-map .drawing').data.at(-1).marker.symbol === 'circle-open'")
    assert drawing.evaluate("box => box.data.at(-1).x.length") == 2

    drawing.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    assert told.inner_text().startswith("Pinned: feature ")
    tab.keyboard.press("Escape")
    assert told.inner_text() == "40 features on the map"
    assert tab.evaluate("window.broken") is None
    assert map.locator("img, script, b >> text=bold").count() == 0
    assert tab.requests == []
    assert tab.complaints == []


@pytest.mark.parametrize(("scheme", "width", "n_reports"), [("light", 1360, 2), ("dark", 390, 1)])
def test_axe_finds_no_fault_in_a_map(faults, opened, laid_out, scheme, width, n_reports):
    reports = [laid_out(), laid_out(name="two")][:n_reports]
    tab = opened(*reports, scheme=scheme, width=width, link="map-memory-small/12")
    map = tab.locator("feature-map")
    map.scroll_into_view_if_needed()
    map.locator(READY).wait_for()
    map.locator(".groups button").nth(1).click()
    assert "feature 12" in map.locator(".card").inner_text()
    assert faults(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width


def test_very_many_features_are_a_density_whose_cells_are_listed(opened, laid_out, monkeypatch):
    monkeypatch.setattr(feature_map, "DENSITY_FROM", 40)
    tab = opened(laid_out())
    map = tab.locator("feature-map")
    drawing = map.locator(".drawing")
    drawing.scroll_into_view_if_needed()
    map.locator(READY).wait_for()
    assert drawing.evaluate("box => box.data.map(one => one.type)") == ["heatmap"]
    shown = "box => box.data[0].z.reduce((n, row) => n + row.filter((one) => !Number.isNaN(one)).length, 0)"
    assert 30 < drawing.evaluate(shown) <= 40
    map.locator("[name=color]").select_option(label="lobe")
    map.locator(".groups button").first.click()
    tab.wait_for_function("document.querySelector('feature-map .drawing').data.length === 3")  # others, lobe 0, rings
    assert map.locator(".listed tbody tr").count() == 14
    assert tab.complaints == []
