"""A dictionary and its reflections as atoms: products with them, from one Gram matrix.

A reflection about the mean m takes what a feature has beside it, b_i, to s b_i, so that its atom is (s b_i + m) / l_i. Then

    <atom_i, atom_j> = (<b_i, b_j> + u_i + u_j + |m|^2) / (l_i l_j),     u_i = <b_i, s m>,     l_i^2 = |b_i|^2 + 2 u_i + |m|^2,

and <b_i, b_j>, which costs a pass over all pairs, is the same in every reflection.
"""

from functools import cached_property

import torch
from torch import Tensor

from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_splitting.pursuit import pursue

MOST_HELD = 16_384
"""Features of which the Gram matrix is held, 1 GiB at most; of more its rows are made when they are asked for."""
TARGETS_AT_ONCE = 128


class ReflectedAtoms:
    """The features of a dictionary as atoms."""

    def __init__(self, reflected: ReflectedDirections) -> None:
        self._beside, self._mean = reflected.beside_mean.float(), reflected.mean.float()
        self._squares = self._beside.square().sum(1)

    def explained(self, targets: Tensor, signs: Tensor, n_steps: int) -> Tensor:
        """Share of each target that 1, 2 … `n_steps` atoms explain, float64 (n_targets, n_steps).

        Args:
            targets: unit rows along the axes of the dictionary, (n_targets, d_in).
            signs: of the reflection, (d_in,).
            n_steps: how many atoms a target takes.
        """
        signs = signs.to(self._beside)
        of_mean = self._beside @ (signs * self._mean)
        square = float(self._mean.square().sum())
        inverse = (self._squares + 2 * of_mean + square).rsqrt()

        def gram_rows(chosen: Tensor) -> Tensor:
            return (
                self._gram_rows(chosen)
                .add(of_mean)
                .add_((of_mean[chosen] + square)[:, None])
                .mul_(inverse)
                .mul_(inverse[chosen, None])
            )

        parts = []
        for some in torch.split(targets, TARGETS_AT_ONCE):
            products = ((some * signs) @ self._beside.T + (some @ self._mean)[:, None]) * inverse
            parts.append(pursue(products, gram_rows, n_steps).explained)
        return torch.cat(parts)

    def _gram_rows(self, chosen: Tensor) -> Tensor:
        if len(self._beside) <= MOST_HELD:
            return self._gram[chosen]
        return self._beside[chosen] @ self._beside.T

    @cached_property
    def _gram(self) -> Tensor:
        return self._beside @ self._beside.T
