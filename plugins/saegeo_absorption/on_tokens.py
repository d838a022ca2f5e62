"""Pairs of kin in firing by token: the hole rate, how well it is known, and its nulls."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse

from saegeo_absorption.holes import counts_of_pairs, fired_together, hole_rates, parent_and_child
from saegeo_core import Absent, FeatureCloud, FiringStatistics
from saegeo_core.measuring.counted_rows import counted_rows
from saegeo_core.measuring.null_comparison import Nulls
from saegeo_core.measuring.null_draws import controls_by_kind
from saegeo_core.measuring.resampled import groups_of_both
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.permutation import frequency_strata, permutations_within

LIKE_FREQUENCY = "firing of kin dealt among features of like frequency"
DEALS = 199
FEWEST_TOKENS, FEWEST_PAIRS = 10, 10
"""Tokens on which a feature fires, and pairs of such kin, from which there is a hole rate."""
HARVEST = "harvest with --block-tokens 1 and name the folder with --firing"


@dataclass(frozen=True, eq=False)
class KinOnTokens:
    """Pairs of kin, both of which fire on ten tokens and more.

    Attributes:
        firing: by token.
        live: features of the cloud that fire on ten tokens, ascending, int64 (n_live,).
        first, second: the pairs, features of the cloud, int64 (n_pairs,).
        cosine: of their decoders, float64 (n_pairs,).
    """

    firing: FiringStatistics
    live: Integers
    first: Integers
    second: Integers
    cosine: Floats

    @classmethod
    def of(
        cls, firing: FiringStatistics | None, first: Integers, second: Integers, cosine: Floats
    ) -> "KinOnTokens | Absent":
        """Those among pairs of kin, (n_pairs,) all, or why there are none."""
        if firing is None:
            return Absent(f"which features fire on which tokens is not known: {HARVEST}")
        if firing.fired is None or firing.block_tokens is None:
            return Absent(f"the firing given does not tell tokens apart: {HARVEST}")
        if firing.block_tokens != 1:
            return Absent(
                f"firing is known by blocks of {firing.block_tokens} tokens, in which parent and child may fire on "
                f"different ones: {HARVEST}"
            )
        is_live = firing.counts >= FEWEST_TOKENS
        chosen = is_live[first] & is_live[second]
        if np.count_nonzero(chosen) < FEWEST_PAIRS:
            return Absent(
                f"{np.count_nonzero(chosen)} pairs of kin fire on {FEWEST_TOKENS} tokens each, and {FEWEST_PAIRS} are needed"
            )
        return cls(firing, np.flatnonzero(is_live), first[chosen], second[chosen], cosine[chosen])

    @property
    def hole_rate(self) -> float:
        """Mean over pairs."""
        return float(self.rates.mean())

    @cached_property
    def rates(self) -> Floats:
        """Of each pair, float64 (n_pairs,)."""
        parent, child = self.parent_and_child
        (together,) = fired_together(self._fired, parent, child, np.zeros(self.firing.n_blocks, np.int64))
        return hole_rates(together, self.firing.counts[child])

    @cached_property
    def parent_and_child(self) -> tuple[Integers, Integers]:
        """Of each pair, features of the cloud, int64 (n_pairs,) both."""
        return parent_and_child(self.first, self.second, self.firing.counts)

    @cached_property
    def _fired(self) -> scipy.sparse.csc_array:
        """Which feature fired on which token: of 0 and 1, (n_tokens, n_features), what is 1 alone."""
        pieces = [scipy.sparse.csr_array(tile) for _, tile in self.firing.incidence().tiles()]
        return scipy.sparse.vstack(pieces, format="csc")

    def nulls(self, rng: np.random.Generator, device: str) -> Nulls:
        """The same of kin whose firing is that of features of like frequency, and of reflected controls.

        Kin of one stratum may be more alike in frequency than features dealt to them, so draws are told less what frequencies alone
        make of them, 1 - n_p / T, and with what they make of kin.
        """
        tokens = self.firing.counts
        strata = frequency_strata(tokens[self.live], rng)
        dealt = np.arange(len(tokens)) + np.zeros((DEALS, 1), np.int64)
        dealt[:, self.live] = self.live[np.stack([*permutations_within(strata, rng, DEALS)])]
        parent, child = parent_and_child(dealt[:, self.first], dealt[:, self.second], tokens)
        together = counts_of_pairs(counted_rows(self.firing, device=device), parent, child)
        beyond = (hole_rates(together, tokens[child]) - self._unrelated(parent)).mean(1)
        own, _ = self.parent_and_child
        return {
            LIKE_FREQUENCY: beyond + self._unrelated(own).mean(),
            **controls_by_kind(self._controls(), "rate"),
        }

    def spread(
        self, kin: Integers, *, document_rng: np.random.Generator, kin_rng: np.random.Generator
    ) -> Spread | Absent:
        """Over documents and kin at once, of which features of the cloud have some, int64 (n_features,)."""
        groups = groups_of_both(self.firing, kin, document_rng=document_rng, kin_rng=kin_rng)
        if isinstance(groups, Absent):
            return groups
        parent, child = self.parent_and_child
        together = fired_together(self._fired, parent, child, groups.of_block)
        without = together.sum(0) - together
        left = self.firing.block_counts(groups.blocks_left)[:, child]
        is_left = (groups.of_feature[parent] != np.arange(groups.n_groups)[:, None]) & (left > 0)
        rates = np.ma.masked_array(hole_rates(without, np.maximum(left, 1)), ~is_left)
        return groups.spread(self.hole_rate, rates.mean(1))

    def table(self, cloud: FeatureCloud) -> pd.DataFrame:
        """Every pair, those of most holes first, of equally many the nearest."""
        tokens, rates = self.firing.counts, self.rates
        parent, child = self.parent_and_child
        return pd.DataFrame(
            {
                "parent": cloud.feature_ids[parent],
                "child": cloud.feature_ids[child],
                "cosine": self.cosine,
                "parent_tokens": tokens[parent],
                "child_tokens": tokens[child],
                "hole_rate": rates,
                "unrelated": self._unrelated(parent),
            }
        ).sort_values(["hole_rate", "cosine"], ascending=False, kind="stable")

    def _unrelated(self, parent: Integers) -> Floats:
        """The hole rate of parents that know nothing of their child, of the shape of these."""
        return np.asarray(1 - self.firing.counts[parent] / self.firing.n_blocks)

    def _controls(self) -> list[tuple[str, Mapping[str, float]]]:
        """The rate of each reflected control, whose kin are those of the SAE."""
        found: list[tuple[str, Mapping[str, float]]] = []
        for control in self.firing.controls():
            if control.kind != "reflected":
                continue
            on_tokens = KinOnTokens.of(control.firing, self.first, self.second, self.cosine)
            if isinstance(on_tokens, KinOnTokens):
                found.append((control.kind, {"rate": on_tokens.hole_rate}))
        return found
