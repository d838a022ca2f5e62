"""Features divided into lobes, and whatever is measured of that division: of the SAE or of a control.

The same holds of the lobes that are found without some of the documents and features (`without`) and by one run of k-means
(`of_one_run`): numbers of all of them are computed alike.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent
from saegeo_core.numerics.arrays import Integers
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.decoding import LinearProbe, deal_folds, merge_small_classes
from saegeo_lobes.feature_set import ANGULAR, COSINE_GRAPH, LEFT_OUT, FeatureSet, largest_first
from saegeo_lobes.lobe_text import LobeByText, leading_lobes, lobe_by_text, shares_on
from saegeo_lobes.neighbor_phi import NeighborPhi, neighbor_phi_excess

NO_PERMUTATIONS = np.empty((0, 0), np.int64)
PAIR_COUNTS_ONLY = Absent("only pair counts are known, not which features fired in which block")
NO_LABELS = Absent("the blocks have no labels, or all the same one")
NO_LEADER = Absent("no feature fires in any block with a label")
ONE_CLASS = Absent("fewer than two lobes of ten features, so there is nothing to tell apart")
NO_ANGULAR = Absent("the angular affinity of all pairs does not fit in the memory allowed")


@dataclass(frozen=True)
class FeatureLobes:
    """Features of one dictionary divided into k lobes.

    Attributes:
        features: the features.
        k: number of lobes, one of the settings' `n_clusters`.
        lobes: int64 (n_features,), the lobe of each, from 0; `LEFT_OUT` for those that do not count.
        folds: int64 (n_features,), the folds of the probe.
        probe: tells lobes from unit directions.
        left_out: bool (n_blocks,), blocks of text that do not count; None where all do.
        run: number of the run of k-means whose clusters of directions are taken; None for the consensus.
    """

    features: FeatureSet
    k: int
    lobes: Integers
    folds: Integers
    probe: LinearProbe
    left_out: NDArray[np.bool_] | None = None
    run: int | None = None

    @classmethod
    def of(cls, features: FeatureSet, k: int, rng: np.random.Generator) -> "FeatureLobes":
        """The lobes by phi, and a probe with folds dealt by `rng`."""
        folds = deal_folds(features.strata, rng)
        probe = LinearProbe(features.units.numpy(force=True), folds, features.settings.device)
        return cls(features, k, features.lobes("phi").labels(k), folds, probe)

    def at(self, k: int) -> "FeatureLobes":
        """The same features divided into another number of lobes, with the same probe."""
        return replace(self, k=k, lobes=self.features.lobes("phi").labels(k))

    def without(self, left_out: NDArray[np.bool_], lobes: Integers) -> "FeatureLobes":
        """The same divided by the `lobes` that are found without the blocks `left_out`, and without features they leave out."""
        return replace(self, lobes=lobes, left_out=left_out)

    def of_one_run(self, number: int) -> "FeatureLobes":
        """The same with the clusters of single runs of k-means, of lobes and of directions, in place of the consensus."""
        runs = self.features.lobes("phi").runs(self.k)
        return replace(self, lobes=largest_first(runs[number % len(runs)]), run=number)

    def agreement_with(self, geometry: str) -> Agreement:
        """Of the lobes with one clustering of the directions."""
        clusters = self.features.geometry(geometry)
        runs = clusters.labels(self.k)[None] if self.run is None else clusters.runs(self.k)
        labels = runs[(self.run or 0) % len(runs)]
        if not self._counts.all():
            labels = clusters.moved(labels, self._counts)
        return Agreement(self.lobes[self._counts], labels)

    @cached_property
    def graph_agreement(self) -> Agreement:
        """Of the lobes with the clusters of the cosine graph."""
        return self.agreement_with(COSINE_GRAPH)

    @cached_property
    def angular_agreement(self) -> Agreement | Absent:
        """Of the lobes with the clusters of the angular affinity."""
        return self.agreement_with(ANGULAR) if ANGULAR in self.features.settings.geometries else NO_ANGULAR

    @cached_property
    def classes(self) -> Integers | Absent:
        """What the probe tells, of the features that count: the lobes from 0, those under ten features as one."""
        classes, _ = merge_small_classes(self.lobes[self._counts])
        return classes if classes.max() > 0 else ONE_CLASS

    @cached_property
    def accuracy(self) -> float | Absent:
        """Balanced accuracy with which the probe tells lobes, in [0, 1]."""
        classes = self.classes
        if isinstance(classes, Absent):
            return classes
        probe = self.probe if self._counts.all() else self._probe_of_some()
        return float(probe.balanced_accuracies(classes[None])[0])

    def _probe_of_some(self) -> LinearProbe:
        """The probe of the features that count alone."""
        units = self.features.units.numpy(force=True)[self._counts]
        return LinearProbe(units, self.folds[self._counts], self.features.settings.device)

    @property
    def _counts(self) -> NDArray[np.bool_]:
        """Which features count, bool (n_features,)."""
        counts: NDArray[np.bool_] = self.lobes != LEFT_OUT
        return counts

    def neighbor_phi(self, permutations: NDArray[np.integer[Any]] = NO_PERMUTATIONS) -> NeighborPhi:
        """How neighbors fire together, and the same under permutations (n_permutations, n_features); lobes play no part."""
        features = self.features
        rows = permutations.reshape(-1, len(features))
        return neighbor_phi_excess(features.phi_rows(), features.neighbors.indices, features.strata, rows)

    @cached_property
    def text(self) -> LobeByText | Absent:
        """What kinds of text the lobes lead; one pass over the incidence serves estimate, null and table."""
        return text_of(self.features, self.lobes, self.left_out)


def text_of(features: FeatureSet, lobes: Integers, left_out: NDArray[np.bool_] | None = None) -> LobeByText | Absent:
    """What kinds of text lobes lead, of `FeatureLobes.lobes`; without the blocks `left_out`, bool (n_blocks,)."""
    firing = features.firing
    label, group = firing.label_of_block, firing.group_of_block
    if firing.fired is None:
        return PAIR_COUNTS_ONLY
    if label is None or group is None or len(np.unique(label[label >= 0])) < 2:
        return NO_LABELS
    shares = shares_on(features.on_in_blocks(lobes)[0], lobes[lobes != LEFT_OUT])
    leading = leading_lobes(shares, relative=features.settings.lead_is_relative)
    kept = np.ones(len(leading), bool) if left_out is None else ~left_out
    counted = lobe_by_text(
        leading[kept],
        label[kept],
        group[kept],
        n_lobes=int(lobes.max()) + 1,
        n_labels=len(firing.label_names),
    )
    return counted if counted.documents.any() else NO_LEADER
