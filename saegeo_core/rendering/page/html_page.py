"""The page put together: reports in, the text of one HTML file out."""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from saegeo_core.progress import Progress, silent
from saegeo_core.rendering import metric_words, numbers
from saegeo_core.rendering.figures.plotly_theme import DARK, LIGHT, template
from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.rendering.page.page_report import PageReport, page_report
from saegeo_core.rendering.page.page_summary import PageSummary, page_summary
from saegeo_core.rendering.plain_text import clean
from saegeo_core.rendering.provenance import provenance, written
from saegeo_core.rendering.report_header import sae_summary
from saegeo_core.rendering.report_names import report_names
from saegeo_core.report.metric import Absent
from saegeo_core.report.report import Report


def html_page(reports: Sequence[Report], progress: Progress = silent) -> str:
    """The whole page. The same reports give the same text, byte by byte."""
    pool = ArrayPool()
    ordered = _by_analysis(reports)
    named = progress(zip(ordered, report_names(ordered), strict=True), len(ordered), "reports drawn")
    shown = [page_report(report, name, number, pool) for number, (report, name) in enumerate(named, 1)]
    summary = page_summary(reports, pool) if len(reports) > 1 else PageSummary()
    plotly, script = _plotly_script(), _own_file("page.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            reports=shown,
            summary=summary,
            analyses=[(name, list(group)) for name, group in groupby(shown, key=lambda one: one.report.analysis.name)],
            title=page_title(reports),
            policy=_policy(plotly, script),
            plotly=Markup(plotly),
            script=Markup(script),
            style=Markup(_own_file("style.css")),
            data=_json(_data([*shown, summary], pool)),
            version=version("saegeo"),
        )
    )


def page_title(reports: Sequence[Report]) -> str:
    """What the page is about, in a few words."""
    saes = list(dict.fromkeys(report.sae.spec for report in reports))
    analyses = list(dict.fromkeys(report.analysis.name for report in reports))
    what = ", ".join(analyses) if len(analyses) <= 3 else f"{len(analyses)} analyses"
    return f"{what} on {saes[0] if len(saes) == 1 else f'{len(saes)} SAEs'}"


def _by_analysis(reports: Sequence[Report]) -> list[Report]:
    """Reports of one analysis together, analyses and SAEs in the order in which they come."""
    order = {name: place for place, name in enumerate(dict.fromkeys(report.analysis.name for report in reports))}
    return sorted(reports, key=lambda report: order[report.analysis.name])


def _data(parts: "Sequence[PageReport | PageSummary]", pool: ArrayPool) -> dict[str, Any]:
    """What the page's script draws from."""
    return {
        "figures": {one.id: one.drawing for part in parts for one in part.figures},
        "tables": {one.id: one.columns for part in parts for one in part.tables},
        "themes": {"light": template(LIGHT), "dark": template(DARK)},
        "arrays": pool.stored,
    }


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
    )
    return environment


def _harmless(value: Any) -> Any:
    """No control character or change of writing direction from data reaches the page; markup of our own passes."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _is_absent(value: object) -> bool:
    return isinstance(value, Absent)
