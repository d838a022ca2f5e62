"""The null that judges: what an untrained dictionary, reading the same text and firing as often, gives.

Decoder geometry and co-firing are tied by construction, since alike directions read the same activations; so an untrained
dictionary passes every permutation test. What the SAE has beyond it was learned.

With 19 draws or more the p-value is the rank of the SAE among them. With fewer it is Student's, for one more draw beside the
mean of those there are: their spread is measured between them, or, of a single one, on random halves of its features. Features of
a control are drawn independently, and a half omits as many as it keeps, so its spread is that of a whole draw about the whole.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from saegeo_core import Absent, NullComparison
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_lobes.estimates import ESTIMATES, AtK
from saegeo_lobes.live_features import least_features

RANKED_FROM = 19
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
    draws = _numbers(name, controls)
    if not len(draws):
        return None
    mean, n_draws = float(draws.mean()), len(draws)
    if n_draws >= RANKED_FROM:
        return NullComparison(
            model=f"untrained dictionaries ({n_draws} controls)",
            draws=n_draws,
            mean=mean,
            standard_deviation=float(draws.std(ddof=1)),
            z=_score(estimate - mean, float(draws.std(ddof=1))),
            pvalue=permutation_pvalue(estimate, draws, "greater"),
            alternative="greater",
        )
    spread_from = draws if n_draws > 1 else _numbers(name, halves)
    deviation = float(spread_from.std(ddof=1)) if len(spread_from) > 1 else None
    z = None if deviation is None else _score(estimate - mean, deviation * np.sqrt(1 + 1 / n_draws))
    source = f"spread of {n_draws} draws" if n_draws > 1 else f"spread of {len(spread_from)} halves of its features"
    return NullComparison(
        model=f"untrained dictionary ({n_draws} control{'s' * (n_draws > 1)}; {source})",
        draws=n_draws,
        mean=mean,
        standard_deviation=deviation,
        z=z,
        pvalue=None if z is None else float(stats.t.sf(z, len(spread_from) - 1)),
        alternative="greater",
    )


def _numbers(name: str, estimates: Sequence[Estimates]) -> np.ndarray:
    return np.array([value for one in estimates if not isinstance(value := one[name], Absent)], np.float64)


def _score(difference: float, deviation: float) -> float | None:
    return difference / deviation if deviation else None
