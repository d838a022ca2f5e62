import base64
import hashlib
import html
import json
import re
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.rendering.page.html_page import html_page, page_title
from saegeo_core.rendering.page.packed_part import PartsAlike, packed, part_bytes

MEGABYTE = 1_000_000
VOID = {"meta", "link", "img", "br", "hr", "input", "wbr"}


def unpacked(text, start="", length=0):
    """What a part of a page says, as the page's script reads it: the arrays' numbers, and its content."""
    content = zlib.decompress(base64.b64decode(start) + base64.b64decode(text))[length:]
    end = 4 + int.from_bytes(content[:4], "little")
    return content[end:], json.loads(content[4:end])


def parts_of(page):
    """By the id of a report, or `summary`."""
    starts = {
        name: (start, int(length))
        for name, length, start in re.findall('data-start="([^"]*)" data-length="([^"]*)">([^<]*)<', page)
    }
    found = re.findall('data-part="([^"]*)"(?: data-after="([^"]*)")?>([^<]*)<', page)
    return {id: unpacked(text, *starts.get(start, ()))[1] for id, start, text in found}


def unfolded(page):
    """The page's HTML, and the HTML of every report that it unfolds."""
    return [page, *(part["html"] for part in parts_of(page).values())]


class Outline(HTMLParser):
    """Elements of a page: that each is closed where it should be, its ids, its headings and what it refers to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.headings, self.references, self.scripts = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.references += [given[name] for name in ("src", "href") if name in given]
        self.references += [f"#{given[name]}" for name in ("aria-labelledby",) if name in given]
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else at {self.getpos()}"

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


@pytest.fixture(params=[1, 2])
def page(every_kind, request):
    return html_page([every_kind(name=f"sae {i}") for i in range(request.param)])


def test_elements_nest_and_references_stay_inside(page):
    outlines = [Outline(text) for text in unfolded(page)]
    known = {"data:,", *(f"#{id}" for outline in outlines for id in outline.ids)}
    for outline in outlines:
        assert outline.open == []
        assert len(outline.ids) == len(set(outline.ids))
        assert {*outline.references} <= known


def test_headings_are_in_order(page):
    for levels in filter(None, (Outline(text).headings for text in unfolded(page))):
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_policy_allows_the_two_scripts_and_no_source(page):
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    own = Outline(page).scripts[1]
    plotly = zlib.decompress(base64.b64decode(Outline(page).scripts[-1])).decode()
    assert plotly == get_plotlyjs()
    for script in (plotly, own):
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_markup_in_data_is_escaped_wherever_it_stands(every_kind, hostile_markup):
    page = html_page([every_kind(hostile_markup, name=hostile_markup), every_kind("plain", name="other")])
    for text in unfolded(page):
        assert Outline(text).open == []
        assert "<script>window.broken" not in text
        assert "<img" not in text
    assert len(Outline(page).scripts) == 8  # themes, the page's own, a start, four parts, plotly


def test_control_characters_do_not_reach_the_page(report):
    for text in unfolded(html_page([report, report])):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", text.replace("\n", " "))


def test_the_same_reports_give_the_same_page(every_kind):
    reports = [every_kind(), every_kind(name="other")]
    assert html_page(reports) == html_page(reports)


def test_every_metric_stands_with_its_nulls_its_interval_or_the_reasons(every_kind):
    text = " ".join(re.sub("<[^>]+>", " ", html_page([every_kind()]).split("<main")[1].split("<script")[0]).split())
    for told in (
        "share Description: plain fraction; n = 1,178,880",
        "95 % interval 0.2900 … 0.3400 jackknife plain, 20 replicates",
        "null plain 249 draws, two-sided 0.200 sd 0.020 5.50 0.004 1.5 × null",
        "a second null 99 draws, two-sided 0.250 — 0.3 like null",
        "no interval: no interval: plain",
        "no null: no null: plain",
        "not computed: gone: plain",
        "Warning warning: plain",
        "sae.digest",
    ):
        assert told in text


def test_several_reports_are_compared_first(every_kind):
    page = html_page([every_kind(name="one"), every_kind(name="two")])
    table = page.split('<table class="saes">')[1].split("</table>")[0]
    assert re.findall('<th scope="row"><a href="#([^"]*)">([^<]*)<', table) == [
        ("every-kind-memory-one", "one"),
        ("every-kind-memory-two", "two"),
    ]
    assert re.findall('<a href="#every-kind-memory-one">([^<]*)</a><small>([^<]*)<', table) == [
        ("0.310 [0.290, 0.340]", "1.5 × null")
    ]
    assert "every-kind.share: Description: plain" in page


def test_reports_that_no_table_can_hold_are_shown_with_the_reason_and_told_apart(every_kind):
    page = html_page([every_kind("a"), every_kind("b")])
    assert "They cannot be compared: there are two reports of every-kind on memory:small, which differ in " in page
    table = page.split('<table class="saes">')[1].split("</table>")[0]
    assert re.findall('<small class="apart">(.*?)</small>', table) == ["text = a", "text = b"]
    reports = [part["html"] for id, part in parts_of(page).items() if id.startswith("every-kind")]
    for text, report in zip("ab", reports, strict=True):
        assert f'<p class="apart">text = {text}</p>' in report
        assert f'aria-label="every-kind on memory:small, text = {text}"' in report


def test_what_tells_reports_apart_is_escaped_and_short(every_kind, hostile_markup):
    texts = [f"{hostile_markup} {end}" for end in "ab"] + ["<b>\x1b[31m\u202eevil</b>"]
    page = html_page([every_kind(text) for text in texts])
    told = re.findall('<small class="apart">(.*?)</small>', page)
    assert told[-1] == r"text = &lt;b&gt;\x1b[31m\u202eevil&lt;/b&gt;"
    assert told[0].startswith("text = &lt;/script&gt;")
    assert told[0].endswith("…, report 1 of 3")
    assert len(set(told)) == 3
    assert all(len(html.unescape(text)) < 70 for text in told)
    assert Outline(page).open == []


def test_saes_stand_in_natural_order_with_their_reports_together(every_kind, report):
    names = ["l10", "l2", "l1"]
    parts = parts_of(html_page([*(every_kind(name=name) for name in names), report]))
    assert [*parts][:2] == ["summary", "curves"]
    assert [*parts][3:] == [f"every-kind-memory-{name}" for name in ("l1", "l2", "l10")]


def test_titles(every_kind, report):
    assert page_title([every_kind()]) == "every-kind on memory:small"
    assert page_title([every_kind(), every_kind(name="two")]) == "every-kind on 2 SAEs"
    assert page_title([every_kind(), report]).startswith("every-kind, everything on ")


def test_a_page_with_a_map_of_16384_points_stays_under_4_megabytes(every_kind):
    assert len(html_page([every_kind(points=16384)]).encode()) < 4 * MEGABYTE


def test_arrays_are_kept_once_and_come_back(rng):
    pool = ArrayPool()
    values = rng.standard_normal(50)
    first = pool.reference(values)
    assert pool.reference(values.copy()) == first
    assert pool.reference(np.array(["a", "b"], dtype=object)) == {"array": 1}
    assert pool.with_references({"z": [np.zeros((2, 3))]}) == {"z": [{"array": 2, "width": 3}]}
    numbers, content = unpacked(packed(part_bytes({"told": "é"}, pool)))
    assert content["told"] == "é"
    assert content["arrays"][1] == ["a", "b"]
    assert content["arrays"][0]["type"] == "f4"
    np.testing.assert_allclose(array_of(content["arrays"][0], numbers), values, rtol=1e-7)
    assert array_of(content["arrays"][2], numbers).tolist() == [0] * 6


def test_what_parts_alike_say_is_kept_once(rng):
    pools, parts = [ArrayPool(), ArrayPool()], []
    told = " ".join(map(str, rng.integers(0, 10**6, 900)))
    for pool in pools:
        pool.reference(rng.standard_normal(500))
        parts.append(part_bytes({"told": told}, pool))
    alike = PartsAlike(parts[0])
    for part, pool in zip(parts, pools, strict=True):
        numbers, content = unpacked(alike.packed(part), alike.start, alike.length)
        assert content["told"] == told
        assert numbers == pool.numbers
        assert len(alike.packed(part)) < len(packed(part)) - 0.8 * len(packed(told.encode()))


def array_of(stored, numbers):
    """An array as it was before the first bytes of its numbers were put together, and the second ones."""
    size = int(stored["type"][1])
    content = numbers[stored["at"] : stored["at"] + size * stored["length"]]
    in_order = np.frombuffer(content, "u1").reshape(size, stored["length"]).T
    return np.ascontiguousarray(in_order).view(f"<{stored['type']}").ravel()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], "u1"),
        ([-1, 100], "i1"),
        ([0, 65535], "u2"),
        ([-300, 0], "i2"),
        ([70000, 0], "i4"),
        ([1e10, 0], "f8"),
        ([1.5, np.nan], "f4"),
        ([1.5, 1e-300], "f8"),
        ([], "f4"),
        ([np.nan], "f4"),
    ],
)
def test_the_smallest_type_that_shows_the_numbers(values, kind):
    pool = ArrayPool()
    pool.reference(np.array(values, dtype=np.float64))
    assert pool.stored[0]["type"] == kind
    np.testing.assert_allclose(array_of(pool.stored[0], bytes(pool.numbers)), values, rtol=1e-7)
