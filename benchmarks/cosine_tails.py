"""Tails of all pairwise cosines: one pass in tiles against the full matrix of the published notebook."""

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Work
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines

THRESHOLD = 0.1
D_IN = 2304


def uniform_16k() -> Tensor:
    """Directions without structure."""
    return torch.randn(16_384, D_IN, generator=torch.Generator().manual_seed(0))


def families_16k() -> Tensor:
    """Directions as dictionaries have them: a falling spectrum, a common mean, families of 16; about 1 % beyond 0.1."""
    generator = torch.Generator().manual_seed(0)
    spread = torch.arange(1, D_IN + 1) ** -0.22
    vectors = torch.randn(16_384, D_IN, generator=generator)
    vectors += torch.randn(1024, D_IN, generator=generator).repeat_interleave(16, 0)
    return vectors.add_(0.25 * torch.randn(D_IN, generator=generator)).mul_(spread)


def uniform_65k() -> Tensor:
    """Directions without structure, four times as many."""
    return torch.randn(65_536, D_IN, generator=torch.Generator().manual_seed(0))


def published(vectors: Tensor) -> float:
    """Normalize, multiply all by all, take the strictly lower triangle, keep and bin the tail; returns the tail fraction."""
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    gram = unit @ unit.T
    rows, columns = torch.tril_indices(len(unit), len(unit), -1)
    cosines = gram[rows, columns]
    tail = cosines[cosines.abs() > THRESHOLD]
    np.histogram(tail.numpy(), bins=200, range=(-1, 1))
    return len(tail) / len(cosines)


def in_tiles(vectors: Tensor) -> float:
    """Everything the analysis needs of the pairs, nearest partners and squares included; returns the tail fraction."""
    result = pairwise_cosines(vectors, [THRESHOLD])
    return float(result.n_above.sum() + result.n_below.sum()) / 2 / result.n_pairs


ROWS = [
    Work("cosine tails, 16,384 x 2,304, uniform directions", uniform_16k, published, in_tiles),
    Work("cosine tails, 16,384 x 2,304, families and 1 % tails", families_16k, published, in_tiles),
    Work("cosine tails, 65,536 x 2,304", uniform_65k, "would need 60 GB", in_tiles, full=True),
]
