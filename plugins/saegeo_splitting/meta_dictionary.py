"""A dictionary of a dictionary: how much of some directions a few of fewer atoms explain, learned by K-SVD.

Atoms begin as directions drawn at random. In each round every direction takes its atoms by orthogonal matching pursuit, then every
atom in turn is fitted to what the others leave of the directions that have it (K-SVD, Aharon et al. 2006, in the approximate form
of Rubinstein et al. 2008: one step of the power iteration).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.directions import row_slices
from saegeo_splitting.pursuit import NONE, pursue

N_ROUNDS = 2
ROWS_AT_ONCE = 256


class MetaExplained(NamedTuple):
    """What atoms explain of each direction beside the mean.

    Attributes:
        explained: squared length explained, float64 (n,).
        total: squared length, float64 (n,).
    """

    explained: Floats
    total: Floats

    @property
    def share(self) -> float:
        """Of the variance."""
        return float(self.explained.sum() / self.total.sum())

    @property
    def added(self) -> Floats:
        """What each direction adds to the share: its influence function."""
        return np.asarray((self.explained - self.share * self.total) / self.total.mean())


def meta_explained(unit: Tensor, n_atoms: int, n_used: int, rng: np.random.Generator) -> MetaExplained:
    """Learn `n_atoms` atoms of unit rows, (n, d_in), of which each takes `n_used`.

    Args:
        unit: the directions; their mean is subtracted.
        n_atoms: how many atoms, at most n.
        n_used: how many of them each direction takes.
        rng: draws the directions that atoms begin as.
    """
    rows = unit - unit.mean(0)
    atoms = torch.nn.functional.normalize(rows[torch.from_numpy(rng.choice(len(rows), n_atoms, replace=False))], dim=1)
    for _ in range(N_ROUNDS):
        chosen, _ = _taken(rows, atoms, n_used)
        _fit(atoms, rows, chosen)
    _, explained = _taken(rows, atoms, n_used)
    total = rows.double().square().sum(1)
    return MetaExplained(*(one.numpy(force=True) for one in (explained, total)))


def _taken(rows: Tensor, atoms: Tensor, n_used: int) -> tuple[Tensor, Tensor]:
    """The atoms that each row takes, int64 (n, n_used), and what they explain of it, float64 (n,)."""
    gram = atoms @ atoms.T
    found = [pursue(some @ atoms.T, gram.__getitem__, n_used) for some in torch.split(rows, ROWS_AT_ONCE)]
    return torch.cat([one.chosen for one in found]), torch.cat([one.explained[:, -1] for one in found])


def _fit(atoms: Tensor, rows: Tensor, chosen: Tensor) -> None:
    """Fit every atom, in place, to what the others leave of the rows that have chosen it, (n, n_used)."""
    left, weights = rows.clone(), torch.empty(chosen.shape, dtype=rows.dtype, device=rows.device)
    for some in row_slices(len(rows), ROWS_AT_ONCE):
        taken = atoms[chosen[some]] * (chosen[some] != NONE)[:, :, None]
        weights[some] = _weights(taken, rows[some])
        left[some] -= (weights[some, None] @ taken)[:, 0]
    (used,) = (chosen.ravel() != NONE).nonzero(as_tuple=True)
    taken = chosen.ravel()[used]
    places = torch.split(used[taken.argsort(stable=True)], torch.bincount(taken, minlength=len(atoms)).tolist())
    for atom, place in enumerate(places):
        users, weight = place // chosen.shape[1], weights.ravel()[place]
        without = torch.addr(left[users], weight, atoms[atom])
        fitted = weight @ without
        length = torch.linalg.vector_norm(fitted)
        if length:
            atoms[atom] = fitted / length
            left[users] = torch.addr(without, without @ atoms[atom], atoms[atom], alpha=-1)


def _weights(taken: Tensor, rows: Tensor) -> Tensor:
    """Of least squares, of atoms (n, n_used, d_in) in rows (n, d_in); 0 for those that are zero."""
    gram = taken @ taken.mT
    gram.diagonal(dim1=1, dim2=2).add_((taken == 0).all(2))
    solved: Tensor = torch.linalg.solve(gram.double(), (taken @ rows[:, :, None]).double())[:, :, 0]
    return solved.to(rows)
