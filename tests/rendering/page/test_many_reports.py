"""A page of 600 reports in the real Chromium: what it opens on, and one report unfolded at a time."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from saegeo_core import (
    Analysis,
    FeatureCloud,
    Figure,
    Findings,
    Interval,
    Metric,
    NullComparison,
    run,
)
from saegeo_core.rendering.page.html_page import html_page

N_LAYERS, SPARSITIES, WIDTHS = 25, (9, 20, 41, 82, 170, 400), ("4k", "16k")
N_SAES = N_LAYERS * len(SPARSITIES) * len(WIDTHS)
ANALYSES = ("curvature", "spread")
ONE = "curvature-sweep-layer_3-width_4k-average_l0_82"


class Curvature(Analysis):
    name = "curvature"
    version = "1"
    headline = "bend"
    summary = "A light analysis"
    reference = "nobody (2024)"

    def analyze(self, cloud, parameters, context):
        x = np.linspace(0, 1, 20)
        metric = Metric(
            name=self.headline,
            estimate=0.3,
            interval=Interval(low=0.28, high=0.33, method="jackknife"),
            nulls=(NullComparison(model="flat", mean=0.1, standard_deviation=0.01, pvalue=0.01, draws=99),),
            n=30,
            unit="fraction",
            better="neither",
            description="How far it bends.",
        )
        figure = Figure(name="curve", title="Curve", kind="step", table="curve", x="x", y=("y",))
        return Findings([metric], {"curve": pd.DataFrame({"x": x, "y": x**2})}, [figure])


class Spread(Curvature):
    name = "spread"
    headline = "reach"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The page of a sweep, the reports shuffled, one SAE without L0."""
    rng = np.random.default_rng(3)
    cloud = FeatureCloud.from_array(rng.standard_normal((30, 5)).astype("f4"), name="one")
    made = [run(analysis(), cloud) for analysis in (Curvature, Spread)]
    reports = []
    for layer, width, l0 in product(range(N_LAYERS), WIDTHS, SPARSITIES):
        id = f"layer_{layer}/width_{width}/average_l0_{l0}"
        known = {
            "spec": f"sweep:{id}",
            "release": "sweep",
            "sae_id": id,
            "layer": layer,
            "d_sae": int(width[:-1]) * 1024,
            "l0": None if (layer, width, l0) == (24, "16k", 400) else float(l0),
            "digest": id,
        }
        for report in made:
            estimate = (layer + 1) * l0 / 100
            metric = report.metric().model_copy(
                update={
                    "estimate": estimate,
                    "interval": Interval(low=0.9 * estimate, high=1.1 * estimate, method="jackknife"),
                }
            )
            reports.append(
                report.model_copy(update={"sae": report.sae.model_copy(update=known), "measured": (metric,)})
            )
    path = tmp_path_factory.mktemp("many") / "page.html"
    path.write_text(html_page([reports[i] for i in rng.permutation(len(reports))]))
    return path


@pytest.fixture
def hostile(opened, every_kind, hostile_markup):
    """A page of two reports whose names, labels and texts are markup."""
    return opened(
        every_kind(hostile_markup, name=f"{hostile_markup} 1"), every_kind(hostile_markup, name=f"{hostile_markup} 2")
    )


def column(tab, place):
    """What the rows that are shown have in one column."""
    return tab.locator(f".saes tbody tr:visible > :nth-child({place})").all_inner_texts()


def sort_by(tab, name):
    tab.locator(".saes th button", has_text=name).click()


def test_it_opens_on_the_summary_with_no_report_unfolded(browse, many):
    tab = browse(many)
    assert len(column(tab, 1)) == N_SAES
    assert tab.locator("article, .modebar").count() == 0
    assert tab.evaluate("document.querySelectorAll('*').length") < 15_000
    assert tab.evaluate("document.documentElement.scrollHeight") < 8_000
    assert [tab.requests, tab.complaints] == [[], []]


