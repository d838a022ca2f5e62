"""Links of random dictionaries, drawn along the leading axes of their covariance; along the others each pair's share of its cosine.

Of a row z = (y, e), y along the leading axes, e along many others of which none stands out, e counts by its length alone and by its
products with those of other rows. Given the lengths, these products are those of independent uniform directions in
(sum v)^2 / sum v^2 dimensions, v the variances along e: one independent number C for each pair. So

    cosine(i, j) = l_i . l_j + r_i r_j C_ij,   l = y / |z|,   r = |e| / |z|.

C is not drawn for every pair. Pairs at a large l_i . l_j are found by a pass over all of them, of short rows now, and have C drawn.
Of the rest only those at a large C can be linked: how many these are is binomial, which they are is even, and C is drawn from its
tail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtr, ndtri

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.bounded_products import cpu_multiplies_bfloat16
from saegeo_core.numerics.close_features import CloseFeatures, Links, close_features, linked_by
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.pairs_beyond import blocks_of, pairs_beyond
from saegeo_core.statistics.null_directions import ProjectedGaussian

LEADING_AXES = 256
LONG_ROWS = 1024
"""Dimensions from which rows are cut; of shorter ones a whole pass takes a fraction of a second."""

TAIL = 4.25
"""Standard deviations beyond which C is in its tail."""

MAX_IN_QUESTION = 0.02
"""Share of pairs up to which C is drawn one by one; where more are in question rows are not cut."""

SAMPLED_ROWS = 512
PAIRS_AT_ONCE = 2**14


def random_links(
    matched: ProjectedGaussian, n: int, threshold: float, rng: np.random.Generator, *, device: str = "cpu"
) -> CloseFeatures:
    """The links of `n` directions drawn from a null model, at |cosine| above `threshold`."""
    if len(matched.mean) >= LONG_ROWS:
        rows = CutRows.of(matched, n, rng)
        if rows.share_in_question(threshold) <= MAX_IN_QUESTION:
            return linked_by(n, rows.links(threshold, rng, device))
    return close_features(matched.sample_along_axes(n, rng), threshold, device=device)


@dataclass(frozen=True, eq=False)
class CutRows:
    """Directions along their leading axes, and what of them lies beyond.

    Attributes:
        leading: l, float32 (n, m).
        beyond: r, (n,).
        dimensions: of the uniform directions that what lies beyond is like.
    """

    leading: torch.Tensor
    beyond: Floats
    dimensions: float

    @classmethod
    def of(cls, matched: ProjectedGaussian, n: int, rng: np.random.Generator) -> "CutRows":
        """That many rows of a null model in more than `LEADING_AXES` dimensions."""
        order = np.argsort(-(matched.variances + matched.mean**2), kind="stable")
        first, others = order[:LEADING_AXES], order[LEADING_AXES:]
        # The mean along the other axes is an axis of its own, the last leading one.
        mean_aside, rest = float(np.linalg.norm(matched.mean[others])), matched.variances[others]
        aside = matched.mean[others] / mean_aside if mean_aside else np.zeros(len(others))
        mean = np.append(matched.mean[first], mean_aside)
        variances = np.append(matched.variances[first], aside**2 @ rest)
        total, squares = float(rest.sum() - variances[-1]), float(rest @ rest)
        dimensions = total**2 / squares

        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        leading = torch.randn(n, len(mean), generator=generator)
        leading *= torch.from_numpy(np.sqrt(variances).astype(np.float32))
        leading += torch.from_numpy(mean.astype(np.float32))
        beyond = total / dimensions * rng.chisquare(dimensions, n)
        lengths = np.sqrt(leading.square().sum(1, dtype=torch.float64).numpy() + beyond)
        leading /= torch.from_numpy(lengths.astype(np.float32))[:, None]
        return cls(leading, np.sqrt(beyond) / lengths, dimensions)

    def products(self, first: Integers, second: Integers) -> Floats:
        """l_i . l_j of pairs, (n_pairs,)."""
        products = np.empty(len(first))
        for some in row_slices(len(first), PAIRS_AT_ONCE):
            i, j = torch.from_numpy(first[some]), torch.from_numpy(second[some])
            products[some] = (self.leading[i].double() * self.leading[j]).sum(1).numpy()
        return products

    def share(self, normals: Floats) -> Floats:
        """C, from standard normal numbers: of a cosine in 200 dimensions or more the tail is right within a thousandth."""
        return np.copysign(np.sqrt(-np.expm1(-(normals**2) / (self.dimensions - 1.5))), normals)

    def bound(self, threshold: float) -> float:
        """|l_i . l_j| up to which a pair is linked by a C in its tail alone."""
        return threshold - float(self.share(np.array(TAIL))) * float(self.beyond.max()) ** 2

    def share_in_question(self, threshold: float) -> float:
        """Share of pairs that another C may link: of the first rows."""
        some = self.leading[:SAMPLED_ROWS]
        products = (some @ some.T).abs().numpy()[np.triu_indices(len(some), 1)]
        return float(np.mean(products > self.bound(threshold)))

    def links(self, threshold: float, rng: np.random.Generator, device: str) -> Iterator[Links]:
        """Pairs at |cosine| > threshold and their cosines: block by block those in question, then those by the tail of C."""
        n, bound, tiles = len(self.beyond), self.bound(threshold), RoundedTiles(self.leading, device)
        seed = int(rng.integers(2**63))
        for rows, columns in blocks_of(n):
            likely = pairs_beyond(tiles, rows, columns, bound - tiles.error, device=device)
            first, second, rounded = (one.numpy(force=True) for one in likely)
            aside = self._aside(first, second, normal_of_pair(first * n + second, seed))
            near = np.abs(rounded + aside) > threshold - tiles.error
            first, second, aside = first[near], second[near], aside[near]
            # Whether a pair was in question, and whether it is linked, is what float64 says on every processor.
            products = self.products(first, second)
            linked = (np.abs(products) > bound) & (np.abs(products + aside) > threshold)
            yield first[linked], second[linked], (products + aside)[linked]

        chance = float(ndtr(-TAIL))
        n_pairs = rng.binomial(n * (n - 1) // 2, 2 * chance)
        one = rng.integers(0, n, n_pairs)
        other = (one + rng.integers(1, n, n_pairs)) % n
        first, second = np.unique(np.sort([one, other], axis=0), axis=1)
        normals = ndtri(chance * (1.0 - rng.random(len(first)))) * rng.choice([-1.0, 1.0], len(first))
        products, aside = self.products(first, second), self._aside(first, second, normals)
        linked = (np.abs(products) <= bound) & (np.abs(products + aside) > threshold)
        yield first[linked], second[linked], (products + aside)[linked]

    def _aside(self, first: Integers, second: Integers, normals: Floats) -> Floats:
        """What the other axes add to the cosines of pairs, (n_pairs,), from a standard normal number for each."""
        aside: Floats = self.beyond[first] * self.beyond[second] * self.share(normals)
        return aside


def normal_of_pair(pairs: Integers, seed: int) -> Floats:
    """A standard normal number that follows from the number of a pair and a seed, whichever pairs are asked for: shape of `pairs`.

    The bits are those of SplitMix64 (Steele, Lea and Flood 2014).
    """
    bits = pairs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    normals: Floats = ndtri(((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53)
    return normals


class RoundedTiles:
    """Products of rows of length below 1, tile by tile, in the format that is multiplied fastest.

    Attributes:
        error: how far a product may lie from the true one.
    """

    def __init__(self, rows: torch.Tensor, device: str) -> None:
        is_coarse = torch.device(device).type == "cpu" and cpu_multiplies_bfloat16()
        self._rounded = rows.to(device, torch.bfloat16 if is_coarse else torch.float32)
        most = float(torch.linalg.vector_norm(rows, dim=1).max())
        rounding = float(torch.linalg.vector_norm(rows - self._rounded.to(rows.device).float(), dim=1).max())
        # Of both factors, of their sum in float32, and of the product as it is stored.
        self.error = (2.0 + 2.0**-7) * most * rounding + most**2 * (
            rows.shape[1] * 2.0**-23 + (2.0**-8 if is_coarse else 0.0)
        )

    def rows_beyond(self, rows: slice, columns: slice, bound: float) -> tuple[torch.Tensor, torch.Tensor]:
        """As `Tiles` has it: of two ranges of rows the first with some |product| above `bound`, and their products."""
        products = self._rounded[rows] @ self._rounded[columns].T
        (beyond,) = (torch.maximum(products.amax(1), -products.amin(1)) > bound).nonzero(as_tuple=True)
        return beyond, products[beyond].float()
