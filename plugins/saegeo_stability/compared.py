"""Two dictionaries beside random ones: numbers, nulls and intervals together."""

from functools import partial

import numpy as np
import pandas as pd

from saegeo_core import Absent, Described, Descriptions, Figure, Findings
from saegeo_core.measuring.many_metrics import described_metrics, drawn_nulls, subsampled
from saegeo_core.measuring.null_directions import matched_directions
from saegeo_core.numerics.across import nearest_across
from saegeo_core.statistics.null_directions import uniform_directions
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_stability.agreement import agreement

DESCRIBED = Descriptions(
    mmcs=Described("cosine", "higher", "Mean over features of the largest cosine with one of the other dictionary."),
    mmcs_reverse=Described("cosine", "higher", "The same over the features of the other dictionary."),
    mutual_share=Described("share of features", "higher", "Features that are the nearest of their own nearest."),
    pw_mcc=Described("cosine", "higher", "Mean cosine of features paired one to one so that it is largest."),
    shared_share=Described("share of pairs", "higher", "Pairs of that pairing whose cosine is above shared_above."),
)
REFLECTED = "the other dictionary reflected along its own principal axes"
MATCHED = "the other dictionary drawn from an angular Gaussian of its own mean and covariance"
UNIFORM = "the other dictionary drawn uniformly"
FIGURE = Figure(
    name="nearest", title="Nearest in the other", kind="line", table="quantiles", x="share", y=("observed", "random")
)


def compared(cloud, other, parameters, context):
    """Compare the clouds, then the first with random dictionaries, and parts of the first with the other."""
    first, second = (one.unit_vectors().to(context.device) for one in (cloud, other))
    smaller, larger = sorted([len(first), len(second)])
    measure = partial(agreement, shared_above=parameters.shared_above, one_to_one=larger <= parameters.most_paired)
    found = measure(first, second)
    of_parts, of_draws = context.rng.spawn(2)
    reflected = ReflectedDirections.of(second)
    matched = matched_directions(other.vectors, across=True, device=context.device)
    random = {
        REFLECTED: lambda: reflected.sample(of_draws),
        MATCHED: lambda: matched.sample(len(second), of_draws).to(context.device),
        UNIFORM: lambda: uniform_directions(cloud.d_in).sample(len(second), of_draws).to(context.device),
    }
    times = range(parameters.null_draws)
    draws = {
        name: [measure(first, draw()) for _ in context.progress(times, len(times), "random dictionaries")]
        for name, draw in random.items()
        if not (name == MATCHED and isinstance(matched, Absent))
    }
    not_paired = Absent(f"{larger} features are not paired one to one; stability.most_paired={larger} has it done")
    metrics, replicates = described_metrics(
        DESCRIBED,
        dict.fromkeys(DESCRIBED, not_paired) | found,
        n=dict(zip(DESCRIBED, (len(first), len(second), len(first), smaller, smaller), strict=True)),
        intervals=subsampled(lambda rows: measure(first[rows], second), found, len(first), of_parts, of=cloud.digest),
        nulls=drawn_nulls(found, draws),
    )
    near = nearest_across(first, second)
    nearest = {"feature": cloud.feature_ids, "nearest": other.feature_ids[near.partner], "cosine": near.cosine}
    shares = np.linspace(0, 1, 101)
    of_random = nearest_across(first, random[REFLECTED]()).cosine
    curves = {"observed": np.quantile(near.cosine, shares), "random": np.quantile(of_random, shares)}
    tables = {"nearest": pd.DataFrame(nearest), "quantiles": pd.DataFrame({"share": shares, **curves})}
    warnings = [matched.absent] if isinstance(matched, Absent) else []
    if (cloud.sae.model, cloud.sae.hook_name) != (other.sae.model, other.sae.hook_name):
        warnings.append(f"they are not known to read the same place: {cloud.sae.hook_name}, {other.sae.hook_name}")
    return Findings(metrics, tables, [FIGURE], warnings=warnings, replicates=replicates)
