"""The largest eigenvalues of a symmetric operator that costs next to nothing to apply, a sparse graph.

Subspace iteration with Chebyshev filters (Zhou, Saad, Tiago and Chelikowsky 2006). A polynomial of the operator that stays small
where the spectrum is not wanted and grows steeply where it is takes many products and a single orthogonalization, which is what
costs time here: in the Krylov spaces of `leading_eigenvectors` every product is followed by one against the whole basis. For the
same reason twice as many vectors are taken along as are wanted: the filter is as steep as the last of them lies below.

The first 65 vectors of the graph of ten nearest cosines of 16,384 directions took 61 s of one core there, and 9 s here.
"""

from collections.abc import Sequence
from math import acosh

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.leading_eigenvectors import (
    LEAST_RESIDUAL,
    Eigenpairs,
    Operator,
    is_solved_directly,
    largest_first,
    measured,
    solved_directly,
    span_errors,
)

VECTORS_ALONG = 2
LEAST_WIDTH = 32
LARGEST_DEGREE = 24
LARGEST_GROWTH = 18.0
"""Logarithm of what a filter may multiply the first vector by: beyond, the last ones drown in its rounding."""
LEAST_RISE = 0.01
"""From the end of what is not wanted to the largest eigenvalue: in a graph of more pieces than vectors all of them are equal."""


def filtered_eigenvectors(
    operator: Operator,
    n: int,
    spans: Sequence[int],
    rng: np.random.Generator,
    *,
    accuracy: float = 1e-6,
    most_products: int = 4000,
    device: str | torch.device = "cpu",
) -> Eigenpairs:
    """The eigenvectors of the algebraically largest eigenvalues, as `leading_eigenvectors` gives them.

    Args:
        operator: maps a float64 tensor (n, n_columns) to the symmetric A times it; all eigenvalues lie in [-1, 1].
        n, spans, rng, accuracy, device: as there.
        most_products: when to stop whatever the residuals, so look at them.

    Raises:
        ValueError: no eigenvectors wanted, or more than there are.
    """
    if is_solved_directly(n, spans):
        return solved_directly(operator, n, spans, device)
    n_vectors = max(spans) + 1
    width = min(max(VECTORS_ALONG * n_vectors, LEAST_WIDTH), n)
    vectors = torch.linalg.qr(torch.from_numpy(rng.standard_normal((n, width))).to(device))[0]
    n_products = 0
    while True:
        image = operator(vectors)
        values, mixture = largest_first(vectors.T @ image)
        vectors, image = vectors @ mixture, image @ mixture
        n_products += 1
        residuals = torch.linalg.vector_norm(image - vectors * values, dim=0)[:n_vectors]
        wanted = span_errors(values.numpy(force=True), residuals.numpy(force=True), spans)
        is_found = max(wanted.values()) <= accuracy or float(residuals.max()) <= LEAST_RESIDUAL
        if is_found or n_products >= most_products:
            return measured(operator, values[:n_vectors], vectors[:, :n_vectors], n_products + 1)
        cut = min(float(values[-1]), float(values[0]) - LEAST_RISE)
        vectors, degree = _filtered(operator, vectors, image, cut)
        n_products += degree - 1


def _filtered(operator: Operator, vectors: Tensor, image: Tensor, cut: float) -> tuple[Tensor, int]:
    """Orthonormal columns that span p(A) vectors for the Chebyshev polynomial p of [-1, cut], and its degree.

    Args:
        operator: A.
        vectors: (n, width).
        image: A times these.
        cut: the end of what is not wanted, below 1.
    """
    center, half = (cut - 1) / 2, (cut + 1) / 2
    degree = int(np.clip(LARGEST_GROWTH / acosh((1 - center) / half), 2, LARGEST_DEGREE))
    before, now = vectors, (image - center * vectors) / half
    for _ in range(degree - 1):
        before, now = now, (operator(now) - center * now) * (2 / half) - before
    return torch.linalg.qr(now)[0], degree
