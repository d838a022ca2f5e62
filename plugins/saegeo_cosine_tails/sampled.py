"""The calibrated preset where all pairs are too many: some rows, drawn at random, each held against all.

Tails and nearest cosines are estimated, without bias, and their intervals are those of the sampling: they hold the number of all
rows. Mean and mean squared cosine follow from moments of the rows and stay exact.
"""

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Nulls, SampledLaw
from saegeo_core.measuring.of_cloud import direction_moments_of
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.directions import mean_squared_cosine
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines
from saegeo_core.statistics.laws import NormalLaw, ShareLaw
from saegeo_core.statistics.null_extremes import N_NEAREST, nearest_cosine_law
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.null_row_sums import N_DIRECTIONS, mean_absolute_and_capacity_laws
from saegeo_core.statistics.sampled_rows import SampledRows
from saegeo_core.statistics.uniform_directions import (
    capacity_law,
    mean_absolute_cosine_law,
    mean_cosine_law,
    mean_nearest_cosine_law,
    mean_squared_cosine_law,
    tail_count_law,
    tail_probability,
)
from saegeo_cosine_tails.calibrated import (
    COMMON_MEAN,
    KIN_UNKNOWN,
    MATCHED,
    NO_MEAN,
    UNIFORM,
    expected_shares,
    hubness_judged,
    random_directions,
    threshold_of,
)
from saegeo_cosine_tails.declared import DECLARED
from saegeo_cosine_tails.tables import nearest_table, tail_figures, tail_tables

NEEDS_ALL_PAIRS = ("max_cosine", "min_cosine", "duplicate_features", "antipodal_features")
ROW_SUMS = ("mean_absolute_cosine", "capacity")
SIDES = {"tail_fraction": "tail", "tail_fraction_positive": "tail_positive", "tail_fraction_negative": "tail_negative"}
"""Shares of pairs, and what `null_pairs` calls them."""


