"""Inner products of all words with each other: all that the analysis knows of the vectors, whatever their width.

Offsets, distances, cosines and discriminants of differences are sums of such products. So shuffled partners cost no
product of long vectors, and 2,304 dimensions no more than 64.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.pairs import Pairs


@dataclass(frozen=True, eq=False)
class WordSpace:
    """The words, moved so that their mean is zero.

    Attributes:
        products: float64 (n_words, n_words), their inner products.
        dimension: width of the vectors, d.
    """

    products: Floats
    dimension: int

    @classmethod
    def of(cls, vectors: NDArray[np.floating]) -> "WordSpace":
        """The space of the rows of `vectors`. Only their mean is taken away."""
        exact = np.asarray(vectors, np.float64)
        exact = exact - exact.mean(0)
        return cls(exact @ exact.T, exact.shape[1])

    @cached_property
    def cosines(self) -> Floats:
        """Cosines (n_words, n_words)."""
        return as_cosines(self.products)

    def with_differences(self, pairs: Pairs) -> Floats:
        """Inner products of the difference output - input of every pair with every word, (n_pairs, n_words)."""
        return self.products[pairs.outputs] - self.products[pairs.inputs]


def as_cosines(products: Floats) -> Floats:
    """Products (n, n) over the lengths on their diagonal; 0 where a length is 0."""
    lengths = np.sqrt(products.diagonal().clip(0))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    cosines: Floats = products * inverse[:, None] * inverse
    return cosines


@dataclass(frozen=True, eq=False)
class PairProducts:
    """Inner products among the words of some pairs, pair by pair, float64 (n_pairs, n_pairs) each.

    `inputs` of inputs with inputs, `outputs` of outputs with outputs, `across` of inputs (rows) with outputs (columns).
    """

    inputs: Floats
    outputs: Floats
    across: Floats

    @classmethod
    def of_words(cls, products: Floats, inputs: Integers, outputs: Integers) -> "PairProducts":
        """From the products of all words and the numbers of each pair's words."""
        return cls(
            products[np.ix_(inputs, inputs)], products[np.ix_(outputs, outputs)], products[np.ix_(inputs, outputs)]
        )

    def of_offsets(self) -> Floats:
        """Inner products of the offsets output - input, (n_pairs, n_pairs)."""
        return self.outputs + self.inputs - self.across - self.across.T
