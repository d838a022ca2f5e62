"""The rows of a matrix as directions, a few rows at a time.

A cloud is never silently normalized: the vectors stay as they are stored (half precision, memory-mapped, of any
length) and only the norms, one float64 number a row, are kept beside them. Unit rows and exact cosines are made from the
two when they are asked for, so that a large dictionary needs no second copy of itself.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.leading_eigenvectors import leading_eigenvectors
from saegeo_core.numerics.side_by_side import side_by_side

ROWS_AT_ONCE = 128
"""Rows handled together: so few stay in a core's cache through the passes made over them."""

SOLVED_WHOLE = 512
"""Dimensions up to which all axes are had as soon as one."""

ANGLE = 1e-9
"""Between the first axis found in more dimensions and the true one, in radians."""

DECIMALS = 12
"""Exact cosines are rounded to so many decimals, so that equal rows tie whatever the order of summation."""


def row_slices(n_rows: int, height: int, first: int = 0) -> Iterator[slice]:
    """Cut ``range(first, n_rows)`` into consecutive slices of ``height`` rows, the last one shorter."""
    for start in range(first, n_rows, height):
        yield slice(start, min(start + height, n_rows))


class Directions:
    """The directions of the rows of ``vectors``.

    Args:
        vectors: shape (n_features, d_in), any floating dtype, any strides, rows of any length but zero.
        device: where the arithmetic is done. Vectors that live elsewhere are moved there whole; vectors that do not lie
            row by row in memory are copied once, in their own dtype, because single rows are read all the time.

    Attributes:
        vectors: the vectors on ``device``, as stored.
        norms: shape (n_features,), float64 Euclidean lengths.

    Raises:
        ValueError: ``vectors`` is not a floating matrix, or a row is zero or not finite (leave such rows out before).
    """

    def __init__(self, vectors: Tensor, device: str | torch.device = "cpu") -> None:
        if vectors.ndim != 2 or not vectors.is_floating_point():
            raise ValueError(f"expected a floating matrix (n_features, d_in), got {vectors.dtype} {(*vectors.shape,)}")
        self.vectors = vectors.detach().to(device).contiguous()
        self.norms = torch.empty(len(vectors), dtype=torch.float64, device=device)

        def measure(rows: slice) -> None:
            self.norms[rows] = torch.linalg.vector_norm(self.vectors[rows].double(), dim=1)

        side_by_side(measure, row_slices(len(vectors), ROWS_AT_ONCE), device)
        if not bool(((self.norms > 0) & self.norms.isfinite()).all()):
            raise ValueError("rows of length zero and rows that are not finite have no direction")

    def __len__(self) -> int:
        return len(self.vectors)

    def unit(self, rows: slice) -> Tensor:
        """Unit vectors of ``rows``, shape (n_rows, d_in), float64."""
        return self.vectors[rows].to(torch.float64, copy=True).div_(self.norms[rows, None])

    def pair_cosines(self, first: Tensor, second: Tensor) -> Tensor:
        """Cosines of the pairs of rows ``first[k], second[k]``, shape (n_pairs,), float64, to 12 decimals."""
        cosines = torch.empty(len(first), dtype=torch.float64, device=self.norms.device)

        def multiply(pairs: slice) -> None:
            i, j = first[pairs], second[pairs]
            dots = self.vectors.index_select(0, i).double().mul_(self.vectors.index_select(0, j)).sum(1)
            cosines[pairs] = dots / (self.norms[i] * self.norms[j])

        side_by_side(multiply, row_slices(len(first), ROWS_AT_ONCE), cosines.device)
        return _settled(cosines)

    def cosine_block(self, rows: slice, columns: slice) -> Tensor:
        """All cosines between two ranges of rows, shape (n_rows, n_columns), float64, to 12 decimals."""
        return _settled(self.unit(rows) @ self.unit(columns).T)

    def cosine_sums(self) -> Tensor:
        """Sum of the cosines of each row with all other rows, shape (n_features,), float64.

        The cosines themselves are not needed: the sum over j is u_i . (sum of all u_j), less 1 for j = i.
        """
        slices = list(row_slices(len(self), ROWS_AT_ONCE))
        parts = torch.empty(len(slices), self.vectors.shape[1], dtype=torch.float64, device=self.norms.device)
        sums = torch.empty_like(self.norms)

        def add_up(k: int) -> None:
            parts[k] = (1 / self.norms[slices[k]]) @ self.vectors[slices[k]].double()

        def multiply(rows: slice) -> None:
            sums[rows] = self.vectors[rows].double() @ total / self.norms[rows] - 1

        side_by_side(add_up, range(len(slices)), parts.device)
        total = parts.sum(0)
        side_by_side(multiply, slices, parts.device)
        return sums