def test_saes_stand_in_natural_order(browse, many):
    ids = column(browse(many), 1)
    assert ids[:2] == ["layer_0/width_4k/average_l0_9", "layer_0/width_4k/average_l0_20"]
    layers = [int(id.split("/")[0].removeprefix("layer_")) for id in ids]
    assert layers == sorted(layers)


def test_every_column_sorts_both_ways_and_what_is_unknown_stays_last(browse, many):
    tab = browse(many)
    for name, place in (("layer", 2), ("width", 3), ("L0", 4), ("curvature", 6)):
        for direction in ("ascending", "descending"):
            sort_by(tab, name)
            assert tab.locator(".saes th[aria-sort]").get_attribute("aria-sort") == direction
            told = [row.split()[0].replace(",", "") for row in column(tab, place)]
            values = [float(text) for text in told if text != "—"]
            assert values == sorted(values, reverse=direction == "descending")
            assert told[len(values) :] == ["—"] * (name == "L0")
    sort_by(tab, "SAE")
    assert column(tab, 1)[0] == "layer_0/width_4k/average_l0_9"
    assert column(tab, 1)[-1] == "layer_24/width_16k/average_l0_400"


def test_rows_are_found_by_name_layer_width_and_l0(browse, many):
    tab = browse(many)
    form, found = tab.get_by_role("search"), tab.locator("output")
    tab.get_by_label("Name").fill("LAYER_7/ 4k")
    assert found.inner_text() == f"{len(SPARSITIES)} of {N_SAES} rows"
    assert {id.rsplit("/", 1)[0] for id in column(tab, 1)} == {"layer_7/width_4k"}
    tab.get_by_role("button", name="Clear").click()
    form.get_by_label("Layer").select_option("24")
    assert len(column(tab, 1)) == len(SPARSITIES) * len(WIDTHS)
    form.get_by_label("Width").select_option("16,384")
    form.get_by_label("L0 from").fill("100")
    assert column(tab, 1) == ["layer_24/width_16k/average_l0_170"]  # of the other one L0 is not known
    form.get_by_label("to", exact=True).fill("169")
    assert column(tab, 1) == []
    assert not form.get_by_label("Release").is_visible()  # there is one


def test_a_report_unfolds_by_its_link_and_the_way_back_works(browse, many):
    tab = browse(many)
    tab.get_by_label("Name").fill("layer_3/width_4k")
    sort_by(tab, "L0")
    link = tab.get_by_role("link", name="layer_3/width_4k/average_l0_82")
    link.click()
    assert tab.locator("article").get_attribute("id") == ONE
    assert tab.url.endswith(f"#{ONE}")
    assert tab.title() == "curvature on sweep:layer_3/width_4k/average_l0_82 · saegeo"
    assert not tab.locator("#summary").is_visible()
    tab.locator(".plot .main-svg").first.wait_for()
    tab.go_back()
    link.wait_for()
    assert tab.locator("article").count() == 0
    assert len(column(tab, 1)) == len(SPARSITIES)  # still found, still sorted
    assert tab.evaluate("document.activeElement.hash") == f"#{ONE}"
    tab.go_forward()
    tab.locator("article").wait_for()
    assert tab.complaints == []


def test_one_report_is_unfolded_at_a_time_and_leads_to_those_beside_it(browse, many):
    tab = browse(many, link=ONE)
    tab.locator("article").wait_for()
    tab.locator("[rel=next]").click()
    tab.wait_for_url("**#curvature-sweep-layer_3-width_4k-average_l0_170")
    tab.locator(".beside").get_by_role("link", name="spread").click()
    tab.locator("article[id='spread-sweep-layer_3-width_4k-average_l0_170']").wait_for()
    assert tab.locator("article").count() == 1
    assert tab.locator(".beside [aria-current]").inner_text() == "spread"
    tab.get_by_role("link", name="All reports").click()
    tab.locator("#summary").wait_for()
    assert tab.locator("article").count() == 0


