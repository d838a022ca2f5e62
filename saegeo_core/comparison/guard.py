"""What differs between SAEs besides what is being compared. Works on plain facts, so that it can be asked before anything is run.

Both published comparisons took a difference in L0 for one between layers or models: the geometry of a decoder follows its L0.
Such facts do not forbid a comparison, but a reader must see them next to the numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, product

L0_RATIO = 1.25
"""Two SAEs whose L0 differ by more than this factor are told apart by L0 alone."""


@dataclass(frozen=True)
class SaeFacts:
    """What is known of one SAE that bears on a comparison; None is unknown."""

    name: str
    l0: float | None = None
    width: int | None = None
    dimension: int | None = None
    site: str | None = None
    directions: str | None = None
    model: str | None = None
    training_data: str | None = None
    corpus: str | None = None


@dataclass(frozen=True)
class Group:
    """SAEs that agree in a fact, and what they agree on."""

    value: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Confound:
    """A fact in which every SAE of one group differs from every SAE of another."""

    fact: str
    groups: tuple[Group, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every pair of SAEs that it separates."""
        return [
            pair
            for i, left in enumerate(self.groups)
            for right in self.groups[i + 1 :]
            for pair in product(left.names, right.names)
        ]


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
    }
    found = [_differing(fact, saes, value) for fact, value in facts.items()]
    return [*l0_confounds(saes), *(confound for confound in found if confound)]


def l0_confounds(saes: Sequence[SaeFacts]) -> list[Confound]:
    """Every pair whose L0 differ by more than 25 %, as few groups against groups: the denser first, each pair once."""
    known = sorted((sae for sae in saes if sae.l0 is not None), key=_l0)

    def n_far_sparser(sae: SaeFacts) -> int:
        return sum(_l0(other) * L0_RATIO < _l0(sae) for other in known)

    return [
        Confound("L0", (_l0_group(list(denser), saes), _l0_group(known[:n], saes)))
        for n, denser in groupby(known, key=n_far_sparser)
        if n
    ]


def unknown_facts(saes: Sequence[SaeFacts]) -> dict[str, list[str]]:
    """Facts that could not be compared: fact to the names of the SAEs where it is unknown.

    L0 is always among them where it is unknown; another fact only where it is known of some other SAE.
    """
    facts = {"L0": "l0", "site": "site", "model": "model", "training data": "training_data", "corpus": "corpus"}
    unknown = {fact: [sae.name for sae in saes if getattr(sae, field) is None] for fact, field in facts.items()}
    return {fact: names for fact, names in unknown.items() if names and (fact == "L0" or len(names) < len(saes))}


def _differing(fact: str, saes: Sequence[SaeFacts], value: Callable[[SaeFacts], object]) -> Confound | None:
    groups: dict[str, list[str]] = {}
    for sae in saes:
        known = value(sae)
        if known is not None:
            groups.setdefault(str(known), []).append(sae.name)
    return (
        Confound(fact, tuple(Group(text, tuple(names)) for text, names in groups.items())) if len(groups) > 1 else None
    )


def _l0(sae: SaeFacts) -> float:
    return sae.l0 or 0.0


def _l0_group(members: Sequence[SaeFacts], saes: Sequence[SaeFacts]) -> Group:
    """Members ascending in L0; named in the order of all."""
    low, high = f"{_l0(members[0]):.3g}", f"{_l0(members[-1]):.3g}"
    names = {member.name for member in members}
    return Group(low if low == high else f"{low} to {high}", tuple(sae.name for sae in saes if sae.name in names))
