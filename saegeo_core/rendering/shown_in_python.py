"""What Python shows of a report, a cloud or a comparison: plain text where it is printed, HTML in a notebook.

The text is what a terminal of 80 columns shows, without color. The HTML has no script and no style, every text from data escaped.
Found by `saegeo_core.display`, which says what must be here.
"""

import io
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType

from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.rendering.comparison.console import console_tables
from saegeo_core.rendering.comparison.html import html_tables
from saegeo_core.rendering.comparison.rank_texts import rank_texts
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.figures.in_notebook import with_still_picture
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.figures.plotly_theme import LIGHT, template
from saegeo_core.rendering.figures.static_drawing import static_drawing
from saegeo_core.rendering.l0_text import l0_text
from saegeo_core.rendering.metric_words import against_null, estimate
from saegeo_core.rendering.numbers import count
from saegeo_core.rendering.report_header import header
from saegeo_core.rendering.terminal.feature_cards import feature_cards
from saegeo_core.rendering.terminal.match_table import match_table
from saegeo_core.rendering.terminal.metric_table import HEADINGS, metric_cells, metric_notes
from saegeo_core.rendering.terminal.report_summary import report_summary
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.visible_text import visible

if TYPE_CHECKING:
    import plotly.graph_objects

    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.comparison import Comparison
    from saegeo_core.inspecting.feature_cards import FeatureCards
    from saegeo_core.inspecting.matching import Matches
    from saegeo_core.report.report import Report

WIDTH = 80
"""Columns of printed text: it may be written into a file, where no terminal says how wide it is."""
MAX_NAMED = 3
"""Metrics of a comparison that its line names."""


def report_line(report: "Report") -> str:
    """The analysis, the SAE and the headline: <Report cosine-tails on minilm-l6:layer_3: tail_excess 0.12 ± 0.01, above null>."""
    stamp = report.analysis
    preset = "" if stamp.preset == "calibrated" else f" ({stamp.preset})"
    headline = [
        ", ".join(filter(None, [f"{metric.name} {estimate(metric)}", against_null(metric)]))
        for metric in report.measured
        if metric.name == stamp.headline
    ]
    return visible(f"<Report {stamp.name}{preset} on {': '.join([report.sae.spec, *headline])}>")


def report_text(report: "Report") -> str:
    """What `saegeo run` prints of it."""
    return _printed(report_summary(report, WIDTH))


def report_html(report: "Report") -> str:
    """What was measured, every metric beside its null, and the warnings."""
    ordered = sorted(report.measured, key=lambda metric: metric.name != report.analysis.headline)
    rows = [metric_cells(metric) for metric in ordered if metric.value is not None]
    about, facts = (line.plain for line in header(report))
    table = TextTable(
        headings=HEADINGS,
        rows=tuple(tuple(map(visible, row)) for row in rows),
        groups=("",) * len(rows),
        warnings=tuple(map(visible, report.warnings)),
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
    figure, table = known[wanted], report.tables[known[wanted].table]
    drawing = plotly_drawing(figure, table)
    drawn = Figure(data=drawing["data"], layout={**drawing["layout"], "template": template(LIGHT)})
    with_still_picture(drawn, lambda: static_drawing(figure, table, "svg"))
    return drawn


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
        "L0": l0_text(sae),
    }
    rows = [(name, visible(value)) for name, value in known.items() if value is not None]
    return html_tables([TextTable(("SAE", visible(sae.spec)), tuple(rows), ("",) * len(rows))])


def comparison_line(comparison: "Comparison") -> str:
    """How many SAEs, and by what: <Comparison of 6 SAEs by cosine-tails.tail_excess>."""
    n_saes, metrics = len(comparison.rows), [column.id for column in comparison.columns]
    by = ", ".join(metrics) if len(metrics) <= MAX_NAMED else f"{len(metrics)} metrics"
    return visible(f"<Comparison of {count(n_saes)} SAE{'' if n_saes == 1 else 's'} by {by}>")


def comparison_text(comparison: "Comparison") -> str:
    """What `saegeo compare` prints of it."""
    tables = [comparison_texts(comparison), *rank_texts(comparison), *profile_texts(comparison)]
    return _printed(console_tables(tables, comparison.profile, WIDTH))


def features_line(cards: "FeatureCards") -> str:
    """How many, of which SAE: <10 FeatureCards of minilm-l6:layer_3, lobe 5>."""
    return visible(f"<{count(len(cards))} FeatureCards of {cards.sae.spec}{cards.chosen and f', {cards.chosen}'}>")


def features_text(cards: "FeatureCards") -> str:
    """What `saegeo features` prints of them."""
    return _printed(feature_cards(cards, WIDTH))


def matches_line(matches: "Matches") -> str:
    """How many, of which SAEs."""
    return visible(f"<{count(len(matches))} Matches of {matches.sae.spec} in {matches.other.spec}>")


def matches_text(matches: "Matches") -> str:
    """What `saegeo match` prints of them."""
    return _printed(match_table(matches, WIDTH))


def comparison_html(comparison: "Comparison") -> str:
    """The table with its warnings, and the profile over layers where there is one."""
    return html_tables([comparison_texts(comparison), *rank_texts(comparison), *profile_texts(comparison)])


def _printed(renderable: RenderableType) -> str:
    """As on a terminal of `WIDTH` columns without color, whatever the environment says of terminals."""
    console = Console(
        file=io.StringIO(),
        width=WIDTH,
        color_system=None,
        force_terminal=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as captured:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
