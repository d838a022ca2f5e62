"""Chains of features from layer to layer: their numbers, from who is whose partner in the next layer."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.measuring.partners import NOBODY
from saegeo_core.numerics.arrays import Floats, Integers


class Chains(NamedTuple):
    """Features followed from layer to layer.

    Attributes:
        steps: for each layer but the last the partner of each of its features in the next, int64 (n_features,), nobody for none; no
            feature of the next is the partner of two.
        sizes: features of every layer, one more than there are steps.
    """

    steps: Sequence[Integers]
    sizes: Sequence[int]

    @property
    def is_born(self) -> list[NDArray[np.bool_]]:
        """For each layer after the first whether its features are nobody's partner."""
        born = [np.ones(size, bool) for size in self.sizes[1:]]
        for one, step in zip(born, self.steps, strict=True):
            one[step[step != NOBODY]] = False
        return born

    @property
    def origins(self) -> list[Integers]:
        """For each layer the layer, from 0, in which the chain of each of its features begins, int64 (n_features,)."""
        found = [np.zeros(self.sizes[0], np.int64)]
        for place, (size, step) in enumerate(zip(self.sizes[1:], self.steps, strict=True), 1):
            origin = np.full(size, place)
            is_carried = step != NOBODY
            origin[step[is_carried]] = found[-1][is_carried]
            found.append(origin)
        return found

    @property
    def survival(self) -> Floats:
        """Share of features, of layers with k more after them, that are carried through all k; (n_steps + 1,), from k = 0."""
        left, known = np.zeros(len(self.steps) + 1), np.zeros(len(self.steps) + 1)
        for first, size in enumerate(self.sizes):
            at = np.arange(size)
            known[: len(self.steps) - first + 1] += size
            left[0] += size
            for k, step in enumerate(self.steps[first:], 1):
                at = _followed(at, step)
                left[k] += np.count_nonzero(at != NOBODY)
        return left / known

    @property
    def half_life(self) -> float | None:
        """Layers after which half of the features are gone, between layers on a line; None where more are left at the end."""
        survival = self.survival
        gone = np.flatnonzero(survival <= 0.5)
        if not len(gone):
            return None
        k = int(gone[0])
        return float(k - (0.5 - survival[k]) / (survival[k - 1] - survival[k]))

    @property
    def is_carried_to_the_end(self) -> NDArray[np.bool_]:
        """Whether each feature of the first layer is carried to the last, (n_first,)."""
        at = np.arange(self.sizes[0])
        for step in self.steps:
            at = _followed(at, step)
        return np.asarray(at != NOBODY)

    @property
    def numbers(self) -> dict[str, float]:
        """Every number; no half-life where more than half are left."""
        half_life = self.half_life
        return {
            "carried_share": float(np.mean([np.mean(step != NOBODY) for step in self.steps])),
            "born_share": float(np.mean([one.mean() for one in self.is_born])),
            "end_to_end_share": float(self.is_carried_to_the_end.mean()),
            **({} if half_life is None else {"half_life": half_life}),
        }

    def paths(self) -> list[tuple[int, list[int]]]:
        """Every chain: the layer in which it begins, and its feature in this and each later layer until it ends."""
        begins = [np.ones(self.sizes[0], bool), *self.is_born]
        found = []
        for first, is_begun in enumerate(begins):
            for feature in np.flatnonzero(is_begun):
                path = [int(feature)]
                for step in self.steps[first:]:
                    if (following := int(step[path[-1]])) == NOBODY:
                        break
                    path.append(following)
                found.append((first, path))
        return found


def _followed(at: Integers, step: Integers) -> Integers:
    """Where features are one layer further."""
    return np.where(at == NOBODY, NOBODY, step[at])
