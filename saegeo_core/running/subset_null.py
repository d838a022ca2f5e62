"""Features that were chosen, beside random ones of the same SAE that are as long, and fire as often: a null of their own.

A chosen part may look special because it is small, or because its features are long or frequent. Random subsets share that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.report.findings import Findings
from saegeo_core.report.metric import Metric

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics

N_SUBSETS = 19
N_STRATA = 10
MODEL = "random features of the same SAE, of like length"
MODEL_WITH_RATE = f"{MODEL} and firing rate"

Numbers = Mapping[str, float]


def random_subsets(
    cloud: "FeatureCloud",
    firing: "FiringStatistics | None",
    chosen: Integers,
    rng: np.random.Generator,
    n_subsets: int = N_SUBSETS,
) -> list[Integers]:
    """Row numbers of as many features as are chosen, ascending: from every stratum of like ones as many as were chosen there.

    Args:
        cloud: the whole cloud.
        firing: its firing, in the same order; None where only lengths are matched.
        chosen: row numbers of the chosen ones.
        rng: draws them.
        n_subsets: how many.
    """
    strata = _strata([cloud.norms] if firing is None else [cloud.norms, firing.counts])
    drawn = []
    for _ in range(n_subsets):
        parts = [
            rng.choice(np.flatnonzero(strata == stratum), int(n), replace=False)
            for stratum, n in zip(*np.unique(strata[chosen], return_counts=True), strict=True)
        ]
        drawn.append(np.sort(np.concatenate(parts)))
    return drawn


def with_subset_null(findings: Findings, draws: Sequence[Numbers], *, has_rate: bool) -> Findings:
    """Findings whose metrics stand beside the same numbers of random subsets as well, behind their other nulls."""
    model = MODEL_WITH_RATE if has_rate else MODEL
    return replace(findings, metrics=[_beside(metric, draws, model) for metric in findings.metrics])


def numbers_of(findings: Findings) -> dict[str, float]:
    """Every estimate that there is."""
    return {metric.name: metric.value for metric in findings.metrics if metric.value is not None}


def _beside(metric: Metric, draws: Sequence[Numbers], model: str) -> Metric:
    values = [one[metric.name] for one in draws if metric.name in one]
    if metric.value is None or not isinstance(metric.nulls, tuple) or len(values) < len(draws):
        return metric
    null = drawn_null(model, metric.value, values, alternative="two-sided", has_zscore=True)
    return metric.model_copy(update={"nulls": (*metric.nulls, null)})


def _strata(keys: "list[Floats | Integers]") -> Integers:
    """Deciles of each key, crossed: int64 (n_features,)."""
    strata = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        edges = np.quantile(key, np.linspace(0, 1, N_STRATA + 1)[1:-1])
        strata = strata * N_STRATA + np.searchsorted(edges, key, side="right")
    return strata
