"""Every metric of a dictionary at one number of lobes, as bare numbers: of the SAE, of a control, of half a control."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.decoding import LinearProbe, deal_folds, merge_small_classes
from saegeo_lobes.dictionary import ANGULAR, COSINE_GRAPH, Dictionary
from saegeo_lobes.lobe_text import LobeByText, leading_lobes, lobe_by_text, shares_on
from saegeo_lobes.neighbor_phi import NeighborPhi, neighbor_phi_excess

Labels = NDArray[np.int64]

NO_PERMUTATIONS = np.empty((0, 0), np.int64)
PAIR_COUNTS_ONLY = "only pair counts are known, not which features fired in which block"
NO_LABELS = "the blocks have no labels, or all the same one"
ONE_CLASS = "fewer than two lobes of ten features, so there is nothing to tell apart"
NO_ANGULAR = "the angular affinity of all pairs does not fit in the memory allowed"


@dataclass(frozen=True)
class AtK:
    """A dictionary at one number of lobes.

    Attributes:
        dictionary: the features.
        k: number of lobes, one of the settings' `n_clusters`.
        folds: int64 (n_features,), the folds of the probe.
    """

    dictionary: Dictionary
    k: int
    folds: Labels

    @classmethod
    def of(cls, dictionary: Dictionary, k: int, rng: np.random.Generator) -> "AtK":
        """With folds dealt by `rng`."""
        return cls(dictionary, k, deal_folds(dictionary.strata, rng))

    @cached_property
    def lobes(self) -> Labels:
        """The functional lobes, by phi."""
        return self.dictionary.lobes("phi").labels[self.k]

    @cached_property
    def graph_agreement(self) -> Agreement:
        """Of the lobes with the clusters of the cosine graph."""
        return self.agreement_with(COSINE_GRAPH, self.lobes)

    @cached_property
    def probe(self) -> LinearProbe:
        """From unit directions."""
        return LinearProbe(self.dictionary.units.numpy(force=True), self.folds, self.dictionary.settings.device)

    def agreement_with(self, geometry: str, lobes: Labels) -> Agreement:
        """Of any lobes with one clustering of the directions."""
        return Agreement(lobes, self.dictionary.geometry(geometry).labels[self.k])

    def accuracy(self, lobes: Labels) -> float | Absent:
        """Balanced accuracy with which the probe tells lobes; those under ten features count as one."""
        classes, _ = merge_small_classes(lobes)
        if classes.max() < 1:
            return Absent(ONE_CLASS)
        return float(self.probe.balanced_accuracies(classes[None])[0])

    def neighbor_phi(self, permutations: NDArray[np.integer] = NO_PERMUTATIONS) -> NeighborPhi:
        """How neighbors fire together, and the same under permutations (n_permutations, n_features)."""
        rows = permutations.reshape(-1, len(self.dictionary))
        return neighbor_phi_excess(
            self.dictionary.phi_rows(), self.dictionary.neighbors.indices, self.dictionary.strata, rows
        )

    @cached_property
    def own_text(self) -> LobeByText | Absent:
        """What kinds of text the functional lobes lead; one pass over the incidence serves estimate, null and table."""
        return self.text(self.lobes)

    def text(self, lobes: Labels, blocks: NDArray[np.bool_] | None = None) -> LobeByText | Absent:
        """What kinds of text lobes lead, over all blocks or those of a mask (n_blocks,)."""
        firing = self.dictionary.firing
        label, group = firing.label_of_block, firing.group_of_block
        if firing.fired is None:
            return Absent(PAIR_COUNTS_ONLY)
        if label is None or group is None or len(np.unique(label[label >= 0])) < 2:
            return Absent(NO_LABELS)
        shares = shares_on((tile for _, tile in firing.fired.tiles()), lobes)
        leading = leading_lobes(shares, relative=self.dictionary.settings.lead_is_relative)
        kept = np.ones(len(leading), bool) if blocks is None else blocks
        return lobe_by_text(
            leading[kept], label[kept], group[kept], n_lobes=int(lobes.max()) + 1, n_labels=len(firing.label_names)
        )


def _association(at: AtK) -> float | Absent:
    text = at.own_text
    return text if isinstance(text, Absent) else text.cramers_v


def _angular(at: AtK) -> float | Absent:
    if ANGULAR not in at.dictionary.settings.geometries:
        return Absent(NO_ANGULAR)
    return at.agreement_with(ANGULAR, at.lobes).adjusted_mutual_information


ESTIMATES: dict[str, Callable[[AtK], float | Absent]] = {
    "ami": lambda at: at.graph_agreement.adjusted_mutual_information,
    "ami_angular": _angular,
    "neighbor_phi_excess": lambda at: at.neighbor_phi().excess,
    "decoding_balanced_accuracy": lambda at: at.accuracy(at.lobes),
    "cramers_v": lambda at: at.graph_agreement.cramers_v,
    "lobe_text_association": _association,
}