def sampled_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    p0: float,
    min_expected: float,
    threshold: float | None,
    max_rows: int,
) -> Findings:
    """Hold `max_rows` rows against all, fewer than there are, and judge what was seen."""
    n, d, device = cloud.n_features, cloud.d_in, context.device
    rows = SampledRows(n, max_rows)
    cosine, warnings = threshold_of(cloud, p0, min_expected, threshold)
    order = sampled_first(n, max_rows, context.rng)
    cosines = pairwise_cosines(
        cloud.vectors[torch.from_numpy(order)],
        [cosine],
        device=device,
        of_first=max_rows,
        watch=context.watch("pairwise cosines"),
    )
    above, below = cosines.n_above[0].astype(np.float64), cosines.n_below[0].astype(np.float64)
    counts = {"tail_fraction": above + below, "tail_fraction_positive": above, "tail_fraction_negative": below}
    moments = direction_moments_of(cloud, device=device, watch=context.watch("moments"))
    squared = mean_squared_cosine(moments.second, n)
    uniform = float(tail_probability(cosine, d))

    known = {name: Spread(rows.share(count)) for name, count in counts.items()}
    known["tail_excess"] = known["tail_fraction"].moved(unit=uniform)
    known["mean_absolute_cosine"] = Spread(rows.mean(cosines.absolute_cosine_sum / (n - 1)))
    known["capacity"] = Spread(rows.mean(1 / (1 + cosines.squared_cosine_sum)))
    known["nearest_cosine_mean"] = Spread(rows.mean(cosines.nearest_cosine))

    random = random_directions(cloud, context)
    pairs = {
        model: sample_null_pairs(null, cosine, context.rng, watch=context.watch("random pairs"))
        for model, null in random.items()
    }

    def of_tail(name: str, unit: float = 1.0) -> Nulls:
        probability = uniform if name == "tail_fraction" else uniform / 2
        of_all = tail_count_law(n * (n - 1) // 2, probability)
        sampled: dict[str, SampledLaw | ShareLaw] = {
            model: SampledLaw(ShareLaw(one.sampled_count_law(SIDES[name], rows), rows.n_looks, unit), one.n_directions)
            for model, one in pairs.items()
        }
        law = rows.count_law(of_all, 0.0, probability * (1.0 - probability))
        return {**sampled, UNIFORM: ShareLaw(law, rows.n_looks, unit)}

    matched = random.get(MATCHED)
    nearest: Nulls = {UNIFORM: mean_nearest_cosine_law(n, d, max_rows)}
    expected = {}
    if matched is not None:
        nearest = {MATCHED: SampledLaw(nearest_cosine_law(matched, n, context.rng, max_rows), N_NEAREST), **nearest}
        expected = {"matched": expected_shares(matched, cosines, context.rng)}
    common_mean = {
        model: SampledLaw(one.mean_law("squared_cosine", n), one.n_directions)
        for model, one in pairs.items()
        if model == COMMON_MEAN
    }
    of_rows: dict[str, dict[str, SampledLaw | NormalLaw]] = {name: {} for name in ROW_SUMS}
    if COMMON_MEAN in random:
        laws = mean_absolute_and_capacity_laws(random[COMMON_MEAN], n, context.rng)
        for name, law in zip(ROW_SUMS, laws, strict=True):
            of_rows[name][COMMON_MEAN] = SampledLaw(_also_sampled(law, known[name]), N_DIRECTIONS)
    for name, law in zip(ROW_SUMS, (mean_absolute_cosine_law(n, d), capacity_law(n, d)), strict=True):
        of_rows[name][UNIFORM] = _also_sampled(law, known[name])
    hubs, judged_hubs = hubness_judged(cloud, matched, None, context)
    looked_at = f"{max_rows} of {n} rows were held against all"
    return DECLARED.findings(
        {name: one.resampled.estimate for name, one in known.items()}
        | {
            "mean_cosine": (n * float(moments.mean @ moments.mean) - 1.0) / (n - 1),
            "mean_squared_cosine": squared,
            "hubness": hubs,
        }
        | dict.fromkeys(NEEDS_ALL_PAIRS, Absent(f"it needs all pairs, and {looked_at} (cosine-tails.max_rows)")),
        n=dict.fromkeys(DECLARED, cosines.n_pairs)
        | dict.fromkeys(NEEDS_ALL_PAIRS, 0)
        | {"nearest_cosine_mean": max_rows, "capacity": max_rows, "hubness": judged_hubs.n},
        spread={**known, **dict.fromkeys(("mean_cosine", "mean_squared_cosine", "hubness"), KIN_UNKNOWN)},
        nulls={
            **{name: of_tail(name) for name in SIDES},
            "tail_excess": of_tail("tail_fraction", unit=uniform),
            "mean_cosine": {
                NO_MEAN: mean_cosine_law(n, min(d, 1 / squared) if squared > 0 else d),
                UNIFORM: mean_cosine_law(n, d),
            },
            "mean_squared_cosine": {**common_mean, UNIFORM: mean_squared_cosine_law(n, d)},
            "nearest_cosine_mean": nearest,
            "hubness": judged_hubs.nulls,
            **of_rows,
        },
        additions={
            **dict.fromkeys(known, f" From {max_rows} of {n} rows."),
            "tail_fraction": f" The threshold is {cosine:.4f}. From {max_rows} of {n} rows.",
        },
        tables=tail_tables(cosines, d, expected) | {"nearest": nearest_table(cloud, cosines, order)},
        figures=tail_figures(("observed", "uniform", *expected)),
        warnings=[
            f"{looked_at}, drawn at random (cosine-tails.max_rows): tails and nearest cosines are estimates, and their intervals "
            "hold what all rows have, not what another dictionary would",
            *warnings,
        ],
    )


def _also_sampled(law: NormalLaw, known: Spread) -> NormalLaw:
    """The law of a mean over all rows becomes that of the sampled ones, whose own scatter tells how far they lie from it."""
    return NormalLaw(law.mean, float(np.hypot(law.standard_deviation, known.resampled.standard_error)))


def sampled_first(n: int, n_sampled: int, rng: np.random.Generator) -> Integers:
    """All n rows, int64 (n,): so many drawn at random, in ascending order, and then the others."""
    sampled = np.sort(rng.choice(n, n_sampled, replace=False))
    order: Integers = np.concatenate([sampled, np.setdiff1d(np.arange(n), sampled, assume_unique=True)])
    return order
