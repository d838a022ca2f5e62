"""Clouds with planted, known structure, for the tests and self-tests that every analysis is held to.

Each returns float32 unit rows, shape (n, d), as a torch tensor, drawn by an explicit numpy Generator. An analysis must find
nothing in `isotropic` and its own plant in the others.
"""

import numpy as np
import torch
from torch import Tensor

from saegeo_core.errors import SaegeoError


def isotropic(n: int, d: int, rng: np.random.Generator) -> Tensor:
    """Independent directions, uniform on the sphere."""
    return _unit(torch.from_numpy(rng.standard_normal((n, d), dtype=np.float32)))


def common_mean(n: int, d: int, rng: np.random.Generator, *, strength: float = 0.25) -> Tensor:
    """Uniform noise of unit length in expectation around a mean of length `strength`, normalized.

    The mean cosine comes out near strength^2 / (1 + strength^2); the mean points along the first coordinate.
    """
    rows = torch.from_numpy(rng.standard_normal((n, d), dtype=np.float32)) / d**0.5
    rows[:, 0] += strength
    return _unit(rows)


def power_law_variances(d: int, exponent: float) -> Tensor:
    """Variances proportional to rank^-exponent, shape (d,), summing to 1."""
    variances = torch.arange(1, d + 1, dtype=torch.float64) ** -exponent
    return variances / variances.sum()


def angular_gaussian(n: int, d: int, rng: np.random.Generator, *, exponent: float = 0.5) -> Tensor:
    """Normalized Gaussian vectors whose covariance has a power-law spectrum along the coordinates."""
    rows = torch.from_numpy(rng.standard_normal((n, d), dtype=np.float32))
    return _unit(rows * power_law_variances(d, exponent).sqrt().float())


def families(
    n: int,
    d: int,
    rng: np.random.Generator,
    *,
    size: float = 5.0,
    correlation: float = 0.7,
    random_sizes: bool = False,
) -> Tensor:
    """Uniform directions around uniform family centers, families lying one after another.

    Args:
        n: number of rows; the last family is cut off there.
        d: dimension.
        rng: draws sizes, centers and members.
        size: members of each family; with `random_sizes` their mean, the sizes being geometric.
        correlation: cosine expected between members of one family, in [0, 1].
        random_sizes: whether sizes are part of the draw.
    """
    if not 0.0 <= correlation <= 1.0:
        raise SaegeoError(f"a family's correlation lies in [0, 1], not at {correlation}", "try 0.7")
    sizes = rng.geometric(1.0 / size, n) if random_sizes else np.full(n, round(size))
    family_of = torch.from_numpy(np.repeat(np.arange(n), sizes)[:n])
    centers = isotropic(int(family_of[-1]) + 1, d, rng)
    return _unit(correlation**0.5 * centers[family_of] + (1.0 - correlation) ** 0.5 * isotropic(n, d, rng))


def with_duplicates(rows: Tensor, rng: np.random.Generator, *, duplicates: int = 0, antipodes: int = 0) -> Tensor:
    """`rows` with that many exact copies, then that many exact opposites, of different rows appended."""
    chosen = torch.from_numpy(rng.choice(len(rows), duplicates + antipodes, replace=False))
    return torch.cat([rows, rows[chosen[:duplicates]], -rows[chosen[duplicates:]]])


def with_parallelograms(
    rows: Tensor, rng: np.random.Generator, *, count: int, cosine: float = 0.6, noise: float = 0.3
) -> Tensor:
    """`rows`, of which the last 4 `count` are replaced by parallelograms, corners (a, b, c, d) one after another.

    Each is made as relations are: of two things x, y and two properties s, t come a = x + s, b = x + t, c = y + s, d = y + t,
    normalized, so that b - a = d - c = t - s. The four are rows of the cloud, so that its covariance hardly changes.

    Args:
        rows: unit rows, shape (n, d), at least 4 `count` of them.
        rng: chooses the four and draws the noise.
        count: number of parallelograms.
        cosine: of a and b, and of c and d, as far as x, y, s, t are perpendicular and there is no noise; in [0, 1].
        noise: length of the isotropic noise added to each corner of length 1.
    """
    if 4 * count > len(rows):
        raise SaegeoError(f"{count} parallelograms have {4 * count} corners, and there are {len(rows)} rows")
    chosen = torch.from_numpy(rng.choice(len(rows), 4 * count, replace=False))
    x, y, s, t = rows[chosen].chunk(4)
    thing, other = cosine**0.5, (1.0 - cosine) ** 0.5
    parts = ((x, s), (x, t), (y, s), (y, t))
    corners = torch.stack([thing * first + other * second for first, second in parts], dim=1).flatten(0, 1)
    planted = _unit(_unit(corners) + noise * isotropic(4 * count, rows.shape[1], rng))
    return torch.cat([rows[: len(rows) - 4 * count], planted])


def _unit(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows.double(), dim=1, keepdim=True)
    return rows / lengths.float()
