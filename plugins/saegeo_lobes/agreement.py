"""How far two clusterings of the same features agree, and how far chance would take them.

Everything follows from the contingency table of the two labels. Permuting one of them changes neither its margins nor,
therefore, the entropies or the mutual information expected of random tables with these margins, which are computed once;
each permutation then costs one table and one sum over it.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Floats, Integers

Labels = NDArray[np.integer[Any]]

TABLES_AT_ONCE = 2**22
ROUNDING = 64 * np.finfo(float).eps
"""Of a difference of entropies, which are logarithms of the number of features at most."""


class Agreement:
    """Two clusterings of n features.

    Args:
        functional, geometric: integers (n,), a label >= 0 for each feature.

    Raises:
        ValueError: labels of different numbers of features, or of none.
    """

    def __init__(self, functional: Labels, geometric: Labels) -> None:
        if functional.shape != geometric.shape or functional.ndim != 1 or not len(functional):
            raise ValueError(f"labels of shapes {functional.shape} and {geometric.shape} do not belong together")
        self._functional = np.unique(functional, return_inverse=True)[1]
        self._geometric = np.unique(geometric, return_inverse=True)[1]
        self._shape = self._functional.max() + 1, self._geometric.max() + 1
        self._n = len(functional)

    @cached_property
    def table(self) -> Integers:
        """Features with each pair of labels, (n_functional, n_geometric)."""
        table: Integers = self._tables(self._geometric[None])[0]
        return table

    @cached_property
    def mutual_information(self) -> float:
        """In nats, from 0 to the smaller of the two entropies."""
        return float(self._mutual_information(self.table[None])[0])

    @cached_property
    def adjusted_mutual_information(self) -> float:
        """(MI - E) / (mean entropy - E), with E expected of random tables with these margins (Vinh, Epps and Bailey 2010).

        1 for equal clusterings, 0 expected by chance, below 0 for less than that. Arithmetic mean, as the paper takes.
        """
        return float(self._adjusted(np.array([self.mutual_information]))[0])

    @cached_property
    def g_statistic(self) -> float:
        """2 n MI, the likelihood ratio statistic of independence; chi-squared with `degrees_of_freedom` where it holds."""
        return 2 * self._n * self.mutual_information

    @property
    def degrees_of_freedom(self) -> int:
        """(n_functional - 1) (n_geometric - 1)."""
        return int((self._shape[0] - 1) * (self._shape[1] - 1))

    @cached_property
    def cramers_v(self) -> float:
        """Cramér's V of the table, from 0 for independence to 1 where one label determines the other."""
        return cramers_v(self.table)

    def permuted(self, permutations: Labels) -> Floats:
        """The adjusted mutual information when the geometric labels change places, (n_permutations,).

        Args:
            permutations: integers (n_permutations, n), each row a permutation of the features.
        """
        return self._adjusted(self._of_permuted_tables(self._mutual_information, permutations))

    def permuted_cramers_v(self, permutations: Labels) -> Floats:
        """Cramér's V under the same permutations, (n_permutations,)."""
        return self._of_permuted_tables(self._cramers_v, permutations)

    def _of_permuted_tables(self, statistic: Callable[[Integers], Floats], permutations: Labels) -> Floats:
        """A statistic of stacked tables, a few permutations at a time."""
        height = max(1, TABLES_AT_ONCE // max(self._n, self._shape[0] * self._shape[1]))
        pieces = [
            statistic(self._tables(self._geometric[permutations[start : start + height]]))
            for start in range(0, len(permutations), height)
        ]
        return np.concatenate(pieces) if pieces else np.empty(0)

    def _cramers_v(self, tables: Integers) -> Floats:
        """The sum of n_ij^2 / (n_i n_j), less 1, is chi^2 / n."""
        smaller = min(self._shape) - 1
        if smaller < 1:
            return np.zeros(len(tables))
        expected = np.outer(*self.table_margins)
        cramers_v: Floats = np.sqrt(np.maximum((tables**2 / expected).sum((1, 2)) - 1, 0) / smaller)
        return cramers_v

    def _tables(self, geometric: Labels) -> Integers:
        """One table for each row of labels."""
        height, width = self._shape
        first = np.arange(len(geometric))[:, None] * (height * width)
        cells = first + self._functional * width + geometric
        return np.bincount(cells.ravel(), minlength=len(geometric) * height * width).reshape(-1, height, width)

    def _mutual_information(self, tables: Integers) -> Floats:
        """(sum of n_ij ln n_ij, less the same of both margins) / n + ln n; one look-up for each cell."""
        n_log_n = self._n_log_n
        margins = n_log_n[self.table_margins[0]].sum() + n_log_n[self.table_margins[1]].sum()
        information: Floats = (n_log_n[tables].sum((1, 2)) - margins) / self._n + np.log(self._n)
        return np.maximum(information, 0.0)

    def _adjusted(self, information: Floats) -> Floats:
        """Where both clusterings are trivial nothing can be adjusted and they agree: 1, as scikit-learn has it."""
        room = self._mean_entropy - self._expected_information
        if abs(room) < ROUNDING * max(1.0, np.log(self._n)):
            return np.ones_like(information)
        return (information - self._expected_information) / room

    @cached_property
    def table_margins(self) -> tuple[Integers, Integers]:
        """Features with each functional and with each geometric label."""
        return np.bincount(self._functional), np.bincount(self._geometric)

    @cached_property
    def _n_log_n(self) -> Floats:
        numbers = np.arange(self._n + 1, dtype=np.float64)
        return numbers * np.log(np.maximum(numbers, 1))

    @cached_property
    def _mean_entropy(self) -> float:
        sums = [self._n_log_n[margin].sum() for margin in self.table_margins]
        return float(np.log(self._n) - np.mean(sums) / self._n)

    @cached_property
    def _expected_information(self) -> float:
        from sklearn.metrics.cluster import expected_mutual_information

        return float(expected_mutual_information(self.table, self._n))


def cramers_v(table: Labels) -> float:
    """sqrt(chi^2 / (n min(r - 1, c - 1))) of an r x c table of counts, empty rows and columns left out; 0 if r or c is 1."""
    table = table[table.sum(1) > 0][:, table.sum(0) > 0].astype(np.float64)
    smaller = min(table.shape) - 1
    if smaller < 1:
        return 0.0
    n = table.sum()
    expected = np.outer(table.sum(1), table.sum(0)) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / (n * smaller)))
