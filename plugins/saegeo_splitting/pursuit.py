"""Orthogonal matching pursuit (Pati et al. 1993), of many targets at once and from products alone (Rubinstein et al. 2008).

In each step every target takes the atom whose product with what is left of it is largest in absolute value, and is projected off
all atoms that it has. With q the new atom, made orthogonal to those before and of unit length, and r what is left, both known by
their products with all atoms,

    <r, .>  becomes  <r, .> - <r, q> <q, .>,     <q, .> = (<d, .> - sum over earlier q' of <q', d> <q', .>) / length,

so that a step asks for one row of the Gram matrix for each target. <r, q>^2 is what the step explains.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

NONE = -1
"""In place of an atom where nothing is left but rounding errors."""
NOTHING_NEW, NOTHING_LEFT = 1e-5, 1e-5
"""Squared length of an atom beyond those before, and largest product over that of the first step, up to which that is so."""


class Pursued(NamedTuple):
    """What some targets took.

    Attributes:
        chosen: the atom of each step, or none, int64 (n_targets, n_steps).
        explained: squared length of each target that the atoms up to each step explain, float64 (n_targets, n_steps).
    """

    chosen: Tensor
    explained: Tensor


def pursue(products: Tensor, gram_rows: Callable[[Tensor], Tensor], n_steps: int) -> Pursued:
    """Let targets take atoms.

    Args:
        products: of the targets, of any length, with atoms of length 1, (n_targets, n_atoms).
        gram_rows: of some atoms, int64 (n,), their products with all atoms, (n, n_atoms).
        n_steps: how many atoms each target takes.
    """
    left = products.clone()
    chosen = torch.empty(len(left), n_steps, dtype=torch.int64, device=left.device)
    explained = torch.zeros(len(left), n_steps, dtype=torch.float64, device=left.device)
    least = NOTHING_LEFT * left.abs().amax(1, keepdim=True)
    before: list[Tensor] = []
    for step in range(n_steps):
        largest, atom = left.abs().max(1, keepdim=True)
        along = gram_rows(atom[:, 0]).clone()
        for other in before:
            along.addcmul_(other.gather(1, atom), other, value=-1)
        square = along.gather(1, atom)
        is_new = (square > NOTHING_NEW) & (largest > least)
        inverse = torch.where(is_new, square, torch.inf).rsqrt()
        along *= inverse
        reach = left.gather(1, atom) * inverse
        left.addcmul_(reach, along, value=-1)
        before.append(along)
        chosen[:, step] = torch.where(is_new, atom, NONE)[:, 0]
        explained[:, step] = reach[:, 0].double().square()
    return Pursued(chosen, explained.cumsum(1))
