"""What the numbers of an SAE are compared with besides controls: its own features in new places, other inputs, other labels.

Decoder geometry and co-firing are tied by construction, since alike directions read the same activations; so an untrained
dictionary passes every permutation test. What the SAE has beyond controls was learned, and these judge.

Permutations keep the SAE's own features and give them new places: within strata of like firing frequency, and freely. The
stratified null says whether more than firing frequency is at work; the free one is the paper's, and rejects wherever frequent
features lie together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent
from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.permutation import permutations_within
from saegeo_lobes.decoding import LinearProbe, random_directions
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import FeatureSet

STRATIFIED = "features permuted within strata of like firing frequency"
NAIVE = "features permuted freely (the paper's null)"
FREQUENCY_ALONE = "the same probe on log firing frequency alone"
RANDOM_DIRECTIONS = "the same probe on random directions (the paper's null)"
SHUFFLED_LABELS = "labels of text permuted among documents"

ModelDraws = Mapping[str, Floats]
"""Null models by name, each with draws of a number, (n_draws,)."""


@dataclass(frozen=True)
class NullModels:
    """The null models of one SAE that are drawn.

    Attributes:
        permutations: int32 (2 * null_draws, n_features), first those within strata, then as many free ones.
        isotropic_draws: random dictionaries that the probe is tried on.
        rng: draws whatever is not a permutation of features.
    """

    permutations: NDArray[np.int32]
    isotropic_draws: int
    rng: np.random.Generator

    @classmethod
    def of(
        cls,
        features: FeatureSet,
        *,
        null_draws: int,
        isotropic_draws: int,
        permutation_rng: np.random.Generator,
        rng: np.random.Generator,
    ) -> "NullModels":
        """With permutations of the features drawn by `permutation_rng`."""
        everywhere = np.zeros_like(features.strata)
        drawn = [
            permutation.astype(np.int32)
            for strata in (features.strata, everywhere)
            for permutation in permutations_within(strata, permutation_rng, null_draws)
        ]
        return cls(np.stack(drawn), isotropic_draws, rng)

    @property
    def null_draws(self) -> int:
        """Permutations of either kind."""
        return len(self.permutations) // 2

    @property
    def stratified(self) -> NDArray[np.int32]:
        """Permutations within strata, int32 (null_draws, n_features)."""
        return self.permutations[: self.null_draws]

    def permuted(self, statistic: Callable[[NDArray[np.int32]], Floats]) -> ModelDraws:
        """What a statistic of permutations gives under either kind."""
        drawn = statistic(self.permutations)
        return {STRATIFIED: drawn[: self.null_draws], NAIVE: drawn[self.null_draws :]}

    def accuracy(self, sae: FeatureLobes) -> ModelDraws:
        """The probe's accuracy on permuted lobes, on frequency instead of directions, and on random directions."""
        classes = sae.classes
        if isinstance(classes, Absent):
            return {}
        counts, device = sae.features.firing.counts, sae.features.settings.device
        n_features, d_in = sae.features.units.shape

        def told_from(inputs: NDArray[np.floating[Any]]) -> Floats:
            return LinearProbe(inputs, sae.folds, device).balanced_accuracies(classes[None])

        random = [told_from(random_directions(n_features, d_in, self.rng)) for _ in range(self.isotropic_draws)]
        return {
            STRATIFIED: sae.probe.balanced_accuracies(classes[self.stratified]),
            FREQUENCY_ALONE: told_from(np.log(counts / counts.mean())[:, None]),
            **({RANDOM_DIRECTIONS: np.concatenate(random)} if random else {}),
        }

    def text_association(self, sae: FeatureLobes) -> ModelDraws:
        """The association of lobe and text when documents exchange labels."""
        text = sae.text
        return {} if isinstance(text, Absent) else {SHUFFLED_LABELS: text.permuted_cramers_v(self.null_draws, self.rng)}
