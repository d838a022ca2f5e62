"""Encoders dealt the decoders of other features: what alignments would be if it were chance which belongs to which.

Features of one kin have decoders alike, and perhaps encoders, so that their alignments are alike for no other reason: kin change
places whole, with kin of as many features and of like length.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.unit_rows import unit_rows

MOST_TOGETHER = 256
"""Features that change places with each other: the cosines of all their pairs are held."""


class Dealt(NamedTuple):
    """What so many deals give.

    Attributes:
        cosines: of every encoder with the decoder that it was dealt, float32 (n_draws, n).
        n_found: of how many encoders that was the nearest of all decoders, int64 (n_draws,).
    """

    cosines: NDArray[np.float32]
    n_found: Integers


def exchangeable(kin: Integers, lengths: Floats, rng: np.random.Generator) -> list[Integers]:
    """Sets of kin that may change places: of one size and like length. Each (n_kin, size), the features of its kin.

    Args:
        kin: of each feature, int64 (n,).
        lengths: (n,).
        rng: breaks ties of length, and puts members in order.
    """
    shuffled = rng.permutation(len(kin))
    by_kin = shuffled[np.argsort(kin[shuffled], kind="stable")]
    members = np.split(by_kin, np.cumsum(np.unique(kin, return_counts=True)[1])[:-1])
    sets = []
    for size in sorted({len(one) for one in members}):
        alike = np.array([one for one in members if len(one) == size])
        order = np.lexsort((rng.random(len(alike)), lengths[alike].mean(1)))
        sets += np.array_split(alike[order], max(1, round(alike.size / MOST_TOGETHER)))
    return sets


def dealt(
    encoder: torch.Tensor,
    decoder: torch.Tensor,
    nearest: Integers,
    sets: list[Integers],
    *,
    rng: np.random.Generator,
    n_draws: int,
    watch: Watch = iter,
) -> Dealt:
    """Deal decoders among the kin of each set, again and again.

    Args:
        encoder, decoder: (n, d), rows of any length but zero.
        nearest: the decoder nearest to each encoder, int64 (n,).
        sets: as `exchangeable` gives them.
        rng: deals.
        n_draws: how often.
        watch: wraps the loop over sets (`saegeo_core.numerics`).
    """
    cosines = np.empty((n_draws, len(nearest)), np.float32)
    n_found = np.zeros(n_draws, np.int64)
    for members in watch(sets):
        features = members.ravel()
        rows = [unit_rows(one[features], torch.float32) for one in (encoder, decoder)]
        pairs = (rows[0] @ rows[1].T).numpy(force=True)
        n_kin, size = members.shape
        order = np.argsort(rng.random((n_draws, n_kin)), axis=1)
        partners = (order[:, :, None] * size + np.arange(size)).reshape(n_draws, -1)
        cosines[:, features] = pairs[np.arange(len(features)), partners]
        n_found += (features[partners] == nearest[features]).sum(1)
    return Dealt(cosines, n_found)
