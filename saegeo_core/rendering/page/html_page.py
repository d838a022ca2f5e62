"""The page put together: reports in, the text of one HTML file out."""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from saegeo_core.progress import Progress, silent
from saegeo_core.rendering import metric_words, numbers
from saegeo_core.rendering.figures.plotly_theme import DARK, LIGHT, template
from saegeo_core.rendering.page.feature_map import feature_maps
from saegeo_core.rendering.page.packed_part import PartsAlike, packed
from saegeo_core.rendering.page.page_summary import CURVES, SUMMARY, page_summary
from saegeo_core.rendering.page.reading_order import in_reading_order, reports_beside
from saegeo_core.rendering.provenance import provenance, written
from saegeo_core.rendering.report_header import sae_summary
from saegeo_core.report.metric import Absent
from saegeo_core.report.report import Report
from saegeo_core.visible_text import visible

SCRIPTS = ("stored.js", "figures.js", "tables.js", "summary.js", "unfolding.js")
"""Put together in this order; each uses what those before it define."""
SCRIPTS_OF_MAPS, STYLE_OF_MAPS = ("map_traces.js", "map_card.js", "feature_map.js"), "feature_map.css"
"""Behind the others, on pages that have a map of features."""
TAKEN = (SUMMARY, CURVES, "content", "unfolded", "themes", "plotly")
"""Ids of the page's own."""


class _Part(NamedTuple):
    """What the page holds compressed: its id, base64, and the start that it is the continuation of, if there is one."""

    id: str
    packed: str
    start: str = ""


def html_page(reports: Sequence[Report], progress: Progress = silent) -> str:
    """The whole page. The same reports give the same text, byte by byte."""
    shown = in_reading_order(reports, TAKEN)
    summary = page_summary(shown) if len(shown) > 1 else None
    maps = feature_maps(shown, [*TAKEN, *(one.id for one in shown)])
    map_of = {one.id: map for map in maps for one in map.reports}
    plotly, script = _plotly_script(), _script(has_maps=bool(maps))
    starts: dict[str, PartsAlike] = {}
    if summary is None:
        parts = [_Part(one.id, packed(one.part.written())) for one in shown]
        parts += [_Part(map.id, packed(map.written())) for map in maps]
    else:
        macros: Any = _environment().get_template("report.html").module
        macros_of_maps: Any = _environment().get_template("feature_map.html").module
        beside = reports_beside(shown)
        parts = [_Part(part.id, packed(part.written())) for part in (summary.trends, summary.curves)]
        for one in progress(shown, len(shown), "reports drawn"):
            analysis, written = (
                one.name.analysis,
                one.part.written(macros.unfolded(one, beside[one.id], map_of.get(one.id))),
            )
            alike = starts.get(analysis) or starts.setdefault(analysis, PartsAlike(written))
            parts.append(_Part(one.id, alike.packed(written), analysis))
        parts += [_Part(map.id, packed(map.written(macros_of_maps.sheet(map)))) for map in maps]
    page = _environment().get_template("page.html")
    return page.render(
        only=shown[0] if summary is None else None,
        summary=summary,
        map_of=map_of,
        title=page_title(reports),
        policy=_policy(plotly, script),
        plotly=Markup(_packed_plotly()),
        script=Markup(script),
        style=Markup(_own_file("style.css") + (_own_file(STYLE_OF_MAPS) if maps else "")),
        themes=_json({"light": template(LIGHT), "dark": template(DARK)}),
        starts=starts,
        parts_of_page=parts,
        version=version("saegeo"),
    )


def page_title(reports: Sequence[Report]) -> str:
    """What the page is about, in a few words."""
    saes = list(dict.fromkeys(report.sae.spec for report in reports))
    analyses = list(dict.fromkeys(report.analysis.name for report in reports))
    what = ", ".join(analyses) if len(analyses) <= 3 else f"{len(analyses)} analyses"
    return f"{what} on {saes[0] if len(saes) == 1 else f'{len(saes)} SAEs'}"


def _json(content: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    return Markup(
        json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    )


def _policy(*scripts: str) -> str:
    """Content security policy: these scripts and no others, and nothing from anywhere.

    plotly makes functions from text for its WebGL drawings, hence 'unsafe-eval'; it styles what it draws, hence 'unsafe-inline'
    for styles.
    """
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@cache
def _plotly_script() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return script


@cache
def _packed_plotly() -> str:
    return packed(_plotly_script().encode())


@cache
def _script(*, has_maps: bool) -> str:
    """The page's own script: its files one after the other, in a scope of their own."""
    names = SCRIPTS + (SCRIPTS_OF_MAPS if has_maps else ())
    return '"use strict";\n(() => {\n' + "\n".join(map(_own_file, names)) + "})();\n"


def _own_file(name: str) -> str:
    return (files("saegeo_core.rendering.page") / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("saegeo_core.rendering.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=metric_words,
        numbers=numbers,
        sae_summary=sae_summary,
        provenance=provenance,
        written=written,
        is_absent=_is_absent,
        breakable=_breakable,
    )
    return environment


def _harmless(value: Any) -> Any:
    """No control character or change of writing direction from data reaches the page; markup of our own passes."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(name: str) -> Markup:
    """A long name, which may go on in a new line after each of its parts."""
    return Markup("/<wbr>").join(visible(name).split("/"))


def _is_absent(value: object) -> bool:
    return isinstance(value, Absent)
