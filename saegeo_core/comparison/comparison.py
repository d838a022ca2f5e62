"""A comparison as values. Whatever prints, draws or stores it reads these classes and those of its table only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from saegeo_core.comparison.comparability import Incompatibility
from saegeo_core.comparison.confounding import Confound, LayerRun
from saegeo_core.comparison.table import Column, Row
from saegeo_core.display import display
from saegeo_core.errors import SaegeoError, near_matches

if TYPE_CHECKING:
    import pandas as pd

    from saegeo_core.comparison.adjustment import Adjustment
    from saegeo_core.comparison.profile import LayerProfile
    from saegeo_core.comparison.ranking import Ranking


@dataclass(frozen=True, repr=False)
class Comparison:
    """Reports side by side.

    Attributes:
        columns, rows: the table.
        reference: name of the row that differences are taken to.
        confounds: what else differs between rows, and may be what a difference shows.
        runs: layers that L0 sets apart from those on both sides.
        overridden: what makes numbers incomparable, where the user insisted.
        notes: sentences about the table: what is unknown, what intervals cover.
        adjustments: for each column its regression on log L0, where asked for.
        rankings: for each column who cannot be told apart and between which ranks each lies, where asked for.
        profile: metrics over layers, where asked for.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    reference: str | None = None
    confounds: tuple[Confound, ...] = ()
    runs: tuple[LayerRun, ...] = ()
    overridden: tuple[Incompatibility, ...] = ()
    notes: tuple[str, ...] = ()
    adjustments: "tuple[Adjustment, ...]" = ()
    rankings: "tuple[Ranking, ...]" = ()
    profile: "LayerProfile | None" = None

    def row(self, name: str) -> Row:
        """The row of that name.

        Raises:
            SaegeoError: there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise SaegeoError(f"the comparison has no row {name!r}", near_matches(name, [row.name for row in self.rows]))

    def numbers(self, row: Row) -> list[dict[str, float | None]]:
        """For each column every number of that row by name; None where there is none."""
        found = [cell.numbers() for cell in row.cells]
        return (
            [{**numbers, **ranking.numbers(row.name)} for numbers, ranking in zip(found, self.rankings, strict=True)]
            if self.rankings
            else found
        )

    @property
    def frame(self) -> "pd.DataFrame":
        """One line for each row and column: estimate, interval, null, p-values, difference to the reference, ranks if asked for."""
        import pandas as pd

        lines = [
            {"sae": row.name, "metric": column.id, **numbers}
            for row in self.rows
            for column, numbers in zip(self.columns, self.numbers(row), strict=True)
        ]
        return pd.DataFrame(lines)

    def __str__(self) -> str:
        """What `saegeo compare` prints of it, at 80 columns; `frame` has all of it."""
        return display().comparison_text(self)

    def __repr__(self) -> str:
        return display().comparison_line(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return display().comparison_html(self)
