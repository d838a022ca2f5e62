"""What is written on the page and drawn in its figures stands out from what lies behind it, as WCAG 2 demands at level AA."""

import re
from importlib.resources import files
from itertools import pairwise

import pytest

from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.plotly_theme import DARK, LIGHT

TEXT, GRAPHICS = 4.5, 3.0  # least ratios of luminance
STYLE = (files("saegeo_core.rendering.page") / "style.css").read_text(encoding="utf-8")
WRITTEN_ON = {
    "paper": ("ink", "dim", "accent"),
    "raised": ("ink", "dim", "accent"),
    "caution-paper": ("caution-ink",),
}


def contrast(one, other):
    """Ratio of the relative luminances of two colors, each #rgb or #rrggbb."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    digits = color.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.fixture(params=["light", "dark", "print"])
def scheme(request):
    """Name to color, as the page has them in daylight, at night and on paper."""
    light, dark, printed = (
        dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    )
    return light | {"light": {}, "dark": dark, "print": printed}[request.param]


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000", "#ffffff", 21), ("#767676", "#fff", 4.54), ("#abc", "#abc", 1)]
)
def test_ratios_are_those_of_the_guideline(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(("paper", "ink"), [(paper, ink) for paper, inks in WRITTEN_ON.items() for ink in inks])
def test_text_is_legible(scheme, paper, ink):
    assert contrast(scheme[ink], scheme[paper]) >= TEXT


def test_these_are_all_colors_that_text_has_and_stands_on():
    named = re.compile(r"var\(--([\w-]+)\)")
    inks = re.findall(r"(?<![\w-])color: ([^;}]+)", STYLE)
    papers = re.findall(r"(?<![\w-])background(?:-color)?: ([^;}]+)", STYLE)
    assert {named.fullmatch(ink)[1] for ink in inks} == {ink for inks in WRITTEN_ON.values() for ink in inks}
    assert {named.fullmatch(paper)[1] for paper in papers if paper != "none"} == set(WRITTEN_ON)
    assert {float(value) for value in re.findall(r"opacity: ([^;}]+)", STYLE)} == {1}


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)], indirect=["scheme"])
def test_figures_are_lettered_as_the_page_is(scheme, theme):
    assert [theme[name] for name in ("ink", "dim", "paper")] == [scheme[name] for name in ("ink", "dim", "raised")]


@pytest.mark.parametrize(
    "color", [*palette.GRAYS, *(palette.shade(at, palette.ON_PAPER) for at in (0, 0.25, 0.5, 0.75, 1))]
)
def test_curves_are_seen_on_paper(color):
    assert contrast(color, "#ffffff") >= GRAPHICS


@pytest.mark.parametrize("name", [palette.OF_A_GRID, palette.OF_A_SIGNED_GRID, "on paper"])
def test_what_is_ordered_can_be_read_in_gray(name):
    places = [i / 20 for i in range(21)]
    if name == "on paper":
        colors = [palette.shade(at, palette.ON_PAPER) for at in places]
    else:
        matplotlib = pytest.importorskip("matplotlib")
        colors = [matplotlib.colors.to_hex(matplotlib.colormaps[name](at)) for at in places]
    lightness = [luminance(color) for color in colors]
    assert all(one < other for one, other in pairwise(lightness))


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("color", [*palette.COLORS, palette.NEUTRAL, *map(palette.shade, (0, 0.25, 0.5, 0.75, 1))])
def test_curves_are_seen(scheme, color):
    assert contrast(color, scheme["paper"]) >= GRAPHICS
