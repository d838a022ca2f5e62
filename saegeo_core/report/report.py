"""What the host stamps: findings, and everything needed to know where they came from and to get them again.

A report is strict JSON (its schema is published in docs/report.schema.json). The version of the schema goes up whenever a
key changes its meaning; older reports stay readable.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.display import display
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.frozen import Frozen
from saegeo_core.json_text import json_text, parsed
from saegeo_core.report.findings import Figure
from saegeo_core.report.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects
    from numpy.typing import NDArray

    from saegeo_core.report.replicates import Replicates

SCHEMA_VERSION = 2
Preset = Literal["calibrated", "paper"]
Cell = str | bool | int | float | None


class AnalysisStamp(Frozen):
    """Which analysis, from which package, under which preset."""

    name: str
    version: str
    package: str
    preset: Preset
    headline: str = Field(description="Name of the metric to look at first.")
    invariances: tuple[str, ...] | None = Field(
        default=None, description="What leaves its estimates as they are; null in reports that do not say."
    )
    summary: str
    reference: str


class MeasuredSae(SaeDescription):
    """The SAE, and the cloud that was measured."""

    n_features: int = Field(description="Rows measured.")
    n_zero_rows: int = Field(description="Rows of zero length, left out.")
    n_duplicate_rows: int = Field(description="Rows that repeat an earlier one bit for bit.")
    digest: str = Field(description="SHA-256 of the rows measured.")
    norm_variation: float | None = Field(
        default=None,
        ge=0,
        description="Standard deviation of the rows' lengths over their mean; 0 is rows of one length.",
    )


class Environment(Frozen):
    """What computed it."""

    versions: dict[str, str]
    device: str
    dtype: str = Field(description="Number type the vectors were stored in.")


class Table(Frozen):
    """A data frame, column by column. null stands for "no value"."""

    columns: dict[str, list[Cell]]

    @model_validator(mode="after")
    def _rectangular(self) -> "Table":
        lengths = {len(values) for values in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"its columns have different lengths: {sorted(lengths)}")
        return self


class ReportHead(Frozen):
    """A report but for its tables and figures: what is compared of it."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
    analysis: AnalysisStamp
    sae: MeasuredSae
    inputs: dict[str, Any] = Field(description="What the analysis was given besides the vectors.")
    parameters: dict[str, Any]
    seed: int
    environment: Environment
    created: str = Field(description="When, ISO 8601, UTC.")
    duration_seconds: float
    measured: tuple[Metric, ...] = Field(alias="metrics")
    warnings: tuple[str, ...]

    _arrays: "Mapping[str, NDArray[np.generic]]" = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _metrics_differ(self) -> Self:
        _refuse_repeats("metrics", [metric.name for metric in self.measured])
        return self

    def __eq__(self, other: object) -> bool:
        """Two reports are equal when they would be stored alike; their arrays belong to the files beside them."""
        return isinstance(other, type(self)) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]  # it holds dictionaries

    def metric(self, name: str | None = None) -> Metric:
        """The metric of that name; without a name, the headline."""
        wanted = name or self.analysis.headline
        for metric in self.measured:
            if metric.name == wanted:
                return metric
        known = [metric.name for metric in self.measured]
        raise SaegeoError(f"{self.analysis.name} has no metric {wanted!r}", near_matches(wanted, known))

    @property
    def metrics(self) -> "pd.DataFrame":
        """One row a metric: estimate, interval, the judging null's mean, z and p-value, n, unit, better, description."""
        import pandas as pd

        return pd.DataFrame([metric_row(metric) for metric in self.measured]).set_index("name")

    @property
    def arrays(self) -> "Mapping[str, NDArray[np.generic]]":
        """Arrays kept beside the report (replicates of intervals); empty where they were not stored."""
        return self._arrays

    def with_arrays(self, arrays: "Mapping[str, NDArray[np.generic]]") -> Self:
        """The same report with these arrays beside it."""
        report = self.model_copy()
        report._arrays = arrays
        return report

    def replicates(self, name: str | None = None) -> "Replicates | None":
        """The values behind the interval of a metric (the headline's without a name); None where none were kept."""
        from saegeo_core.report.replicates import replicates_of

        return replicates_of(self.arrays, self.metric(name))