def _settled(cosines: Tensor) -> Tensor:
    return cosines.clamp_(-1, 1).round_(decimals=DECIMALS)


def second_moment(vectors: Tensor, *, device: str | torch.device = "cpu", watch: Watch = iter) -> Tensor:
    """Second moment of the directions of the rows about the origin, S = U'U / N with unit rows U.

    Its trace is 1. Products are float32, sums over tiles float64.

    Args:
        vectors: shape (n_features, d_in), rows of any length but zero.
        device: where the arithmetic is done.
        watch: wraps the loop over rows (`saegeo_core.numerics`).

    Returns:
        S, shape (d_in, d_in), float64, on ``device``.

    Raises:
        ValueError: as for ``Directions``.
    """
    directions = Directions(vectors, device)
    width = vectors.shape[1]
    moment = torch.zeros(width, width, dtype=torch.float64, device=device)
    for rows in watch(list(row_slices(len(directions), 8 * ROWS_AT_ONCE))):
        add_column_products(moment, directions.unit(rows).float())
    return mirrored(moment) / len(directions)


def mean_direction(vectors: Tensor, *, device: str | torch.device = "cpu") -> Tensor:
    """Mean of the unit rows, shape (d_in,), float64, on ``device``."""
    directions = Directions(vectors, device)
    slices = list(row_slices(len(directions), ROWS_AT_ONCE))
    parts = torch.empty(len(slices), vectors.shape[1], dtype=torch.float64, device=device)

    def add_up(k: int) -> None:
        parts[k] = directions.unit(slices[k]).sum(0)

    side_by_side(add_up, range(len(slices)), device)
    total = torch.zeros_like(parts[0])
    for part in parts:  # one after the other, so that threads change no bit
        total += part
    return total / len(directions)


def first_principal_scores(vectors: Tensor, *, device: str | torch.device = "cpu") -> Tensor:
    """Score of each unit row, less the mean one, on the axis of largest variance: (n_features,), float64, on the CPU.

    The sign of an axis is arbitrary.
    """
    directions, mean = Directions(vectors, device), mean_direction(vectors, device=device)
    axis = _leading_axis(second_moment(vectors, device=device) - torch.outer(mean, mean))
    scores = torch.empty(len(directions), dtype=torch.float64, device=device)

    def project(rows: slice) -> None:
        scores[rows] = (directions.unit(rows) - mean) @ axis

    side_by_side(project, row_slices(len(directions), ROWS_AT_ONCE), device)
    return scores.cpu()


def _leading_axis(covariance: Tensor) -> Tensor:
    """The axis of largest variance, (d_in,). In many dimensions one axis is sought, at a tenth of the cost of all."""
    if len(covariance) <= SOLVED_WHOLE:
        axes: Tensor = torch.linalg.eigh(covariance).eigenvectors
        return axes[:, -1]
    found = leading_eigenvectors(
        lambda block: covariance @ block,
        len(covariance),
        [1],
        np.random.default_rng(0),  # where the search starts, which does not move what it finds
        accuracy=ANGLE,
        device=covariance.device,
    )
    return found.vectors[:, 0]


def mean_squared_cosine(moment: Tensor | Floats, n_features: int) -> float:
    """Mean squared cosine over the pairs of different rows, from their second moment S: (N tr S^2 - 1) / (N - 1).

    tr S^2 is the mean over all ordered pairs, in which each row also meets itself. Range [0, 1]; the least possible
    value for N >= d is the Welch bound (N - d) / (d (N - 1)).
    """
    return (n_features * float((moment * moment).sum()) - 1) / (n_features - 1)
