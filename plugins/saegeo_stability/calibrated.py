"""Two dictionaries beside random ones: numbers, how well they are known, and nulls together."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from torch import Tensor

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.measuring.resampled import spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.full_pairing import FullPairing
from saegeo_core.statistics.resampling import on_the_logit_scale
from saegeo_stability.agreement import Agreement, Mean, agreement
from saegeo_stability.declared import DECLARED
from saegeo_stability.random_dictionaries import random_dictionaries

FIGURE = Figure(
    name="nearest",
    title="How near the nearest in the other dictionary is",
    kind="line",
    table="quantiles",
    x="share",
    y=("observed", "random"),
    y_names=("the other dictionary", "a random dictionary"),
    nulls=("random",),
    x_title="share of features at most so near",
    y_title="cosine of the nearest",
    caption="Quantiles over the features of the first dictionary.",
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
    found, larger = measure(first, second), cloud if len(first) > len(second) else other
    not_paired = Absent(
        f"{larger.n_features} features are not paired one to one; stability.max_paired={larger.n_features} has it done"
    )
    random = random_dictionaries(
        (first, second),
        kin_of(larger, device=context.device, watch=context.watch("kin")),
        found,
        context,
        shared_above=shared_above,
        null_draws=null_draws,
    )
    warnings = []
    if (cloud.sae.model, cloud.sae.hook_name) != (other.sae.model, other.sae.hook_name):
        warnings.append(f"they are not known to read the same place: {cloud.sae.hook_name}, {other.sae.hook_name}")
    return DECLARED.findings(
        {**dict.fromkeys(DECLARED, not_paired), **found.numbers},
        n={
            name: len(found.means[name].values) if name in found.means else min(len(first), len(second))
            for name in DECLARED
        },
        spread=spreads(found.means, cloud, other, context),
        nulls=random.nulls,
        tables=_tables(cloud, other, found, random.nearest),
        figures=[FIGURE],
        warnings=warnings,
    )


def compared(
    cloud: FeatureCloud, other: FeatureCloud, context: AnalysisContext, *, shared_above: float, max_paired: int
) -> tuple[Callable[[Tensor, Tensor], Agreement], Tensor, Tensor]:
    """What gives every number of two dictionaries of unit rows, and those of the two clouds."""
    first, second = (one.unit_vectors().to(context.device) for one in (cloud, other))
    is_paired = max(len(first), len(second)) <= max_paired
    measure = partial(agreement, shared_above=shared_above, one_to_one=is_paired, watch=context.watch("partners"))
    return measure, first, second


def spreads(
    found: Mapping[str, Mean], cloud: FeatureCloud, other: FeatureCloud, context: AnalysisContext
) -> dict[str, Spread | Absent]:
    """How well each mean is known, kin of the dictionary that it is taken over left out together."""
    kin = [kin_of(one, device=context.device, watch=context.watch("kin")) for one in (cloud, other)]
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


def _tables(cloud: FeatureCloud, other: FeatureCloud, found: Agreement, random: np.ndarray) -> dict[str, pd.DataFrame]:
    """Who is nearest to each feature, quantiles of these cosines beside a random dictionary's, and how good the pairings are."""
    observed, shares = found.means["mmcs"].values, np.linspace(0, 1, 101)
    nearest = {"feature": cloud.feature_ids, "nearest": other.feature_ids[found.nearest], "cosine": observed}
    quantiles = {name: np.quantile(one, shares) for name, one in (("observed", observed), ("random", random))}
    tables = {"nearest": pd.DataFrame(nearest), "quantiles": pd.DataFrame({"share": shares, **quantiles})}
    if found.pairings:
        tables["pairings"] = _pairings(found.pairings)
    return tables


def _pairings(pairings: Mapping[str, FullPairing]) -> pd.DataFrame:
    """The mean of each pairing, and what no pairing can exceed."""
    values, bounds = ([getattr(one, name) for one in pairings.values()] for name in ("value", "bound"))
    return pd.DataFrame({"metric": list(pairings), "mean": values, "at_most": bounds})
