"""Clouds in which one thing at a time is not as the simplest null has it: what every null and every interval is tried on.

Each is a law of dictionaries, `COMPOSITES[name](n, d, rng)`: float32 rows as a torch tensor, shape (n, d), drawn by an explicit
numpy Generator, in general of unlike lengths. What a law fixes (axes, subspaces, a mean) is the same in every draw; rows and
families are drawn anew. Fewer rows than dimensions is a matter of n and d: any law may be asked for them.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor

from saegeo_core.synthetic.clouds import angular_gaussian, families, isotropic, power_law_variances

Law = Callable[[int, int, np.random.Generator], Tensor]


def families_with_a_spectrum(
    n: int, d: int, rng: np.random.Generator, *, size: int, correlation: float = 0.7, exponent: float = 0.5
) -> Tensor:
    """Families of one size whose directions all have a power-law covariance along the coordinates, not yet normalized."""
    scales = (d * power_law_variances(d, exponent)).sqrt().float()
    rows: Tensor = scales * families(n, d, rng, size=size, correlation=correlation)
    return rows


def families_of_unlike_tightness(
    n: int, d: int, rng: np.random.Generator, *, size: int, correlations: tuple[float, float] = (0.1, 0.9)
) -> Tensor:
    """Families of one size, the cosine expected between members of each drawn uniformly between two values; unit rows."""
    family_of = torch.arange(n) // size
    n_families = int(family_of[-1]) + 1
    correlation = torch.from_numpy(rng.uniform(*correlations, n_families)).float()[family_of, None]
    rows = correlation.sqrt() * isotropic(n_families, d, rng)[family_of] + (1 - correlation).sqrt() * isotropic(
        n, d, rng
    )
    unit: Tensor = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return unit


def common_mean_with_a_spectrum(
    n: int, d: int, rng: np.random.Generator, *, strength: float = 0.3, exponent: float = 0.0
) -> Tensor:
    """Gaussian rows of unit length in expectation and of power-law covariance, around a mean along no axis; not normalized."""
    noise = torch.from_numpy(rng.standard_normal((n, d), dtype=np.float32))
    rows: Tensor = strength / d**0.5 + noise * power_law_variances(d, exponent).sqrt().float()
    return rows


def two_subspaces(n: int, d: int, rng: np.random.Generator) -> Tensor:
    """Half of the rows uniform in the first half of the coordinates, the others in the second; the covariance is even."""
    rows = torch.zeros(n, d)
    rows[: n // 2, : d // 2] = isotropic(n // 2, d // 2, rng)
    rows[n // 2 :, d // 2 :] = isotropic(n - n // 2, d - d // 2, rng)
    return rows


def student_coordinates(n: int, d: int, rng: np.random.Generator, *, freedom: float = 5.0) -> Tensor:
    """Independent coordinates of Student's law, of unit length in the mean square."""
    scale = np.sqrt((freedom - 2) / freedom / d)
    return torch.from_numpy((scale * rng.standard_t(freedom, (n, d))).astype(np.float32))


def unlike_lengths(n: int, d: int, rng: np.random.Generator, *, sigma: float) -> Tensor:
    """Uniform directions times independent lengths, log-normal around 1 with that standard deviation of the logarithm."""
    lengths = torch.from_numpy(np.exp(sigma * rng.standard_normal((n, 1))).astype(np.float32))
    return lengths * isotropic(n, d, rng)


COMPOSITES: Mapping[str, Law] = {
    "uniform": isotropic,
    "families of 2": partial(families, size=2),
    "families of 5": partial(families, size=5),
    "families of 20": partial(families, size=20),
    "families of 5 with a spectrum": partial(families_with_a_spectrum, size=5),
    "families of 20 of unlike tightness": partial(families_of_unlike_tightness, size=20),
    "spectrum rank^-1/2": partial(angular_gaussian, exponent=0.5),
    "spectrum rank^-1": partial(angular_gaussian, exponent=1.0),
    "common mean": common_mean_with_a_spectrum,
    "common mean, spectrum rank^-1": partial(common_mean_with_a_spectrum, exponent=1.0),
    "two subspaces": two_subspaces,
    "student t5 coordinates": student_coordinates,
    "lengths scattered by 20 %": partial(unlike_lengths, sigma=0.2),
    "lengths scattered by 30 %": partial(unlike_lengths, sigma=0.3),
    "lengths scattered by 50 %": partial(unlike_lengths, sigma=0.5),
}
"""Laws of dictionaries by name."""
