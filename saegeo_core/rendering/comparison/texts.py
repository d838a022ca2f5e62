"""A comparison as plain tables of texts: what every format shows. Numbers are rounded here and nowhere else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from saegeo_core.comparison.adjustment import Adjustment
from saegeo_core.comparison.comparability import in_words
from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.confounding import Confound, LayerRun
from saegeo_core.comparison.notes import listed
from saegeo_core.comparison.table import Column, ComparisonCell, Row
from saegeo_core.firing.sparsity import contradicts_statement
from saegeo_core.rendering import metric_words
from saegeo_core.rendering.l0_text import UNKNOWN, l0_text
from saegeo_core.rendering.numbers import count, equals_pvalue, pvalue, significant, uncertain
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.visible_text import visible

DASH = metric_words.DASH
FAILED = "failed"
SEEDS, PAIRED = "†", "‡"
MAX_L0_CONFOUNDS = 3
"""More of them are told as one range."""
L0_ADVICE = (
    "geometry follows L0: compare at matched L0 (--match-l0), or adjust for it (--adjust l0, from eight SAEs on)"
)


def comparison_texts(comparison: Comparison, *, nulls: bool = False, pvalues: bool = False) -> TextTable:
    """The table itself.

    Args:
        comparison: what is to be shown.
        nulls: a column with the mean of the judging null beside each metric.
        pvalues: a column with the judging null's p-value, corrected over the table.
    """
    adjustments = {one.column: one for one in comparison.adjustments}
    shown = [
        _SubColumns(column, adjustments.get(column.id), comparison.reference, nulls, pvalues)
        for column in comparison.columns
    ]
    rows = [
        (
            row.name,
            _l0(row),
            *(text for sub, cell in zip(shown, row.cells, strict=True) for text in sub.texts(row, cell)),
        )
        for row in comparison.rows
    ]
    return TextTable(
        headings=("SAE", "L0", *(visible(heading) for sub in shown for heading in sub.headings())),
        rows=tuple(tuple(map(visible, row)) for row in rows),
        groups=tuple(visible(row.group) for row in comparison.rows),
        warnings=tuple(map(visible, _warnings(comparison))),
        notes=tuple(map(visible, [*_legend(comparison, pvalues), *comparison.notes])),
    )


def profile_texts(comparison: Comparison) -> list[TextTable]:
    """Every column over the layers of each series, with published values beside it; nothing where no profile was asked for."""
    profile = comparison.profile
    if profile is None:
        return []
    published = [beside for column in comparison.columns for beside in profile.published[column.id]]
    headings = ["SAE", "layer", "L0", *(column.id for column in comparison.columns)]
    headings += [f"{beside.metric}: {heading}" for beside in published for heading in (beside.name, "its L0")]
    places = [(series, layer, name) for series, layers in profile.series.items() for layer, name in layers]
    rows = []
    for _, layer, name in places:
        row = comparison.row(name)
        numbers = [number for beside in published for number in (beside.values.get(layer), beside.l0.get(layer))]
        known = [DASH if number is None else significant(number) for number in numbers]
        rows.append((name, count(layer), _l0(row), *map(_estimate, row.cells), *known))
    return [
        TextTable(
            headings=tuple(map(visible, headings)),
            rows=tuple(tuple(map(visible, row)) for row in rows),
            groups=tuple(visible(series) for series, _, _ in places),
            notes=tuple(dict.fromkeys(f"{beside.name}: {beside.source}" for beside in published)),
            title="over layers",
        )
    ]


@dataclass(frozen=True)
class _SubColumns:
    """What stands beside each other for one metric."""

    column: Column
    adjustment: Adjustment | None
    reference: str | None
    nulls: bool
    pvalues: bool

    def headings(self) -> Iterator[str]:
        yield self.column.id
        if self.nulls:
            yield f"{self.column.id}: null"
        if self.pvalues:
            yield f"{self.column.id}: p"
        if self.reference:
            yield f"{self.column.id}: difference"
            yield f"{self.column.id}: p of difference"
        if self.adjustment and not self.adjustment.reason:
            yield f"{self.column.id}: at L0 {significant(self.adjustment.l0, 3)}"

    def texts(self, row: Row, cell: ComparisonCell) -> Iterator[str]:
        yield _estimate(cell)
        if self.nulls:
            yield metric_words.null_mean(cell.metric) if cell.metric and cell.value is not None else DASH
        if self.pvalues:
            yield DASH if cell.adjusted_pvalue is None else pvalue(cell.adjusted_pvalue)
        if self.reference:
            yield "reference" if row.name == self.reference else _difference(cell)
            p = cell.difference.adjusted_pvalue if cell.difference else None
            yield DASH if p is None else pvalue(p)
        if self.adjustment and not self.adjustment.reason:
            value = self.adjustment.values.get(row.name)
            yield DASH if value is None else significant(value)


def _estimate(cell: ComparisonCell) -> str:
    if cell.is_failure:
        return FAILED
    if cell.value is None:
        return DASH
    if cell.interval is None:
        return significant(cell.value)
    return uncertain(cell.value, cell.interval.low, cell.interval.high) + f" {SEEDS}" * bool(cell.n_seeds)


def _difference(cell: ComparisonCell) -> str:
    difference = cell.difference
    if difference is None:
        return DASH
    if difference.interval is None:
        return significant(difference.estimate)
    text = uncertain(difference.estimate, difference.interval.low, difference.interval.high)
    return text + f" {PAIRED}" * difference.is_paired


def _l0(row: Row) -> str:
    return UNKNOWN if row.sae is None else l0_text(row.sae, only_unlike=True)


def _warnings(comparison: Comparison) -> Iterator[str]:
    for found in comparison.overridden:
        yield f"not comparable, shown as asked: {in_words(found)}"
    of_l0 = [confound for confound in comparison.confounds if confound.fact == "L0"]
    if len(of_l0) > MAX_L0_CONFOUNDS:
        yield _l0_range(comparison, of_l0)
    for confound in comparison.confounds:
        if confound.fact != "L0" or len(of_l0) <= MAX_L0_CONFOUNDS:
            yield confound_words(confound)
    for run in comparison.runs:
        yield run_words(run)
    if comparison.runs or of_l0:
        yield L0_ADVICE
    misstated = [row.name for row in comparison.rows if row.sae and contradicts_statement(row.sae)]
    if misstated:
        yield (
            f"L0 in the firing given differs by more than 25 % from the one stated, of {listed(misstated)}: "
            "the measured one is used"
        )


def _l0_range(comparison: Comparison, confounds: Sequence[Confound]) -> str:
    """All confounds of L0 in one sentence: L0 differs by more than 25 % among 12 SAEs, from 20 (a) to 219 (l)."""
    known = [(row.sae.l0, row.name) for row in comparison.rows if row.sae and row.sae.l0 is not None]
    n = len({name for confound in confounds for group in confound.groups for name in group.names})
    low, high = (f"{significant(l0, 3)} ({name})" for l0, name in (min(known), max(known)))
    return f"L0 differs by more than 25 % among {count(n)} SAEs, from {low} to {high}; --format json names every pair"


def confound_words(confound: Confound) -> str:
    """For example: L0 differs by more than 25 %: a (65) against b, c (32 to 33)."""
    groups = [f"{listed(group.names)} ({group.value})" for group in confound.groups]
    what = "L0 differs by more than 25 %" if confound.fact == "L0" else f"{confound.fact} differs"
    return f"{what}: {' against '.join(groups)}"


def run_words(run: LayerRun) -> str:
    """For example: release:layer_*, layers 11 to 14: sparser than the layers on both sides, L0 70 to 75 against 128 and 127."""
    first, last = run.layers[0], run.layers[-1]
    layers = f"layer {first}" if first == last else f"layers {first} to {last}"
    low, high = (significant(end, 3) for end in (min(run.l0), max(run.l0)))
    inside = low if low == high else f"{low} to {high}"
    before, after = (significant(l0, 3) for l0 in run.neighbors)
    return f"{run.series}, {layers}: {run.side} than the layers on both sides, L0 {inside} against {before} and {after}"


def _legend(comparison: Comparison, pvalues: bool) -> Iterator[str]:
    cells = [
        (row, column, cell)
        for row in comparison.rows
        for column, cell in zip(comparison.columns, row.cells, strict=True)
    ]
    for column in comparison.columns:
        yield f"{column.id}: {_meaning([cell for _, of, cell in cells if of == column])}"
    levels = [cell.interval.level for *_, cell in cells if cell.interval]
    if levels:
        yield metric_words.interval_legend(levels)
    if any(cell.n_seeds for *_, cell in cells):
        yield f"{SEEDS} the spread of the seeds of this configuration is in the interval"
    yield from _differences(comparison.reference, [cell for *_, cell in cells])
    if pvalues or comparison.reference:
        yield "p-values: Benjamini-Hochberg over the table" + ", those of differences by themselves" * bool(
            comparison.reference
        )
    yield from _missing([(row, column, cell) for row, column, cell in cells if cell.value is None])
    for adjustment in comparison.adjustments:
        yield adjustment_words(adjustment)


def _meaning(cells: Sequence[ComparisonCell]) -> str:
    """What all reports say of their metric: a description may end in sentences that hold for one SAE."""
    told = [re.split(r"(?<=\.) ", cell.metric.description) for cell in cells if cell.metric]
    agreed = takewhile(lambda sentences: len(set(sentences)) == 1, zip(*told, strict=False))
    return " ".join(sentence for sentence, *_ in agreed)


def _differences(reference: str | None, cells: Sequence[ComparisonCell]) -> Iterator[str]:
    if reference is None:
        return
    ways = [cell.difference for cell in cells if cell.difference]
    told = f"differences are to {reference}"
    if any(way.is_paired for way in ways):
        told += f"; {PAIRED} in pairs: both leave out the same parts of the same data"
    if any(way.interval and not way.is_paired for way in ways):
        others = "the others" if any(way.is_paired for way in ways) else "all"
        told += f"; {others} from the standard errors of both, as if independent"
    yield told
    for note in dict.fromkeys(way.note for way in ways if way.note):
        yield f"differences without p: {note}"


def _missing(cells: Sequence[tuple[Row, Column, ComparisonCell]]) -> Iterator[str]:
    """Why cells are empty, those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for row, column, cell in cells:
        absent = cell.metric.estimate if cell.metric else None
        reason = cell.reason or getattr(absent, "absent", "")
        told = f"{FAILED}: {reason}" if cell.is_failure else f"{DASH} {reason}"
        reasons.setdefault(told, []).append(f"{row.name}, {column.id}")
    for reason, places in reasons.items():
        yield f"{reason} ({'; '.join(places[:3])}{f' and {len(places) - 3} more' if len(places) > 3 else ''})"


def adjustment_words(adjustment: Adjustment) -> str:
    """The regression on log L0 in one sentence."""
    if adjustment.reason:
        return f"{adjustment.column} is not adjusted: {adjustment.reason}"
    slope = f"{significant(adjustment.slope, 3)} (standard error {significant(adjustment.standard_error, 2)})"
    squares = f"{adjustment.r_squared_without_l0:.2f} without L0, {adjustment.r_squared:.2f} with it"
    return (
        f"{adjustment.column} = {adjustment.form}: slope {slope}, {equals_pvalue(adjustment.pvalue)}; R² {squares}; "
        f"n = {count(adjustment.n)}"
    )
