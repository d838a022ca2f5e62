"""The null that judges: what an untrained dictionary, reading the same text and firing as often, gives.

Decoder geometry and co-firing are tied by construction, since alike directions read the same activations; so an untrained
dictionary passes every permutation test. What the SAE has beyond it was learned.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from saegeo_core import Absent, NullComparison
from saegeo_core.measuring import null_comparison
from saegeo_lobes.estimates import ESTIMATES, AtK
from saegeo_lobes.live_features import least_features

N_HALVES = 20

Estimates = Mapping[str, float | Absent]


def estimates_of(at: AtK) -> dict[str, float | Absent]:
    """Every metric of one dictionary."""
    return {name: estimate(at) for name, estimate in ESTIMATES.items()}


def estimates_of_halves(
    control: AtK, rng: np.random.Generator, n_halves: int = N_HALVES
) -> list[dict[str, float | Absent]]:
    """Every metric of random halves of a control's features; none where a half is too small for so many lobes."""
    dictionary, size = control.dictionary, len(control.dictionary) // 2
    if size < least_features(control.k):
        return []
    halves = []
    for _ in range(n_halves):
        features = np.sort(rng.choice(len(dictionary), size, replace=False))
        halves.append(estimates_of(AtK.of(dictionary.part(features, (control.k,), rng), control.k, rng)))
    return halves


def control_null(
    name: str, estimate: float, controls: Sequence[Estimates], halves: Sequence[Estimates]
) -> NullComparison | None:
    """Where a metric of the SAE lies among those of the controls; None where they do not have it.

    Args:
        name: of the metric.
        estimate: the SAE's.
        controls: every metric of each control.
        halves: of halves of the only control; empty where there are several.
    """
    return null_comparison.control_null(
        "untrained dictionary", estimate, _numbers(name, controls), _numbers(name, halves)
    )


def _numbers(name: str, estimates: Sequence[Estimates]) -> np.ndarray:
    return np.array([value for one in estimates if not isinstance(value := one[name], Absent)], np.float64)
