"""Of several sparsities of each SAE, the ones that agree best in L0."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from saegeo_core.cloud.sae_names import without_l0
from saegeo_core.errors import SaegeoError
from saegeo_core.report.metric import Absent

if TYPE_CHECKING:
    from saegeo_core.comparison.sae_reports import SaeReports

Item = TypeVar("Item")


@dataclass(frozen=True)
class Candidate:
    """One sparsity: what it is a sparsity of, and its L0."""

    release: str
    sae_id: str
    l0: float | None

    @property
    def group(self) -> tuple[str, str]:
        """The same for all sparsities of one SAE."""
        return self.release, without_l0(self.sae_id)


def match_l0(candidates: Sequence[Candidate]) -> list[int]:
    """Places of the chosen, one of each group: those whose largest L0 over their smallest is least possible.

    Where several choices do equally well, each group gives the one nearest the middle of that range. Groups of unknown L0
    give nothing.

    Raises:
        SaegeoError: no L0 is known.
    """
    known = sorted((math.log(one.l0), one.group, place) for place, one in enumerate(candidates) if one.l0)
    if not known:
        raise SaegeoError("--match-l0: of none of these SAEs is the L0 known", "compare them without it")
    low, high = _narrowest([(l0, group) for l0, group, _ in known])
    middle = (low + high) / 2
    chosen: dict[Hashable, tuple[float, int]] = {}
    for l0, group, place in known:
        nearness = abs(l0 - middle)
        if group not in chosen or nearness < chosen[group][0]:
            chosen[group] = nearness, place
    return sorted(place for _, place in chosen.values())


def matched(items: Sequence[Item], candidates: Sequence[Candidate]) -> tuple[list[Item], list[str]]:
    """The items whose candidates are chosen, and sentences on what was chosen."""
    places = match_l0(candidates)
    l0 = [one.l0 for place in places if (one := candidates[place]).l0]
    groups = {candidates[place].group for place in places}
    left_out = [f"{one.release}:{one.sae_id}" for one in candidates if one.group not in groups]
    notes = [f"matched in L0: {len(places)} of {len(items)} SAEs, L0 {min(l0):.3g} to {max(l0):.3g}"]
    if left_out:
        notes.append(f"left out, L0 unknown: {', '.join(left_out)}")
    return [items[place] for place in places], notes


def matched_rows(rows: "Iterable[SaeReports]") -> "tuple[list[SaeReports], list[str]]":
    """The rows that agree best in L0, and at which L0 their features overlap least, where sparsity told; rows not loaded stay."""
    rows = list(rows)
    there = [row for row in rows if row.sae]
    candidates = [Candidate(row.sae.release, row.sae.sae_id, row.sae.l0) for row in there if row.sae]
    chosen, notes = matched(there, candidates)
    overlaps = [told for row in chosen if (told := _least_overlap(row))]
    return [*chosen, *(row for row in rows if row.sae is None)], [*notes, *overlaps]


def _least_overlap(row: "SaeReports") -> str | None:
    """What a report of sparsity says of the L0 of an SAE; None where there is none."""
    if row.sae is None or "sparsity" not in row.reports:
        return None
    least = row.reports["sparsity"].metric("cosine_least_l0")
    if least.value is None or isinstance(least.interval, Absent):
        return None
    between = f"{least.interval.low:.3g} and {least.interval.high:.3g}"
    return f"sparsity of {row.name}: features overlap least at L0 {least.value:.3g}, between {between}; its own is {row.sae.l0:.3g}"


def _narrowest(points: Sequence[tuple[float, Hashable]]) -> tuple[float, float]:
    """The narrowest range that holds a point of every group; points ascending."""
    wanted = len({group for _, group in points})
    inside: dict[Hashable, int] = {}
    best = (-math.inf, math.inf)
    start = 0
    for high, group in points:
        inside[group] = inside.get(group, 0) + 1
        while len(inside) == wanted:
            low, leaving = points[start]
            if high - low < best[1] - best[0]:
                best = low, high
            inside[leaving] -= 1
            if not inside[leaving]:
                del inside[leaving]
            start += 1
    return best
