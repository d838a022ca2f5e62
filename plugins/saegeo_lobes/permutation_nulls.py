"""The nulls that keep the SAE's own features and give them new places: within strata of like firing frequency, and freely.

The stratified one says whether more than firing frequency is at work; the free one is the paper's, and rejects wherever
frequent features lie together. Neither knows that geometry and co-firing are tied by construction: that takes a control.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent
from saegeo_core.statistics.permutation import permute_within
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.decoding import LinearProbe, merge_small_classes
from saegeo_lobes.dictionary import Dictionary
from saegeo_lobes.estimates import AtK
from saegeo_lobes.published_probe import random_directions

STRATIFIED = "features permuted within strata of like firing frequency"
NAIVE = "features permuted freely (the paper's null)"
FREQUENCY_ALONE = "the same probe on log firing frequency alone"
RANDOM_DIRECTIONS = "the same probe on random directions (the paper's null)"
SHUFFLED_LABELS = "labels of text permuted among documents"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Permutations:
    """Permutations of the features, int32 (n_permutations, n_features) each."""

    stratified: NDArray[np.int32]
    naive: NDArray[np.int32]

    @classmethod
    def of(cls, dictionary: Dictionary, n_permutations: int, rng: np.random.Generator) -> "Permutations":
        """Draw as many of each kind."""
        everywhere = np.zeros_like(dictionary.strata)
        draws = [
            np.stack([permute_within(strata, rng).astype(np.int32) for _ in range(n_permutations)])
            for strata in (dictionary.strata, everywhere)
        ]
        return cls(*draws)

    def of_agreement(self, agreement: Agreement) -> dict[str, Floats]:
        """The adjusted mutual information under each kind."""
        return {STRATIFIED: agreement.permuted(self.stratified), NAIVE: agreement.permuted(self.naive)}

    def of_cramers_v(self, agreement: Agreement) -> dict[str, Floats]:
        """Cramér's V under each kind."""
        return {
            STRATIFIED: agreement.permuted_cramers_v(self.stratified),
            NAIVE: agreement.permuted_cramers_v(self.naive),
        }

    def of_neighbor_phi(self, at: AtK) -> dict[str, Floats]:
        """The neighbor-phi excess under each kind, from one pass over phi."""
        both = at.neighbor_phi(np.concatenate([self.stratified, self.naive])).null_distribution
        return {STRATIFIED: both[: len(self.stratified)], NAIVE: both[len(self.stratified) :]}

    def of_accuracy(self, at: AtK, n_random: int, rng: np.random.Generator) -> dict[str, Floats]:
        """The probe's accuracy on permuted lobes, on frequency instead of directions, and on random directions."""
        classes, _ = merge_small_classes(at.lobes)
        if classes.max() < 1:
            return {}
        counts = at.dictionary.firing.counts
        frequency = np.log(counts / counts.mean())[:, None]
        device = at.dictionary.settings.device
        shape = at.dictionary.units.shape
        random = [LinearProbe(random_directions(*shape, rng), at.folds, device) for _ in range(n_random)]
        nulls = {
            STRATIFIED: at.probe.balanced_accuracies(classes[self.stratified]),
            FREQUENCY_ALONE: LinearProbe(frequency, at.folds, device).balanced_accuracies(classes[None]),
        }
        if random:
            nulls[RANDOM_DIRECTIONS] = np.concatenate([probe.balanced_accuracies(classes[None]) for probe in random])
        return nulls


def of_association(at: AtK, n_permutations: int, rng: np.random.Generator) -> dict[str, Floats]:
    """The association of lobe and text when documents exchange labels."""
    text = at.own_text
    return {} if isinstance(text, Absent) else {SHUFFLED_LABELS: text.permuted_cramers_v(n_permutations, rng)}
