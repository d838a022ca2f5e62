"""Confounds: what differs between SAEs besides what is being compared, and may be what a difference of metrics shows.

Both published comparisons took a difference in L0 for one between layers or models: the geometry of a decoder follows its L0.
Confounds do not forbid a comparison, but a reader must see them next to the numbers.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from typing import Literal

from saegeo_core.comparison.sae_facts import SaeFacts
from saegeo_core.firing.sparsity import L0_RATIO

Side = Literal["sparser", "denser"]


@dataclass(frozen=True)
class ConfoundGroup:
    """SAEs that agree in a fact, and what they agree on."""

    value: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Confound:
    """A fact in which every SAE of one group differs from every SAE of another."""

    fact: str
    groups: tuple[ConfoundGroup, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every pair of SAEs that it separates."""
        return [
            pair
            for i, left in enumerate(self.groups)
            for right in self.groups[i + 1 :]
            for pair in product(left.names, right.names)
        ]


@dataclass(frozen=True)
class LayerRun:
    """Adjacent layers whose SAEs are all sparser (or all denser) than those before and after them.

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


def confounds(saes: Sequence[SaeFacts]) -> list[Confound]:
    """Everything that separates some of the SAEs from others, L0 first."""
    facts: dict[str, Callable[[SaeFacts], object]] = {
        "width": lambda sae: sae.width and f"{sae.width:,}",
        "dimension": lambda sae: sae.dimension and f"{sae.dimension:,}",
        "site": lambda sae: sae.site,
        "directions": lambda sae: sae.directions,
        "model": lambda sae: sae.model,
        "training data": lambda sae: sae.training_data,
        "corpus": lambda sae: sae.corpus,
        "row lengths": lambda sae: sae.row_lengths,
    }
    found = [_differing(fact, saes, value) for fact, value in facts.items()]
    return [*l0_confounds(saes), *(confound for confound in found if confound)]


def l0_confounds(saes: Sequence[SaeFacts]) -> list[Confound]:
    """Every pair whose L0 differ by more than 25 %, as few groups against groups: the denser first, each pair once."""
    known = sorted((sae for sae in saes if sae.l0 is not None), key=_l0)
    reach = [_l0(sae) * L0_RATIO for sae in known]

    def n_far_sparser(sae: SaeFacts) -> int:
        return bisect_left(reach, _l0(sae))

    return [
        Confound("L0", (_l0_group(list(denser), saes), _l0_group(known[:n], saes)))
        for n, denser in groupby(known, key=n_far_sparser)
        if n
    ]


def layer_runs(series: str, layers: Sequence[int], l0: Sequence[float]) -> list[LayerRun]:
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


def _differing(fact: str, saes: Sequence[SaeFacts], value: Callable[[SaeFacts], object]) -> Confound | None:
    groups: dict[str, list[str]] = {}
    for sae in saes:
        known = value(sae)
        if known is not None:
            groups.setdefault(str(known), []).append(sae.name)
    return (
        Confound(fact, tuple(ConfoundGroup(text, tuple(names)) for text, names in groups.items()))
        if len(groups) > 1
        else None
    )


def _l0(sae: SaeFacts) -> float:
    return sae.l0 or 0.0


def _l0_group(members: Sequence[SaeFacts], saes: Sequence[SaeFacts]) -> ConfoundGroup:
    """The group of `members`, given ascending in L0, with its range of L0; names in the order of `saes`."""
    low, high = f"{_l0(members[0]):.3g}", f"{_l0(members[-1]):.3g}"
    names = {member.name for member in members}
    return ConfoundGroup(
        low if low == high else f"{low} to {high}", tuple(sae.name for sae in saes if sae.name in names)
    )
