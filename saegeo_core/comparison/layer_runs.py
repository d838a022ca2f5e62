"""Layers that L0 sets apart from those on both sides: where a profile over layers may rise or fall for no reason of depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from saegeo_core.comparison.guard import L0_RATIO

Side = Literal["sparser", "denser"]


@dataclass(frozen=True)
class LayerRun:
    """Neighbouring layers whose SAEs are all sparser (or all denser) than those before and after them.

    Attributes:
        series: the SAEs, one a layer, that the run is part of.
        layers: of the run.
        side: which way L0 jumps where the run begins, and back where it ends.
        l0: of each layer of the run.
        neighbors: L0 of the layer before and of the layer after.
    """

    series: str
    layers: tuple[int, ...]
    side: Side
    l0: tuple[float, ...]
    neighbors: tuple[float, float]


def set_apart(series: str, layers: Sequence[int], l0: Sequence[float]) -> list[LayerRun]:
    """The runs of a series, given one L0 for each of its layers, ascending.

    A run begins and ends where L0 changes by more than 25 % from one layer to the next, down and up again or up and down.
    Runs at either end have one neighbor only, so nothing shows whether L0 or depth moves what is measured there.
    """
    jumps = [
        i for i, (before, after) in enumerate(pairwise(l0), 1) if max(before, after) > L0_RATIO * min(before, after)
    ]
    return [
        LayerRun(
            series,
            tuple(layers[start:end]),
            "sparser" if l0[start] < l0[start - 1] else "denser",
            tuple(l0[start:end]),
            (l0[start - 1], l0[end]),
        )
        for start, end in pairwise(jumps)
        if (l0[start] < l0[start - 1]) == (l0[end - 1] < l0[end])
    ]
