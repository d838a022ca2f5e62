"""Who of one dictionary has a partner in another beyond what chance brings, and who would have one in its reflections."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.errors import SaegeoError
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.numerics import Watch
from saegeo_core.numerics.across import CosinesAcross, NearestAcross, nearest_across
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.reflected_products import ReflectedProducts
from saegeo_core.progress import Progress, watched_by
from saegeo_core.statistics.chance_partners import chance_cosines
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.reflected_directions import ReflectedDirections

NOBODY = -1
"""In place of a partner where there is none."""

TilesShown = Callable[[Iterator[tuple[slice, Tensor]], int], Iterable[tuple[slice, Tensor]]]


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

    @property
    def mutual(self) -> Integers:
        """The partner of each feature of the first whose nearest it is as well, beyond chance seen from both, int64 (n_first,)."""
        partner = self.nearest.partner
        return np.where(self.nearest.is_mutual & self.is_found & self.is_found_back[partner], partner, NOBODY)


class ReflectedPartners(NamedTuple):
    """The same in reflections of the second dictionary, the first of which is the dictionary as it is. Products are not settled.

    Attributes:
        cosine: float32 (n_reflections, n_first), the largest of each feature of the first.
        partner: int64 (n_reflections, n_first), who has it; nobody where it is not beyond chance.
        reverse_cosine: float32 (n_reflections, n_second), the largest of each feature of the second.
    """

    cosine: NDArray[np.float32]
    partner: Integers
    reverse_cosine: NDArray[np.float32]

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Whether each feature of the first has a partner, (n_reflections, n_first)."""
        return np.asarray(self.partner != NOBODY)

    def mutual(self, reverse_thresholds: Floats) -> Integers:
        """As that of `Partners`, int64 (n_reflections, n_first)."""
        back = np.take_along_axis(self.reverse_cosine, self.partner, axis=1)  # nobody reads the last, and is left out
        is_mutual = self.is_found & (back == self.cosine) & (back > reverse_thresholds[self.partner])
        return np.where(is_mutual, self.partner, NOBODY)


class BesideReflections(NamedTuple):
    """Who has a partner in another dictionary, and in its reflections.

    Attributes:
        partners: as the two are.
        in_reflections: with the second as it is, then reflected.
        reflected: the second, ready to be reflected.
        signs: of all reflections, the first of which is none, (1 + n_draws, d_in).
    """

    partners: Partners
    in_reflections: ReflectedPartners
    reflected: ReflectedDirections
    signs: Tensor


def refuse_other_dimensions(clouds: Sequence[FeatureCloud], hint: str) -> None:
    """Raise SaegeoError, with that hint, where one has directions of other dimensions than the first."""
    first = clouds[0]
    for one in clouds[1:]:
        if one.d_in != first.d_in:
            raise SaegeoError(
                f"{first.sae.spec} has {first.d_in} dimensions, {one.sae.spec} has {one.d_in}: they share no cosines",
                hint,
            )


def beside_reflections(
    clouds: tuple[FeatureCloud, FeatureCloud],
    laws: tuple[ProjectedGaussian, ProjectedGaussian],
    chance: float,
    rng: np.random.Generator,
    *,
    n_draws: int,
    device: str,
    progress: Progress,
) -> BesideReflections:
    """Look for the features of two clouds in each other, and for those of the first in reflections of the second.

    Args:
        clouds: whose features, and where they are looked for.
        laws: as for `partners_of`.
        chance: as for `partners_of`.
        rng: as for `partners_of`.
        n_draws: reflections.
        device: where to compute.
        progress: over each pass.
    """
    first, second = (one.unit_vectors().to(device) for one in clouds)
    name = clouds[1].sae.spec
    found = partners_of((first, second), laws, chance, rng, watch=watched_by(progress, f"partners in {name}"))
    kin = kin_of(clouds[1], device=device, watch=watched_by(progress, f"kin of {name}"))
    reflected = ReflectedDirections.of(second, kin)
    signs = reflected.signs_of_draws(n_draws, rng)
    shown = partial(progress, description=f"reflections of {name}")
    in_reflections = partners_in_reflections(first, reflected, signs, found.thresholds, shown)
    return BesideReflections(found, in_reflections, reflected, torch.cat(signs))


def partners_of(
    units: tuple[Tensor, Tensor],
    laws: tuple[ProjectedGaussian, ProjectedGaussian],
    chance: float,
    rng: np.random.Generator,
    *,
    watch: Watch = iter,
) -> Partners:
    """Look for the features of two dictionaries in each other.

    Args:
        units: unit rows of both, (n_first, d_in) and (n_second, d_in), on one device.
        laws: the angular Gaussians matched to them.
        chance: probability with which a feature has a partner in as many directions of the other's law.
        rng: draws some of these.
        watch: wraps each pass (`saegeo_core.numerics`).
    """
    (first, second), (of_first, of_second) = units, laws
    return Partners(
        nearest_across(CosinesAcross(first, second), watch=watch),
        chance_cosines(first, of_second, len(second), chance, rng, watch=watch),
        chance_cosines(second, of_first, len(first), chance, rng, watch=watch),
    )


def partners_in_reflections(
    unit: Tensor, reflected: ReflectedDirections, signs: Iterable[Tensor], thresholds: Floats, shown: TilesShown
) -> ReflectedPartners:
    """Look for the features of a dictionary in the reflections of another.

    Args:
        unit: (n_features, d_in), unit rows.
        reflected: the other dictionary.
        signs: sets of reflections, (n_set, d_in) each.
        thresholds: float64 (n_features,), what the cosine of a partner exceeds.
        shown: progress over the rows of each set.
    """
    above = torch.from_numpy(thresholds).to(unit)
    products = ReflectedProducts(unit @ reflected.axes, reflected.beside_mean, reflected.mean)
    n, m = products.shape
    found = [_partners_in_set(products, of_set, above, shown, (n, m)) for of_set in signs]
    return ReflectedPartners(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _partners_in_set(
    products: ReflectedProducts, signs: Tensor, above: Tensor, shown: TilesShown, shape: tuple[int, int]
) -> ReflectedPartners:
    n, m = shape
    cosine = torch.empty(len(signs), n, device=above.device)
    reverse = torch.full((len(signs), m), -torch.inf, device=above.device)
    partner = torch.full((len(signs), n), NOBODY, device=above.device)
    for rows, tile in shown(products.tiles(signs), products.n_tiles(signs)):
        cosine[:, rows] = tile.amax(2)
        torch.maximum(reverse, tile.amax(1), out=reverse)
        is_found = cosine[:, rows] > above[rows]
        partner[:, rows][is_found] = tile[is_found].argmax(1)
    return ReflectedPartners(*(one.numpy(force=True) for one in (cosine, partner, reverse)))
