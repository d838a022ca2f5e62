"""The largest eigenvalues of a symmetric operator that is known only by what it does to a block of vectors.

Block Krylov spaces with Rayleigh-Ritz and thick restarts (Stewart 2002, Zhou and Saad 2008). Every product takes a block
wider than the number of eigenvectors wanted, so a dense matrix is read once for all of them and multiplied at the full speed
of the processor; and an eigenvalue repeated that often (a graph in many pieces) is found as often, which the Krylov space of
a single vector cannot do.

What is wanted of the first k eigenvectors is the space they span, and how well that is known is not told by a residual alone
but by the residual beside the gap after the k-th eigenvalue: the sine of the largest angle between the span found and the
true one is at most their ratio (Davis and Kahan 1970). Far down a spectrum gaps are of the size of float32 rounding. So
all is float64, one eigenpair more than wanted is found, and the solver stops by the ratio.

Not every product has to be exact. What a Krylov vector adds to an eigenvector is the less the later it comes, and an error in its
product weighs no more than it does (Simoncini and Szyld 2003, van den Eshof and Sleijpen 2004). Where a coarse product is given, as
many are taken as it is good for, and then one exact product of the best vectors says how far these are and begins a new space.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray
from torch import Tensor

Operator = Callable[[Tensor], Tensor]


class CoarseOperator(NamedTuple):
    """A product with A that costs less, and is off.

    Attributes:
        product: maps a float64 tensor (n, n_columns) to A times it, nearly.
        error: the relative error of that, roughly.
    """

    product: Operator
    error: float


LEAST_WIDTH = 16
COARSE_WIDTH = 32
"""Coarse products cost hardly more for so many vectors than for half of them, and half as many are taken."""
LEAST_RESIDUAL = 1e-14
"""What rounding leaves of residuals at norm 1, a few units of float64."""
WIDTHS_SOLVED_DIRECTLY, MOST_SOLVED_DIRECTLY = 32, 4096
"""Up to so many blocks' widths, and so many dimensions, a factorization costs less than a Krylov basis: 0.2 s and 0.9 s for 65
vectors in 1,495 dimensions."""
LEAST_RESIDUAL_OF_SINGLE = 1e-5
"""Residuals down to which columns of a space may be kept apart in float32, whose rounding is a hundredth of that."""
SOLVED_BY_ONE = 1024
"""Dimensions up to which torch's threads wait for each other longer than one takes. While an analysis runs scipy has one."""
BLOCKS_IN_BASIS = 6
BLOCKS_BETWEEN_LOOKS = 4
"""Looking costs an eigendecomposition of the small matrix, as much as a few products with a small operator."""


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues and eigenvectors, the largest first.

    Attributes:
        values: float64 (n_vectors,).
        vectors: float64 Tensor (n, n_vectors), orthonormal columns.
        residuals: float64 (n_vectors,), the lengths |A x - value x|, measured at the end. An eigenvalue of the operator lies
            within its residual of each value.
        n_products: how often a block of vectors was multiplied.
    """

    values: NDArray[np.float64]
    vectors: Tensor
    residuals: NDArray[np.float64]
    n_products: int


def leading_eigenvectors(
    operator: Operator,
    n: int,
    spans: Sequence[int],
    rng: np.random.Generator,
    *,
    accuracy: float = 1e-6,
    most_products: int = 400,
    device: str | torch.device = "cpu",
    near: Tensor | None = None,
    coarse: CoarseOperator | None = None,
    least_residual: float = LEAST_RESIDUAL,
) -> Eigenpairs:
    """The eigenvectors of the algebraically largest eigenvalues: one more than the largest of `spans`, or all n there are.

    A space of few dimensions beside so many vectors is factorized. Memory: some ten blocks of as many vectors, of a space
    that is factorized three matrices.

    Args:
        operator: maps a float64 tensor (n, n_columns) to the symmetric A times it, of norm about 1.
        n: size of the space.
        spans: numbers k, 1 to n, for each of which the span of the first k eigenvectors is wanted.
        rng: draws the vectors to start from.
        accuracy: the largest angle wanted between each span and the true one, in radians: residuals are at most this share
            of the gap after the k-th eigenvalue. Where the gap is too small for that, residuals of 1e-14 do.
        most_products: when to stop whatever the residuals, so look at them; two at least are taken.
        device: of the vectors.
        near: float64 (n, n_near), vectors that span nearly what is wanted: they are started from, not random ones. The more there
            are beyond those wanted, the fewer products it takes.
        coarse: multiplies by A at less cost. The result is as accurate as without it.
        least_residual: what rounding in `operator` leaves of residuals, with which the solver is content.

    Raises:
        ValueError: no eigenvectors wanted, or more than there are.
    """
    if is_solved_directly(n, spans):
        return solved_directly(operator, n, spans, device)
    n_vectors = max(spans) + 1
    along = COARSE_WIDTH if coarse is not None else LEAST_WIDTH if near is None else near.shape[1]
    width = max(n_vectors, LEAST_WIDTH, along)
    capacity = min(BLOCKS_IN_BASIS * width, n // width * width)

    start = torch.from_numpy(rng.standard_normal((n, width))).to(device)
    if near is not None:
        start[:, : near.shape[1]] = near[:, :width]
    between_looks = BLOCKS_BETWEEN_LOOKS if near is None else 1
    if coarse is not None:
        return _found_coarsely(
            operator,
            coarse,
            spans,
            start,
            is_near=near is not None,
            accuracy=accuracy,
            most_products=most_products,
            least_residual=least_residual,
        )
    basis = _KrylovBasis(start, capacity)
    for n_products in range(1, max(most_products, 2)):
        basis.extend(operator)
        full = basis.is_full()
        if full or n_products % between_looks == 0:
            values, mixture, residuals = basis.ritz_pairs()
            wanted = span_errors(values.numpy(force=True), residuals.numpy(force=True), spans)
            if max(wanted.values()) <= accuracy or residuals[:n_vectors].max() <= least_residual:
                break
            if full:
                basis.restart(values, mixture)
    values, mixture, _ = basis.ritz_pairs()
    return measured(operator, values[:n_vectors], basis.combine(mixture[:, :n_vectors]), n_products + 1)


def _found_coarsely(
    operator: Operator,
    coarse: CoarseOperator,
    spans: Sequence[int],
    start: Tensor,
    *,
    is_near: bool,
    accuracy: float,
    most_products: int,
    least_residual: float,
) -> Eigenpairs:
    """From spaces that begin with an exact product, or a coarse one where the start is random, and go on with coarse ones."""
    width, n_products, n_vectors = start.shape[1], 0, max(spans) + 1
    residual = 1.0  # of the vectors that a space begins with, at most
    while True:
        columns = start.float() if coarse.error * residual >= LEAST_RESIDUAL_OF_SINGLE else start
        basis = _KrylovBasis(columns, min(BLOCKS_IN_BASIS * width, len(start) // width * width))
        basis.extend(operator if is_near else coarse.product)
        n_products += 1
        values, mixture, residuals = basis.ritz_pairs()
        first = float(residuals[:n_vectors].max())
        if is_near and (_are_known(values, residuals, spans, accuracy, least_residual) or n_products >= most_products):
            vectors = basis.combine(mixture[:, :n_vectors])
            return Eigenpairs(
                values[:n_vectors].numpy(force=True), vectors, residuals[:n_vectors].numpy(force=True), n_products
            )
        good_for = max(coarse.error * first, least_residual)
        while True:
            if basis.is_full():
                basis.restart(values, mixture)
            basis.extend(coarse.product)
            n_products += 1
            values, mixture, residuals = basis.ritz_pairs()
            is_known = _are_known(values, residuals, spans, accuracy / 2, least_residual)
            residual = float(residuals[:n_vectors].max())
            if is_known or residual <= good_for or n_products >= most_products:
                break
        start, is_near = basis.combine(mixture[:, :width]), True


def _are_known(values: Tensor, residuals: Tensor, spans: Sequence[int], accuracy: float, least_residual: float) -> bool:
    """Whether spans are known as well as is wanted, or residuals as small as rounding lets them be."""
    errors = span_errors(values.numpy(force=True), residuals.numpy(force=True), spans)
    return max(errors.values()) <= accuracy or float(residuals[: max(spans) + 1].max()) <= least_residual


def is_solved_directly(n: int, spans: Sequence[int]) -> bool:
    """Whether all eigenvectors of a matrix cost less than a few.

    Raises:
        ValueError: no eigenvectors wanted, or more than there are.
    """
    if not spans or not 0 < min(spans) <= max(spans) <= n:
        raise ValueError(f"an operator on {n} dimensions has 1 to {n} eigenvectors, not {', '.join(map(str, spans))}")
    width = max(max(spans) + 1, LEAST_WIDTH)
    return n <= max(BLOCKS_IN_BASIS * width, min(WIDTHS_SOLVED_DIRECTLY * width, MOST_SOLVED_DIRECTLY))


def solved_directly(operator: Operator, n: int, spans: Sequence[int], device: str | torch.device) -> Eigenpairs:
    """From the factorized matrix."""
    matrix = operator(torch.eye(n, device=device, dtype=torch.float64))
    return measured(operator, *largest_first(matrix, min(max(spans) + 1, n)), 2)


def span_errors(values: NDArray[np.float64], residuals: NDArray[np.float64], spans: Sequence[int]) -> dict[int, float]:
    """For each k the bound of Davis and Kahan on the sine of the angle between the span of the first k vectors and the true one.

    Infinite where the eigenvalue after the k-th equals it: then the span is not determined. 0 where all are taken.

    Args:
        values: (n_vectors,), eigenvalues from the largest on.
        residuals: (n_vectors,), theirs. Those of the first k + 1 count, since the gap is known only as well as both its ends are.
        spans: numbers k, each at most `n_vectors`.
    """
    return {k: _span_error(values, residuals, k) for k in spans}


def _span_error(values: NDArray[np.float64], residuals: NDArray[np.float64], k: int) -> float:
    if k == len(values):
        return 0.0
    gap, residual = float(values[k - 1] - values[k]), float(residuals[: k + 1].max())
    return residual / gap if gap > 0 else float("inf")


class _KrylovBasis:
    """Orthonormal columns V with A V = V H + Q C, where Q is the block to come and C its coupling to those that are there.

    H is symmetric. What stands in it above the diagonal is taken from the product that came first, which is the more exact one
    where later ones are not. The columns are kept apart in the format of those it starts from, all else in float64.
    """

    def __init__(self, start: Tensor, capacity: int) -> None:
        n, self._width = start.shape
        # Column after column in memory: so they are multiplied in half the time.
        self._columns = torch.empty(capacity, n, dtype=start.dtype, device=start.device).T
        self._projected = torch.zeros(capacity, capacity, dtype=torch.float64, device=start.device)
        self._size = 0
        self._next = torch.linalg.qr(start)[0]
        self._coupling = self._projected.new_zeros(self._width, 0)

    def is_full(self) -> bool:
        return self._size + self._width > self._columns.shape[1]

    def extend(self, operator: Operator) -> None:
        """Take the next block in, and split its image into what lies in the space and the block after it."""
        before, block = slice(self._size), slice(self._size, self._size + self._width)
        self._columns[:, block] = self._next
        self._size = block.stop
        inside, image = self._split(operator(self._next.double()).T.to(self._next.dtype).contiguous().T)
        image, remainder = torch.linalg.qr(image)
        again, image = self._split(image)  # once leaves rounding of the size of what was taken away
        self._next, correction = torch.linalg.qr(image)
        inside += again @ remainder
        self._projected[block, before] = self._coupling
        self._projected[before, block] = self._coupling.T
        self._projected[block, block] = inside[block].double()
        self._coupling = self._projected.new_zeros(self._width, self._size)
        self._coupling[:, block] = (correction @ remainder).double()

    def _split(self, block: Tensor) -> tuple[Tensor, Tensor]:
        """What of a block lies in the space, as a mixture of its columns, and the rest."""
        inside = self._vectors.T @ block
        return inside, (block.T - inside.T @ self._vectors.T).T

    def ritz_pairs(self) -> tuple[Tensor, Tensor, Tensor]:
        """Best approximations in the space: values (size,), mixtures of its columns (size, size), residuals (size,)."""
        values, mixture = largest_first(self._projected[: self._size, : self._size])
        return values, mixture, torch.linalg.vector_norm(self._coupling @ mixture, dim=0)

    def combine(self, mixture: Tensor) -> Tensor:
        return (self._vectors @ mixture.to(self._vectors.dtype)).double()

    def restart(self, values: Tensor, mixture: Tensor) -> None:
        """Keep the best half of the space and go on from there, with the same block to come."""
        kept = self._columns.shape[1] // 2
        self._columns[:, :kept] = self.combine(mixture[:, :kept])
        self._projected.zero_()
        self._projected.diagonal()[:kept] = values[:kept]
        self._coupling = self._coupling @ mixture[:, :kept]
        self._size = kept

    @property
    def _vectors(self) -> Tensor:
        return self._columns[:, : self._size]


def largest_first(symmetric: Tensor, n_vectors: int | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues, falling (k,), and eigenvectors (n, k) of a symmetric float64 matrix (n, n): the `n_vectors` largest or all."""
    symmetric, n = (symmetric + symmetric.T) / 2, len(symmetric)
    wanted = n if n_vectors is None else n_vectors
    if wanted < n and symmetric.device.type == "cpu":
        try:
            found = scipy.linalg.eigh(symmetric.numpy(), subset_by_index=[n - wanted, n - 1])
        except (
            scipy.linalg.LinAlgError
        ):  # LAPACK's solver for some of them gives up where nearly all are equal; that for all does not
            found = tuple(array[..., n - wanted :] for array in scipy.linalg.eigh(symmetric.numpy(), driver="evd"))
        values, vectors = (torch.from_numpy(array) for array in found)
    elif n <= SOLVED_BY_ONE and symmetric.device.type == "cpu":
        values, vectors = map(torch.from_numpy, scipy.linalg.eigh(symmetric.numpy(), driver="evd"))
    else:
        values, vectors = torch.linalg.eigh(symmetric)
    return values.flip(0)[:wanted], vectors.flip(1)[:, :wanted]


def measured(operator: Operator, values: Tensor, vectors: Tensor, n_products: int) -> Eigenpairs:
    """With the residuals, for which one of the products is taken."""
    residuals = torch.linalg.vector_norm(operator(vectors) - vectors * values, dim=0)
    return Eigenpairs(values.numpy(force=True), vectors, residuals.numpy(force=True), n_products)
