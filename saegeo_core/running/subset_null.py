"""Features that were chosen, beside random ones of the same SAE that are as long, and fire as often: a null of their own.

A chosen part may look special because it is small, or because its features are long or frequent. Random subsets share that.
Of them only the numbers are measured (`Analysis.estimates`), without nulls and intervals of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core.measuring.null_comparison import Draws, null_comparison
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.report.findings import Findings
from saegeo_core.report.metric import Metric, NullComparison

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics

N_SUBSETS = 39
"""The fewest of which a two-sided p-value can be 0.05."""
N_STRATA = 10
MODEL = "random features of the same SAE, of like length"
MODEL_WITH_RATE = f"{MODEL} and firing rate"

Numbers = Mapping[str, float]


def random_subsets(
    cloud: "FeatureCloud", firing: "FiringStatistics | None", chosen: Integers, rng: np.random.Generator, n_subsets: int
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


def with_subset_null(findings: Findings, chosen: Numbers, draws: Sequence[Numbers], *, has_rate: bool) -> Findings:
    """Findings whose metrics stand beside the same numbers of random subsets as well, behind their other nulls.

    Args:
        findings: of the chosen features.
        chosen: their numbers, measured as those of the subsets were: the two are exchangeable where nothing sets the chosen apart.
        draws: the numbers of each subset.
        has_rate: whether firing rates are matched.
    """
    model = MODEL_WITH_RATE if has_rate else MODEL
    metrics = [_beside(metric, chosen, draws, model) for metric in findings.metrics]
    unjudged = [
        one.name
        for one in metrics
        if one.value is not None and isinstance(one.nulls, tuple) and among_random_features(one) is None
    ]
    told = [f"no estimate of random subsets of features for {', '.join(unjudged)}"] if unjudged else []
    return replace(findings, metrics=metrics, warnings=[*findings.warnings, *told])


def among_random_features(metric: Metric) -> NullComparison | None:
    """Where a metric of chosen features lies among those of random ones; None where that was not asked."""
    nulls = metric.nulls if isinstance(metric.nulls, tuple) else ()
    return next((null for null in nulls if null.model in (MODEL, MODEL_WITH_RATE)), None)


def _beside(metric: Metric, chosen: Numbers, draws: Sequence[Numbers], model: str) -> Metric:
    values = [one[metric.name] for one in draws if metric.name in one]
    if (
        metric.value is None
        or not isinstance(metric.nulls, tuple)
        or metric.name not in chosen
        or len(values) < len(draws)
    ):
        return metric
    drawn = Draws(values, shift=chosen[metric.name] - metric.value)
    null = null_comparison(model, metric.value, drawn, "two-sided")
    return metric if null is None else metric.model_copy(update={"nulls": (*metric.nulls, null)})


def _strata(keys: "list[Floats | Integers]") -> Integers:
    """Deciles of each key, crossed: int64 (n_features,)."""
    strata = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        edges = np.quantile(key, np.linspace(0, 1, N_STRATA + 1)[1:-1])
        strata = strata * N_STRATA + np.searchsorted(edges, key, side="right")
    return strata
