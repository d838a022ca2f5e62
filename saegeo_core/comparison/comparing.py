"""From reports to a comparison: a row for each SAE, what may not be compared refused, cells filled, rows put in order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from saegeo_core.cloud.sae_names import series_of
from saegeo_core.comparison.adjustment import adjust_for_l0
from saegeo_core.comparison.arrangement import GroupBy, chosen_columns, grouped_rows, sorted_rows
from saegeo_core.comparison.cells import comparison_cells
from saegeo_core.comparison.comparability import incompatibilities, refuse
from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.confounding import LayerRun, confounds, layer_runs
from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.comparison.l0_matching import matched_rows
from saegeo_core.comparison.measured_saes import with_saes_measured
from saegeo_core.comparison.notes import notes_on
from saegeo_core.comparison.profile import layer_profile
from saegeo_core.comparison.ranking import rank_saes
from saegeo_core.comparison.sae_facts import facts_of
from saegeo_core.comparison.sae_reports import Failure, SaeReports, reports_by_sae
from saegeo_core.comparison.table import Row
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.report.reports import load_heads

if TYPE_CHECKING:
    from saegeo_core.report.reports import HeadOrPlace


def compare(
    reports: "HeadOrPlace | Iterable[HeadOrPlace]",
    *,
    plugin: str | Sequence[str] = (),
    metrics: Sequence[str] = (),
    reference: str | None = None,
    sort: str | None = None,
    group_by: GroupBy | None = None,
    match_l0: bool = False,
    adjust: Literal["l0"] | None = None,
    ranks: bool = False,
    profile: bool = False,
    allow_incomparable: bool = False,
    fixed_saes: bool = False,
    failures: Iterable[Failure] = (),
) -> Comparison:
    """Put reports side by side.

    Args:
        reports: of any number of SAEs and analyses: reports, files and folders of them, one or several. With `plugin` also names of
            SAEs, `release:sae_id` or patterns of them.
        plugin: one analysis or several, by name, that SAEs named are measured by. Nothing is stored.
        metrics: `plugin.metric` each, wildcards allowed; the headline of every analysis where empty.
        reference: name of the row (its spec) that differences are taken to.
        sort: "name", "l0", "layer", "width" or a `plugin.metric`; with a leading "-" from high to low.
        group_by: "layer", "width" or "release": rows under headings.
        match_l0: of several sparsities of one SAE keep the one nearest an L0 common to all.
        adjust: "l0" for each metric's regression on log L0, with at least eight SAEs.
        ranks: for each metric the SAEs that cannot be told apart, intervals of ranks, and the least difference that would be seen.
        profile: each metric over layers, and the curves of all rows in one figure.
        allow_incomparable: show side by side what was made with other versions or settings.
        fixed_saes: judge differences between these very SAEs, though training again could make them.
        failures: what could not be computed, shown in its place.

    Raises:
        SaegeoError: no report, or the name of an SAE without `plugin`; two reports of one analysis on one SAE to
            choose from; reports that are not comparable; an unknown metric, reference or sort key; too few SAEs to adjust.
    """
    rows = reports_by_sae(load_heads(with_saes_measured(reports, plugin), whole=profile), failures)
    if not any(row.reports for row in rows):
        raise SaegeoError("there is no report to compare", "saegeo run makes some")
    rows, matching_notes = matched_rows(rows) if match_l0 else (rows, [])
    columns = chosen_columns((report for row in rows for report in row.reports.values()), metrics)
    plugins = {column.plugin for column in columns}
    named = [(row.name, report) for row in rows for name, report in row.reports.items() if name in plugins]
    incomparable = incompatibilities(named)
    if not allow_incomparable:
        refuse(incomparable, "--allow-incomparable")
    place = None if reference is None else _place(reference, rows)
    judged = [JudgedColumn(column, rows, fixed_saes) for column in columns]
    table = comparison_cells(judged, place)
    facts = [facts_of(row) for row in rows if row.sae]
    made = [Row(row.name, row.sae, tuple(cells), row.reports) for row, cells in zip(rows, table, strict=True)]
    comparison = Comparison(
        columns=tuple(columns),
        rows=tuple(grouped_rows(sorted_rows(made, columns, sort), group_by)),
        reference=None if place is None else rows[place].name,
        confounds=tuple(confounds(facts)),
        runs=tuple(_runs(rows)),
        overridden=tuple(incomparable),
        notes=(*matching_notes, *notes_on(made, facts, plugins)),
    )
    if adjust:
        comparison = replace(comparison, adjustments=tuple(adjust_for_l0(columns, comparison.rows)))
    if ranks:
        comparison = replace(comparison, rankings=tuple(map(rank_saes, judged)))
    return replace(comparison, profile=layer_profile(columns, comparison.rows)) if profile else comparison


def _runs(rows: Sequence[SaeReports]) -> Iterator[LayerRun]:
    """Runs of every series of layers; SAEs of unknown L0 are passed over."""
    for series, members in series_of((row.name, row.sae) for row in rows if row.sae and row.sae.l0).items():
        yield from layer_runs(series, [layer for layer, _, _ in members], [sae.l0 for _, _, sae in members if sae.l0])


def _place(reference: str, rows: Sequence[SaeReports]) -> int:
    """Which row is meant: by its name, its spec, or the id alone where that is unmistakable."""
    for names in ([row.name for row in rows], [row.sae.sae_id if row.sae else "" for row in rows]):
        if names.count(reference) == 1:
            return names.index(reference)
    known = [row.name for row in rows]
    raise SaegeoError(f"the reference {reference!r} is not among what is compared", near_matches(reference, known))
