"""What an analysis returns: values, and how to draw them. Nothing here knows who computed them, when, or with what.

Figures are small declarative specifications over the tables, so that one finding can be drawn in a terminal, on a page
or in a paper without the analysis knowing any of the three.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from saegeo_core.frozen import Frozen
from saegeo_core.report.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from saegeo_core.report.replicates import Replicates

MOST_CELLS = 50_000_000
"""Of all tables of a report: as JSON about the gigabyte that is read at once."""

FigureKind = Literal["line", "step", "bar", "scatter", "scatter3d", "heatmap", "alluvial", "arrows"]


class Figure(Frozen):
    """One drawing of one table.

    `line`, `step`, `bar` and `scatter` draw each column of `y` against `x`; the first of `y` is what the figure is about, and what
    is drawn of it where several SAEs share a figure. `scatter3d` needs `z`; `heatmap` draws `z` over the grid of `x` and the first
    `y`. `alluvial` stacks `z` of the groups that the first `y` names at each `x`, and joins each group to itself at the next `x`
    by a ribbon as wide as the smaller of both. `arrows` draws one from `x`, the first `y` to `to_x`, `to_y`, and writes `label`
    and `to_label` beside its ends where there is room. Rows without a value of `color` belong to all groups.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kind: FigureKind
    table: str
    x: str
    y: tuple[str, ...] = Field(min_length=1, description="What the figure is about first.")
    y_names: tuple[str, ...] = Field(
        default=(), description="What the legend calls each y; the names of the columns where empty."
    )
    nulls: tuple[str, ...] = Field(
        default=(), description="Of y, those that tell what chance gives, the judging first."
    )
    marked: tuple[str, ...] = Field(
        default=(), description="Of y, those that mark places of x: a line across stands wherever one is above zero."
    )
    z: str | None = None
    color: str | None = Field(default=None, description="Column that colors the points.")
    hover: str | None = Field(default=None, description="Column shown when a point is pointed at.")
    low: str | tuple[str | None, ...] | None = Field(
        default=None, description="Column of the lower ends of the first y's intervals, or one for each y."
    )
    high: str | tuple[str | None, ...] | None = Field(default=None, description="Of the upper ends.")
    to_x: str | None = Field(default=None, description="Column of the abscissa an arrow points to.")
    to_y: str | None = Field(default=None, description="Column of the ordinate an arrow points to.")
    label: str | None = Field(default=None, description="Column of the text beside the start of an arrow.")
    to_label: str | None = Field(default=None, description="Column of the text beside the end of an arrow.")
    log_x: bool = False
    log_y: bool = False
    x_title: str = ""
    y_title: str = ""
    z_title: str = ""
    color_title: str = ""
    caption: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "Figure":
        if self.kind in ("scatter3d", "heatmap", "alluvial") and self.z is None:
            raise ValueError(f"figure {self.name} is a {self.kind} and needs z")
        if (self.kind == "arrows") != (self.to_x is not None and self.to_y is not None):
            raise ValueError(f"figure {self.name} is of kind {self.kind}: arrows, and nothing else, need to_x and to_y")
        if self.kind != "arrows" and self.has_labels:
            raise ValueError(f"figure {self.name} is of kind {self.kind}: only arrows have label and to_label")
        if [low is None for low in _each(self.low)] != [high is None for high in _each(self.high)]:
            raise ValueError(f"figure {self.name} has one end of its error bars; give low and high, or neither")
        if len(_each(self.low)) > len(self.y) or len(self.y_names) not in (0, len(self.y)):
            raise ValueError(
                f"figure {self.name} draws {len(self.y)} columns: it has other numbers of names or intervals"
            )
        strangers = [name for name in (*self.nulls, *self.marked) if name not in self.y]
        if strangers:
            raise ValueError(f"figure {self.name} does not draw {strangers}: nulls and marked name columns of y")
        return self

    @property
    def has_labels(self) -> bool:
        """Whether texts stand beside its arrows."""
        return self.label is not None or self.to_label is not None

    @property
    def ends(self) -> dict[str, tuple[str, str]]:
        """The columns of the lower and the upper ends of intervals, by the column of y that they belong to."""
        of_y = zip(self.y, _each(self.low), _each(self.high), strict=False)
        return {name: (low, high) for name, low, high in of_y if low is not None and high is not None}

    @property
    def columns(self) -> list[str]:
        """Every column of the table that the figure draws."""
        ends = [column for pair in self.ends.values() for column in pair]
        further = (self.z, self.color, self.hover, *ends, self.to_x, self.to_y, self.label, self.to_label)
        return [self.x, *self.y, *(column for column in further if column is not None)]