def test_a_link_into_a_report_unfolds_it_and_opens_the_table(browse, many):
    tab = browse(many, link=f"{ONE}/table-1")
    tab.locator(f"[id='{ONE}/table-1'] table").wait_for()
    assert tab.locator("article").get_attribute("id") == ONE


def test_a_link_to_nothing_leaves_the_summary(browse, many):
    tab = browse(many, link="gone-%E0%A4%A")
    assert tab.locator("#summary").is_visible()
    assert tab.complaints == []


def test_heat_maps_lead_to_the_reports_and_tell_their_numbers(browse, many):
    tab = browse(many)
    assert tab.locator(".map").count() == len(ANALYSES) * len(WIDTHS)
    swatches = tab.locator(".map").first.locator("a")
    assert swatches.count() == N_LAYERS * len(SPARSITIES)
    swatch = tab.get_by_title("layer 3, L0 82: 3.28 ± 0.33, 33 × null").first
    swatch.click()
    assert tab.locator("article").get_attribute("id") == ONE


def test_beside_heat_maps_stands_what_else_differs(many):
    assert "Besides their layer the SAEs differ in L0, width" in many.read_text()


def test_the_keyboard_sorts_and_unfolds(browse, many):
    tab = browse(many)
    tab.locator(".saes th button").nth(1).press("Enter")
    assert tab.locator(".saes th").nth(1).get_attribute("aria-sort") == "ascending"
    tab.locator(".saes a").first.press("Enter")
    tab.locator("article").wait_for()
    assert tab.evaluate("document.activeElement.localName") == "article"


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_tables_scroll_in_their_own_box_and_say_so(browse, many, width):
    tab = browse(many, width=width)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    box = tab.locator(".scroll.cut").first
    assert "sideways" in box.evaluate("box => getComputedStyle(box, '::before').content")
    tab.locator(".saes a").first.click()
    tab.locator(".plot .main-svg").first.wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert not tab.locator(".contents details").evaluate("contents => contents.open")


def test_without_its_script_the_summary_is_a_table_to_read(browse, many):
    tab = browse(many, java_script_enabled=False)
    assert len(column(tab, 1)) == N_SAES
    assert "switched off" in tab.locator(".notice").inner_text()
    assert not tab.locator(".filter").is_visible()


@pytest.mark.parametrize("link", ["", ONE])
def test_paper_shows_what_is_unfolded_without_what_only_a_screen_can_do(browse, many, link):
    tab = browse(many, link=link)
    tab.locator("article" if link else ".saes").wait_for()
    tab.emulate_media(media="print")
    assert not tab.locator(".filter, .beside, .contents").filter(visible=True).count()
    assert tab.locator("#summary").is_visible() is not bool(link)
    if not link:
        assert tab.locator(".rows").evaluate("box => box.scrollHeight === box.clientHeight")  # all rows
    assert tab.pdf().startswith(b"%PDF")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_axe_finds_no_fault_in_summary_and_report(faults, browse, many, scheme, width):
    tab = browse(many, scheme=scheme, width=width)
    assert faults(tab) == []
    tab.locator(".saes a").first.click()
    tab.locator(".plot .main-svg").first.wait_for()
    assert faults(tab) == []


def test_names_that_are_markup_are_text_in_summary_filter_and_report(hostile, drawn, hostile_markup):
    tab = hostile
    assert column(tab, 1) == [f"{hostile_markup} 1", f"{hostile_markup} 2"]
    tab.get_by_label("Name").fill("<script>window.broken=1</script>")
    assert len(column(tab, 1)) == 2
    tab.locator(".saes a").last.click()
    drawn(tab, "figure-1")
    assert f"{hostile_markup} 2" in tab.locator("h1:visible").inner_text()
    assert tab.locator("main img, main script").count() == 0
    assert tab.evaluate("window.broken") is None
    assert [tab.requests, tab.complaints] == [[], []]
