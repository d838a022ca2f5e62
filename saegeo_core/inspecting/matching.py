"""The counterpart of features in another dictionary, beside what chance brings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import torch

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.display import display
from saegeo_core.inspecting.feature_cards import FeatureCard, Neighbor
from saegeo_core.inspecting.features import cards_of, rows_of_ids
from saegeo_core.inspecting.stored_facts import StoredFacts
from saegeo_core.inspecting.what_fires import WhatFires
from saegeo_core.loading import load_cloud
from saegeo_core.measuring.of_cloud import matched_directions_of
from saegeo_core.measuring.partners import refuse_other_dimensions
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.chance_partners import chance_cosines, chance_of_nearest

if TYPE_CHECKING:
    import pandas as pd

    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.plugin.manager import PluginManager

N_CANDIDATES = 4
N_LOOKED_AT = 4 * N_CANDIDATES
"""Candidates by products in single precision, whose cosines are then computed in double."""
ENTRIES_AT_ONCE = 2**23
DRAWN_AS = 0
"""Seed of the few directions of the law from which tails are told."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A feature and its counterpart.

    Attributes:
        feature: its card.
        counterpart: the card of the feature of the other dictionary with the largest cosine.
        cosine: of the two.
        chance_cosine: what the largest cosine with as many directions of the other dictionary's law exceeds by chance, with the
            probability asked for; None where the dictionary has no matched law.
        pvalue: the probability of as large a cosine by chance.
        is_mutual: whether the feature is the nearest of its counterpart as well.
        others: the next candidates.
    """

    feature: FeatureCard
    counterpart: FeatureCard
    cosine: float
    chance_cosine: float | None
    pvalue: float | None
    is_mutual: bool
    others: tuple[Neighbor, ...]


class Matches(Sequence[Match]):
    """Matches in order.

    Attributes:
        sae: whose features.
        other: whose counterparts.
        chance: the probability of `chance_cosine`.
        absent: why there is no chance level; None where there is one.
    """

    def __init__(
        self, matches: Iterable[Match], sae: SaeDescription, other: SaeDescription, chance: float, absent: str | None
    ) -> None:
        self._matches = tuple(matches)
        self.sae, self.other, self.chance, self.absent = sae, other, chance, absent

    def __len__(self) -> int:
        return len(self._matches)

    @overload
    def __getitem__(self, place: int) -> Match: ...
    @overload
    def __getitem__(self, place: slice) -> "Matches": ...
    def __getitem__(self, place: int | slice) -> "Match | Matches":
        if isinstance(place, int):
            return self._matches[place]
        return Matches(self._matches[place], self.sae, self.other, self.chance, self.absent)

    def __repr__(self) -> str:
        return display().matches_line(self)

    def __str__(self) -> str:
        """What `saegeo match` prints of them, at 80 columns."""
        return display().matches_text(self)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each feature: `feature`, `counterpart`, `cosine`, `chance_cosine`, `pvalue`, `is_mutual`, labels, tokens."""
        import pandas as pd

        return pd.DataFrame([row_of_match(one) for one in self])