@dataclass(frozen=True)
class Findings:
    """What one analysis found in one cloud.

    Attributes:
        metrics: numbers at stated settings; the analysis's headline among them.
        tables: name to data frame. Plain columns only: numbers, booleans, texts; NaN and None both read "no value".
        figures: drawings of those tables.
        arrays: name to array, kept in a file beside the report.
        warnings: sentences the reader must see.
        replicates: the values behind intervals, kept beside the arrays, so that two reports can be compared value by value.
    """

    metrics: Sequence[Metric]
    tables: "Mapping[str, pd.DataFrame]" = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    arrays: "Mapping[str, NDArray[np.generic]]" = field(default_factory=dict)
    warnings: Sequence[str] = ()
    replicates: "Sequence[Replicates]" = ()

    @classmethod
    def joined(cls, *parts: "Findings") -> "Findings":
        """What the parts of an analysis found, one after another.

        Raises:
            ValueError: two parts give different things the same name.
        """
        for what in ("tables", "arrays"):
            _refuse_repeats(what.removesuffix("s"), [name for part in parts for name in getattr(part, what)])
        return cls(
            metrics=[metric for part in parts for metric in part.metrics],
            tables={name: table for part in parts for name, table in part.tables.items()},
            figures=[figure for part in parts for figure in part.figures],
            arrays={name: array for part in parts for name, array in part.arrays.items()},
            warnings=[warning for part in parts for warning in part.warnings],
            replicates=[replicates for part in parts for replicates in part.replicates],
        )

    def __post_init__(self) -> None:
        """Refuse what could not be stored or drawn: the author of the analysis should hear it here, not a reader later."""
        n_cells = sum(table.size for table in self.tables.values())
        if n_cells > MOST_CELLS:
            raise ValueError(
                f"the tables have {n_cells:,} cells, and a report holds {MOST_CELLS:,}: keep what is longer among the arrays"
            )
        _refuse_strangers("metrics", self.metrics, Metric)
        _refuse_strangers("figures", self.figures, Figure)
        _refuse_repeats("metric", [metric.name for metric in self.metrics])
        _refuse_repeats("figure", [figure.name for figure in self.figures])
        _refuse_repeats("replicates", [one.metric for one in self.replicates])
        for figure in self.figures:
            if figure.table not in self.tables:
                raise ValueError(
                    f"figure {figure.name} draws table {figure.table!r}; the tables are {sorted(self.tables)}"
                )
            missing = [column for column in figure.columns if column not in self.tables[figure.table].columns]
            if missing:
                raise ValueError(
                    f"figure {figure.name} draws columns {missing}, which table {figure.table} does not have"
                )


def _each(columns: str | tuple[str | None, ...] | None) -> tuple[str | None, ...]:
    return columns if isinstance(columns, tuple) else () if columns is None else (columns,)


def _refuse_strangers(what: str, items: Sequence[Any], kind: type) -> None:
    for item in items:
        if not isinstance(item, kind):
            raise TypeError(f"{what} holds a {type(item).__name__}: every one must be a {kind.__name__}")


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what} names must differ; repeated: {', '.join(repeated)}")
