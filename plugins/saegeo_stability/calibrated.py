"""Two dictionaries beside random ones: numbers, how well they are known, and nulls together."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from torch import Tensor

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import Moments
from saegeo_core.measuring.null_draws import nulls_of_draws
from saegeo_core.measuring.of_cloud import kin_of, matched_directions_of
from saegeo_core.measuring.resampled import spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.across import nearest_across
from saegeo_core.statistics.null_directions import uniform_directions
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.statistics.resampling import on_the_logit_scale
from saegeo_stability.agreement import Agreement, agreement, numbers_of
from saegeo_stability.declared import DECLARED

REFLECTED = "the other dictionary reflected along the principal axes of both, beside their mean"
MATCHED = "the other dictionary drawn from an angular Gaussian of its own mean and covariance"
UNIFORM = "the other dictionary drawn uniformly"
DRAWS_BESIDE = 2
"""Of the nulls that do not judge: enough for a mean over thousands of features."""

FIGURE = Figure(
    name="nearest", title="Nearest in the other", kind="line", table="quantiles", x="share", y=("observed", "random")
)


def calibrated_findings(
    cloud: FeatureCloud,
    other: FeatureCloud,
    context: AnalysisContext,
    *,
    shared_above: float,
    null_draws: int,
    max_paired: int,
) -> Findings:
    """Compare the clouds, then the first with random dictionaries."""
    measure, first, second = compared(cloud, other, context, shared_above=shared_above, max_paired=max_paired)
    found, larger = measure(first, second), max(len(first), len(second))
    not_paired = Absent(f"{larger} features are not paired one to one; stability.max_paired={larger} has it done")
    random, warnings = _random_dictionaries(other, (first, second), context.rng, context.device)
    order = [model for model in random for _ in range(null_draws if model == REFLECTED else DRAWS_BESIDE)]
    draws: dict[str, list[dict[str, float]]] = {model: [] for model in random}
    for model in context.progress(order, len(order), "random dictionaries"):
        draws[model].append(numbers_of(measure(*random[model]())))
    judged = nulls_of_draws({REFLECTED: draws[REFLECTED]})
    beside = {
        name: {
            model: Moments(float(np.mean([one[name] for one in many])))
            for model, many in draws.items()
            if model != REFLECTED
        }
        for name in judged
    }
    if (cloud.sae.model, cloud.sae.hook_name) != (other.sae.model, other.sae.hook_name):
        warnings.append(f"they are not known to read the same place: {cloud.sae.hook_name}, {other.sae.hook_name}")
    return DECLARED.findings(
        {**dict.fromkeys(DECLARED, not_paired), **numbers_of(found)},
        n={name: len(found[name].values) if name in found else min(len(first), len(second)) for name in DECLARED},
        spread=spreads(found, cloud, other, context.device),
        nulls={name: {**judged[name], **beside[name]} for name in judged},
        tables=_nearest_tables(cloud, other, first, second, random[REFLECTED]()),
        figures=[FIGURE],
        warnings=warnings,
    )


def compared(
    cloud: FeatureCloud, other: FeatureCloud, context: AnalysisContext, *, shared_above: float, max_paired: int
) -> tuple[Callable[[Tensor, Tensor], dict[str, Agreement]], Tensor, Tensor]:
    """What gives every number of two dictionaries of unit rows, and those of the two clouds."""
    first, second = (one.unit_vectors().to(context.device) for one in (cloud, other))
    is_paired = max(len(first), len(second)) <= max_paired
    return partial(agreement, shared_above=shared_above, one_to_one=is_paired), first, second


def spreads(
    found: Mapping[str, Agreement], cloud: FeatureCloud, other: FeatureCloud, device: str
) -> dict[str, Spread | Absent]:
    """How well each mean is known, kin of the dictionary that it is taken over left out together."""
    kin = [kin_of(one, device=device) for one in (cloud, other)]
    known = {
        name: spread_by_kin(one.number, one.values - one.number, kin[one.of_second][one.features])
        for name, one in found.items()
    }
    return {
        name: Spread(on_the_logit_scale(one.resampled, len(found[name].values)))
        if name.endswith("_share") and isinstance(one, Spread)
        else one
        for name, one in known.items()
    }


def _random_dictionaries(
    other: FeatureCloud, units: tuple[Tensor, Tensor], rng: np.random.Generator, device: str
) -> tuple[dict[str, Callable[[], tuple[Tensor, Tensor]]], list[str]]:
    """What draws unit rows in place of those of the other cloud, the judging null first; and why one is missing.

    Each gives the rows of the first cloud beside them, in the same coordinates.
    """
    first, second = units
    n, d = second.shape
    reflected, uniform = ReflectedDirections.of(second, pooled_with=first), uniform_directions(d)
    first_along_axes = first @ reflected.axes
    random: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
        REFLECTED: lambda: (first_along_axes, reflected.sample_along_axes(rng))
    }
    matched = matched_directions_of(other, across=True, device=device)
    if not isinstance(matched, Absent):
        random[MATCHED] = lambda: (first, matched.sample(n, rng).to(device))
    random[UNIFORM] = lambda: (first, uniform.sample(n, rng).to(device))
    return random, [matched.absent] if isinstance(matched, Absent) else []


def _nearest_tables(
    cloud: FeatureCloud, other: FeatureCloud, first: Tensor, second: Tensor, random: tuple[Tensor, Tensor]
) -> dict[str, pd.DataFrame]:
    """Who is nearest to each feature, and quantiles of these cosines beside those of a random dictionary.

    `random` holds the rows of the first cloud and of that dictionary, in the coordinates of either.
    """
    near, shares = nearest_across(first, second), np.linspace(0, 1, 101)
    nearest = {"feature": cloud.feature_ids, "nearest": other.feature_ids[near.partner], "cosine": near.cosine}
    cosines = {"observed": near.cosine, "random": nearest_across(*random).cosine}
    quantiles = {name: np.quantile(values, shares) for name, values in cosines.items()}
    return {"nearest": pd.DataFrame(nearest), "quantiles": pd.DataFrame({"share": shares, **quantiles})}