def match(
    sae: "str | FeatureCloud",
    ids: "str | int | Iterable[int]",
    other: "str | FeatureCloud",
    *,
    chance: float = 0.01,
    results: str | Path = "saegeo-results",
    plugins: "PluginManager | None" = None,
) -> Matches:
    """Find the counterparts of features in another dictionary of the same space.

    Chance is as many independent directions of the angular Gaussian matched to the other dictionary as it has features. Each
    feature has a level of its own, for chance lies nearer along wide axes.

    Args:
        sae: whose features, a name, a path or a cloud.
        ids: their numbers, also as "1,5,9-20".
        other: where counterparts are sought.
        chance: probability with which the largest cosine exceeds `chance_cosine` by chance, in (0, 1).
        results: folder of stored reports, for the cards.

    Raises:
        SaegeoError: an SAE or feature that is not there, or directions of two spaces.
    """
    first, second = (load_cloud(one, plugins=plugins) if isinstance(one, str) else one for one in (sae, other))
    refuse_other_dimensions([first, second], "name SAEs of the same place in the same model, or at least of one width")
    rows = rows_of_ids(first, [ids] if isinstance(ids, int) else ids)
    candidates, cosines = _nearest_in(first, rows, second)
    back, _ = _nearest_in(second, candidates[:, 0], first)
    levels, pvalues, absent = _beside_chance(first, rows, second, cosines[:, 0], chance)
    cards, counterparts = (
        cards_of(cloud, which, WhatFires.of(cloud, None), StoredFacts.of(cloud, results))
        for cloud, which in ((first, rows), (second, candidates[:, 0]))
    )
    return Matches(
        (
            Match(
                feature=cards[place],
                counterpart=counterparts[place],
                cosine=float(cosines[place, 0]),
                chance_cosine=levels[place],
                pvalue=pvalues[place],
                is_mutual=bool(back[place, 0] == row),
                others=tuple(
                    Neighbor(int(second.feature_ids[one]), float(cosine))
                    for one, cosine in zip(candidates[place, 1:], cosines[place, 1:], strict=True)
                ),
            )
            for place, row in enumerate(rows.tolist())
        ),
        first.sae,
        second.sae,
        chance,
        absent,
    )


def row_of_match(match: Match) -> dict[str, Any]:
    """A match as one row of plain values."""
    return {
        "feature": match.feature.feature,
        "counterpart": match.counterpart.feature,
        "cosine": match.cosine,
        "chance_cosine": match.chance_cosine,
        "pvalue": match.pvalue,
        "is_mutual": match.is_mutual,
        "label": match.feature.label,
        "counterpart_label": match.counterpart.label,
        "top_tokens": [token.text for token in match.feature.top_tokens],
        "counterpart_top_tokens": [token.text for token in match.counterpart.top_tokens],
    }


def _nearest_in(cloud: "FeatureCloud", rows: Integers, other: "FeatureCloud") -> tuple[Integers, Floats]:
    """For some rows of a cloud the rows of another with the largest cosines, and these: both (n_rows, n_candidates)."""
    some, units = unit_rows(cloud.vectors[rows]), other.unit_vectors()
    n_candidates = min(N_CANDIDATES, other.n_features)
    found, cosines = [], []
    for part in row_slices(len(rows), max(1, ENTRIES_AT_ONCE // other.n_features)):
        listed = (
            (some[part].float() @ units.T).topk(min(N_LOOKED_AT, other.n_features), dim=1).indices.sort(dim=1).values
        )
        near = other.vectors[listed].double()
        exact = (torch.einsum("nd,nkd->nk", some[part], near) / near.norm(dim=2)).numpy().round(12)
        order = np.argsort(-exact, axis=1, kind="stable")[:, :n_candidates]
        found.append(np.take_along_axis(listed.numpy(), order, 1))
        cosines.append(np.take_along_axis(exact, order, 1))
    return np.concatenate(found), np.concatenate(cosines)


def _beside_chance(
    cloud: "FeatureCloud",
    rows: Integers,
    other: "FeatureCloud",
    cosine: Floats,
    chance: float,
) -> tuple[list[float | None], list[float | None], str | None]:
    """Levels and p-values of the largest cosines of some rows, or why there are none."""
    law = matched_directions_of(other)
    if isinstance(law, Absent):
        return [None] * len(rows), [None] * len(rows), law.absent
    unit = unit_rows(cloud.vectors[rows]).float()
    levels = chance_cosines(unit, law, other.n_features, chance, np.random.default_rng(DRAWN_AS))
    pvalues = chance_of_nearest(unit, law, other.n_features, cosine, np.random.default_rng(DRAWN_AS))
    return levels.tolist(), pvalues.tolist(), None
