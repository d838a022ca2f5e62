"""The largest eigenvalues of a symmetric operator that is known only by what it does to a block of vectors.

Block Krylov spaces with Rayleigh-Ritz and thick restarts (Stewart 2002, Zhou and Saad 2008). Every product takes a block
as wide as the number of eigenvectors wanted, so a dense matrix is read once for all of them and multiplied at the full speed
of the processor; and an eigenvalue repeated that often (a graph in many pieces) is found as often, which the Krylov space of
a single vector cannot do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Operator = Callable[[Tensor], Tensor]

LEAST_WIDTH = 16
BLOCKS_IN_BASIS = 6
BLOCKS_BETWEEN_LOOKS = 4
"""Looking costs an eigendecomposition of the small matrix, as much as a few products with a small operator."""


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues and eigenvectors, the largest first.

    Attributes:
        values: float64 (n_vectors,).
        vectors: Tensor (n, n_vectors), orthonormal columns.
        residuals: float64 (n_vectors,), the lengths |A x - value x|, measured at the end. An eigenvalue of the operator lies
            within its residual of each value; a vector is determined the better, the farther its value is from the others.
        n_products: how often a block of vectors was multiplied.
    """

    values: NDArray[np.float64]
    vectors: Tensor
    residuals: NDArray[np.float64]
    n_products: int


def leading_eigenvectors(
    operator: Operator,
    n: int,
    n_vectors: int,
    rng: np.random.Generator,
    *,
    tolerance: float = 1e-5,
    most_products: int = 400,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Eigenpairs:
    """The eigenvectors of the algebraically largest eigenvalues.

    A space too small for a Krylov basis is solved directly. Memory: some ten blocks of `n_vectors` vectors.

    Args:
        operator: maps a tensor (n, n_columns) to the symmetric A times it, of norm about 1.
        n: size of the space.
        n_vectors: how many are wanted, at most n.
        rng: draws the vectors to start from.
        tolerance: the residual wanted. Rounding of float32 products forbids much less than 1e-6.
        most_products: when to stop whatever the residuals, so look at them; two at least are taken.
        device, dtype: of the vectors. Small matrices are always float64.

    Raises:
        ValueError: no eigenvectors wanted, or more than there are.
    """
    if not 0 < n_vectors <= n:
        raise ValueError(f"an operator on {n} dimensions has 1 to {n} eigenvectors, not {n_vectors}")
    width = max(n_vectors, LEAST_WIDTH)
    capacity = BLOCKS_IN_BASIS * width
    if n <= capacity:
        values, vectors = _largest_first(operator(torch.eye(n, device=device, dtype=dtype)).double())
        return _measured(operator, values[:n_vectors], vectors[:, :n_vectors].to(dtype), 2)

    start = torch.from_numpy(rng.standard_normal((n, width))).to(device, dtype)
    basis = _KrylovBasis(operator, start, capacity)
    for n_products in range(1, max(most_products, 2)):
        basis.extend()
        full = basis.is_full()
        if full or n_products % BLOCKS_BETWEEN_LOOKS == 0:
            values, mixture, residuals = basis.ritz_pairs()
            if residuals[:n_vectors].max() <= tolerance:
                break
            if full:
                basis.restart(values, mixture)
    values, mixture, _ = basis.ritz_pairs()
    return _measured(operator, values[:n_vectors], basis.combine(mixture[:, :n_vectors]), n_products + 1)


class _KrylovBasis:
    """Orthonormal columns V with A V = V H + Q R E', where E' picks the last block of V and Q is the block to come."""

    def __init__(self, operator: Operator, start: Tensor, capacity: int) -> None:
        n, self._width = start.shape
        self._operator = operator
        self._columns = torch.empty(n, capacity, dtype=start.dtype, device=start.device)
        self._projected = torch.zeros(capacity, capacity, dtype=torch.float64, device=start.device)
        self._size = 0
        self._next, self._remainder = torch.linalg.qr(start)

    def is_full(self) -> bool:
        return self._size + self._width > self._columns.shape[1]

    def extend(self) -> None:
        """Take the next block in, and split its image into what lies in the space and the block after it."""
        block = slice(self._size, self._size + self._width)
        self._columns[:, block] = self._next
        self._size = block.stop
        image = self._operator(self._next)
        inside = torch.zeros(self._size, self._width, dtype=image.dtype, device=image.device)
        for _ in range(2):  # once leaves rounding of the size of what was taken away
            share = self._vectors.T @ image
            image = image - self._vectors @ share
            inside += share
        self._projected[: self._size, block] = inside.double()
        self._projected[block, : self._size] = inside.double().T
        orthonormal, self._remainder = torch.linalg.qr(image)
        orthonormal = orthonormal - self._vectors @ (self._vectors.T @ orthonormal)
        self._next = torch.linalg.qr(orthonormal)[0]  # again, for an image that lay almost inside

    def ritz_pairs(self) -> tuple[Tensor, Tensor, Tensor]:
        """Best approximations in the space: values (size,), mixtures of its columns (size, size), residuals (size,)."""
        values, mixture = _largest_first(self._projected[: self._size, : self._size])
        residuals = torch.linalg.vector_norm(self._remainder.double() @ mixture[-self._width :], dim=0)
        return values, mixture, residuals

    def combine(self, mixture: Tensor) -> Tensor:
        return self._vectors @ mixture.to(self._columns.dtype)

    def restart(self, values: Tensor, mixture: Tensor) -> None:
        """Keep the best half of the space and go on from there, with the same block to come."""
        kept = self._columns.shape[1] // 2
        self._columns[:, :kept] = self.combine(mixture[:, :kept])
        self._projected.zero_()
        self._projected.diagonal()[:kept] = values[:kept]
        self._size = kept

    @property
    def _vectors(self) -> Tensor:
        return self._columns[:, : self._size]


def _largest_first(symmetric: Tensor) -> tuple[Tensor, Tensor]:
    values, vectors = torch.linalg.eigh((symmetric + symmetric.T) / 2)
    return values.flip(0), vectors.flip(1)


def _measured(operator: Operator, values: Tensor, vectors: Tensor, n_products: int) -> Eigenpairs:
    errors = operator(vectors) - vectors * values.to(vectors.dtype)
    residuals = torch.linalg.vector_norm(errors.double(), dim=0)
    return Eigenpairs(values.numpy(force=True), vectors, residuals.numpy(force=True), n_products)