class Report(ReportHead):
    """Findings with their provenance. Made by `saegeo_core.running.run.run` only."""

    tables: dict[str, Table]
    figures: tuple[Figure, ...]

    @model_validator(mode="after")
    def _figures_have_their_columns(self) -> Self:
        for figure in self.figures:
            known = self.tables[figure.table].columns if figure.table in self.tables else {}
            missing = [column for column in figure.columns if column not in known]
            if missing:
                raise ValueError(f"figure {figure.name} draws {missing} of table {figure.table}, which are not there")
        _refuse_repeats("figures", [figure.name for figure in self.figures])
        return self

    __hash__ = None

    @property
    def head(self) -> ReportHead:
        """What is compared of it."""
        head = ReportHead(**{name: getattr(self, name) for name in ReportHead.model_fields})
        return head.with_arrays(self.arrays)

    def table(self, name: str) -> "pd.DataFrame":
        """One of the report's tables as a data frame."""
        import pandas as pd

        if name not in self.tables:
            raise SaegeoError(f"{self.analysis.name} has no table {name!r}", near_matches(name, list(self.tables)))
        return pd.DataFrame(self.tables[name].columns)

    def figure(self, name: str | None = None) -> "plotly.graph_objects.Figure":
        """One of the report's figures (the first without a name), for a notebook: zoom it, point at it, change it.

        None of its buttons uploads it, in a notebook or in a file that it is written to.
        """
        return display().report_figure(self, name)

    def __str__(self) -> str:
        """What `saegeo run` prints of it, at 80 columns; `to_json` has all of it."""
        return display().report_text(self)

    def __repr__(self) -> str:
        return display().report_line(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return display().report_html(self)

    def to_json(self) -> str:
        """Strict JSON: no NaN, no infinity. Its keys are in the order in which docs/report-format.md has them."""
        content = self.model_dump(mode="json")
        content["warnings"] = content.pop("warnings")
        return json_text(content)

    @classmethod
    def from_json(cls, text: str, source: str = "the text") -> "Report":
        """Read a report of this schema version or an older one.

        Raises:
            SaegeoError: not JSON, not a report, or written by a newer saegeo; `source` is named.
        """
        try:
            content = parsed(text)
        except ValueError as error:
            raise SaegeoError(f"{source} is not JSON ({error})", "give a report written by saegeo run") from None
        version = content.get("schema_version") if isinstance(content, dict) else None
        if type(version) is not int:  # isinstance would take true for 1
            raise SaegeoError(
                f"{source} is JSON but no saegeo report: it has no whole number as schema_version",
                "give a report written by saegeo run",
            )
        if version > SCHEMA_VERSION:
            raise SaegeoError(
                f"{source} has schema version {version}; this saegeo reads up to {SCHEMA_VERSION}",
                "update saegeo to read it",
            )
        if version == 1:
            from saegeo_core.report.schema_1 import with_standard_errors

            content = with_standard_errors(content)
        try:
            return cls.model_validate_json(
                json.dumps(content), strict=True
            )  # of Python's own values tuples would be asked for
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise SaegeoError(f"{source} is no valid saegeo report: {place}: {first['msg']}") from None


def table_from_frame(frame: "pd.DataFrame") -> Table:
    """Columns as plain lists. Single precision is written with the digits it has, not with the noise of widening it."""
    columns: dict[str, list[Cell]] = {}
    for name in frame.columns:
        column = frame[name]
        values = column.astype(str).astype(float) if column.dtype == "float32" else column
        absent = values.isna()
        columns[str(name)] = [None if gone else value for value, gone in zip(values.tolist(), absent, strict=True)]
    return Table(columns=columns)


def metric_row(metric: Metric) -> dict[str, Any]:
    """A line of `Report.metrics`: the numbers of a metric by their names there; None for what is absent."""
    interval = metric.interval if not hasattr(metric.interval, "absent") else None
    null = metric.nulls[0] if isinstance(metric.nulls, tuple) else None
    return {
        "name": metric.name,
        "estimate": metric.value,
        "low": getattr(interval, "low", None),
        "high": getattr(interval, "high", None),
        "null": getattr(null, "model", None),
        "null_mean": getattr(null, "mean", None),
        "z": getattr(null, "z", None),
        "pvalue": getattr(null, "pvalue", None),
        "n": metric.n,
        "unit": metric.unit,
        "better": metric.better,
        "description": metric.description,
    }


def _refuse_repeats(what: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise ValueError(f"two of its {what} have one name")
