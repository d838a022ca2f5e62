"""The table that a page of several reports opens on: a row for each SAE, a column for each headline, a link in each cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.rendering import metric_words
from saegeo_core.rendering.page.page_report import PageReport
from saegeo_core.report.metric import Metric
from saegeo_core.report.report import MeasuredSae

Headline = tuple[str, str]
"""An analysis and its headline metric."""
Estimates = Mapping[tuple[str, str], str]
"""SAE and `analysis.metric` to the estimate as it is written."""


@dataclass(frozen=True)
class HeadlineCell:
    """A headline, and the report it is the headline of."""

    report_id: str
    metric: Metric
    estimate: str

    @property
    def in_words(self) -> str:
        """The estimate, and what it is beside its null."""
        return ", ".join(filter(None, [self.estimate, metric_words.against_null(self.metric)]))


@dataclass(frozen=True)
class SummaryRow:
    """An SAE, or, where some of its reports differ in their settings, those of one setting.

    Attributes:
        sae_id: what the SAE is called within its release.
        apart: what tells its reports from others of the same SAE, "" where there are none.
        cells: one for each headline; None where there is no such report.
    """

    sae: MeasuredSae
    sae_id: str
    apart: str
    cells: list[HeadlineCell | None]

    @property
    def layer(self) -> int | None:
        """None where it is not known."""
        return layer_of(self.sae)

    @property
    def report_id(self) -> str:
        """Its first report."""
        return next(cell.report_id for cell in self.cells if cell)

    @property
    def words(self) -> str:
        """What a reader may look for."""
        sae = self.sae
        known = [
            sae.spec,
            self.apart,
            sae.model,
            sae.hook_name,
            sae.space,
            sae.architecture,
            sae.neuronpedia_id,
            sae.rows,
        ]
        return " ".join(filter(None, known))


def headlines_of(reports: Sequence[PageReport]) -> list[Headline]:
    """The columns, in the order in which the analyses first come."""
    return list(dict.fromkeys(_headline(one) for one in reports))


def summary_rows(reports: Sequence[PageReport], estimates: Estimates) -> list[SummaryRow]:
    """The rows, in the order in which the reports come. Where `estimates` has none, a metric is written by itself."""
    headlines = headlines_of(reports)
    together: dict[tuple[str, str], dict[Headline, PageReport]] = {}
    for one in reports:
        together.setdefault((one.name.sae, one.name.apart), {})[_headline(one)] = one
    return [
        SummaryRow(
            sae=(sae := next(iter(own.values())).report.sae),
            sae_id=name.removeprefix(f"{sae.release}:"),
            apart=apart,
            cells=[_cell(own[headline], estimates) if headline in own else None for headline in headlines],
        )
        for (name, apart), own in together.items()
    ]


def _cell(one: PageReport, estimates: Estimates) -> HeadlineCell:
    metric = one.report.metric()
    written = estimates.get((one.name.sae, ".".join(_headline(one))))
    return HeadlineCell(one.id, metric, written or metric_words.estimate(metric))


def _headline(one: PageReport) -> Headline:
    return one.report.analysis.name, one.report.analysis.headline
