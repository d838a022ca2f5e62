"""What a notebook shows of a report, a cloud or a comparison: HTML without script or style, every text from data escaped.

Found by `notebook_display`, which says what must be here.
"""

from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.rendering.comparison.html import html_tables
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.figures.plotly_theme import LIGHT, template
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import clean
from saegeo_core.rendering.report_header import header
from saegeo_core.rendering.terminal.metric_table import HEADINGS, metric_cells, metric_notes
from saegeo_core.rendering.text_table import TextTable

if TYPE_CHECKING:
    import plotly.graph_objects

    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.comparison import Comparison
    from saegeo_core.report.report import Report


def report_html(report: "Report") -> str:
    """What was measured, every metric beside its null, and the warnings."""
    ordered = sorted(report.measured, key=lambda metric: metric.name != report.analysis.headline)
    rows = [metric_cells(metric) for metric in ordered if metric.value is not None]
    about, facts = (line.plain for line in header(report))
    table = TextTable(
        headings=HEADINGS,
        rows=tuple(tuple(map(clean, row)) for row in rows),
        groups=("",) * len(rows),
        warnings=tuple(map(clean, report.warnings)),
        notes=(facts, *(note.plain for note in metric_notes(ordered))),
        title=about,
    )
    return html_tables([table])


def report_figure(report: "Report", name: str | None) -> "plotly.graph_objects.Figure":
    """One of the report's figures, the first without a name.

    Raises:
        SaegeoError: it has none of that name.
    """
    from plotly.graph_objects import Figure

    known = {figure.name: figure for figure in report.figures}
    wanted = name or next(iter(known), "")
    if wanted not in known:
        raise SaegeoError(f"{report.analysis.name} has no figure {wanted!r}", near_matches(wanted, list(known)))
    drawing = plotly_drawing(known[wanted], report.tables[known[wanted].table])
    return Figure(data=drawing["data"], layout={**drawing["layout"], "template": template(LIGHT)})


def cloud_html(cloud: "FeatureCloud") -> str:
    """What is known of the SAE and its directions."""
    sae = cloud.sae
    known = {
        "directions": f"{count(cloud.n_features)} {sae.rows} directions in {count(cloud.d_in)} dimensions, {sae.dtype}",
        "zero rows, left out": count(cloud.n_zero_rows) if cloud.n_zero_rows else None,
        "model": sae.model,
        "hook": sae.hook_name or sae.hf_hook_name,
        "space": sae.space,
        "architecture": sae.architecture,
        "L0": "unknown" if sae.l0 is None else significant(sae.l0, 3),
    }
    rows = [(name, clean(value)) for name, value in known.items() if value is not None]
    return html_tables([TextTable(("SAE", clean(sae.spec)), tuple(rows), ("",) * len(rows))])


def comparison_html(comparison: "Comparison") -> str:
    """The table with its warnings, and the profile over layers where there is one."""
    return html_tables([comparison_texts(comparison), *profile_texts(comparison)])
