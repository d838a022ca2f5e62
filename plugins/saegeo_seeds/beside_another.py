"""A dictionary beside that of another seed: who has a partner there, and who would have one in its reflections."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.across import CosinesAcross, NearestAcross, nearest_across
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.reflected_products import ReflectedProducts
from saegeo_core.statistics.chance_partners import chance_cosines
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.reflected_directions import ReflectedDirections

ROWS_FOR_EACH_AXIS = 3
"""Features that a subspace needs, for each of its dimensions."""

Watch = Callable[[Iterator[tuple[slice, Tensor]], int], Iterable[tuple[slice, Tensor]]]


class Partners(NamedTuple):
    """Who of two dictionaries has a partner in the other.

    Attributes:
        nearest: who lies nearest to whom, and how near.
        thresholds: float64 (n_first,), the cosine that each feature of the first exceeds by chance with the probability asked for.
        reverse_thresholds: float64 (n_second,), the same seen from the second.
    """

    nearest: NearestAcross
    thresholds: Floats
    reverse_thresholds: Floats

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Whether each feature of the first has a partner, (n_first,)."""
        return np.asarray(self.nearest.cosine > self.thresholds)

    @property
    def is_found_back(self) -> NDArray[np.bool_]:
        """Whether each feature of the second has one, (n_second,)."""
        return np.asarray(self.nearest.reverse_cosine > self.reverse_thresholds)


def partners(
    units: tuple[Tensor, Tensor],
    laws: tuple[ProjectedGaussian, ProjectedGaussian],
    chance: float,
    rng: np.random.Generator,
) -> Partners:
    """Look for the features of two dictionaries in each other.

    Args:
        units: unit rows of both, (n_first, d_in) and (n_second, d_in), on one device.
        laws: the angular Gaussians matched to them.
        chance: probability with which a feature has a partner in as many directions of the other's law.
        rng: draws some of these.
    """
    (first, second), (of_first, of_second) = units, laws
    return Partners(
        nearest_across(CosinesAcross(first, second)),
        chance_cosines(first, of_second, len(second), chance, rng),
        chance_cosines(second, of_first, len(first), chance, rng),
    )


def found_in_reflections(
    unit: Tensor, reflected: ReflectedDirections, signs: Iterable[Tensor], thresholds: Floats, watch: Watch
) -> NDArray[np.bool_]:
    """Which features have a partner in each reflection of the other dictionary, (n_reflections, n_features).

    Args:
        unit: (n_features, d_in), unit rows.
        reflected: the other dictionary.
        signs: sets of reflections, (n_set, d_in) each.
        thresholds: float64 (n_features,), what the cosine of a partner exceeds.
        watch: progress over the rows of each set.
    """
    above = torch.from_numpy(thresholds).to(unit)
    products = ReflectedProducts(unit @ reflected.axes, reflected.beside_mean, reflected.mean)
    found = []
    for of_set in signs:
        is_found = torch.zeros(len(of_set), len(unit), dtype=torch.bool, device=unit.device)
        for rows, tile in watch(products.tiles(of_set), products.n_tiles(of_set)):
            is_found[:, rows] = tile.amax(2) > above[rows]
        found.append(is_found.numpy(force=True))
    return np.concatenate(found)


def leading_subspace(unit: Tensor, q: int) -> Tensor | None:
    """The q leading principal axes of some directions about their mean, columns (d_in, q); None where they are fewer than 3 q."""
    if len(unit) < ROWS_FOR_EACH_AXIS * q:
        return None
    beside_mean = unit.double() - unit.double().mean(0)
    if len(unit) < unit.shape[1]:
        _, axes = torch.linalg.eigh(beside_mean @ beside_mean.T)
        return torch.linalg.qr(beside_mean.T @ axes[:, -q:]).Q
    return torch.linalg.eigh(beside_mean.T @ beside_mean).eigenvectors[:, -q:]


def overlap(first: Tensor, second: Tensor) -> float:
    """Mean squared cosine of the principal angles of two subspaces, each of q orthonormal columns (d_in, q): 0 to 1."""
    return float((first.T @ second).square().sum()) / first.shape[1]
