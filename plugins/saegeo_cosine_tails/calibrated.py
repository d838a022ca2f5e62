"""The calibrated preset: every number of one pass over all pairs, how well it is known, and the laws of its nulls.

Three nulls are nested, each keeping more of the cloud than the one before: nothing, its common mean, its covariance too. The one
that keeps most judges, so it comes first.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Nulls, SampledLaw
from saegeo_core.measuring.of_cloud import cosines_and_kin_of, direction_moments_of, matched_directions_of
from saegeo_core.measuring.resampled import kin_left_out, too_few_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import mean_squared_cosine
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.numerics.pairwise_cosine import IDENTICAL, PairwiseCosines, pairwise_cosines
from saegeo_core.statistics.laws import Law, MirroredLaw, ShareLaw
from saegeo_core.statistics.null_directions import (
    MAX_CONCENTRATION,
    MIN_FEATURES,
    ProjectedGaussian,
    common_mean_directions,
    uniform_directions,
)
from saegeo_core.statistics.null_extremes import N_NEAREST as N_LOOKED_AT
from saegeo_core.statistics.null_extremes import extreme_cosine_laws, nearest_cosine_law
from saegeo_core.statistics.null_pairs import NullPairs, sample_null_pairs
from saegeo_core.statistics.null_row_sums import N_DIRECTIONS, mean_absolute_and_capacity_laws
from saegeo_core.statistics.pair_jackknife import (
    Kernel,
    PairMean,
    jackknife_pair_means,
)
from saegeo_core.statistics.uniform_directions import (
    CoincidenceLaw,
    LargestCosineLaw,
    capacity_law,
    mean_absolute_cosine_law,
    mean_cosine_law,
    mean_nearest_cosine_law,
    mean_squared_cosine_law,
    null_probability_for,
    tail_count_law,
    tail_probability,
    tail_threshold,
    welch_floor,
)
from saegeo_cosine_tails.declared import DECLARED
from saegeo_cosine_tails.hubness import FEWEST, N_NEAREST, hubness_among, null_hubness, sampled_features
from saegeo_cosine_tails.tables import nearest_table, tail_figures, tail_tables

UNIFORM = "uniform directions (exact)"
NO_MEAN = "directions about zero with the cloud's mean squared cosine (chi-squared law)"
COMMON_MEAN = "uniform directions with the cloud's common mean"
SAMPLED_UNIFORM = "uniform directions"
MATCHED = "angular Gaussian with the cloud's mean and covariance, matched off the diagonal"
KIN_UNKNOWN = Absent("kin, which come and go together in another dictionary, are found in a pass over all pairs")
N_GROUPS = 40
HISTOGRAM_DRAWS = 1024
"""Directions on either side of the sampled pairs whose cosines stand beside the observed histogram."""


class Observed(NamedTuple):
    """What one pass over all pairs saw.

    Attributes:
        cosines: of all pairs.
        threshold: the |cosine| beyond which a pair is in the tails.
        moment: second moment of the directions, (d, d).
        squared: mean squared cosine, more precise than the sums behind its interval.
    """

    cosines: PairwiseCosines
    threshold: float
    moment: Floats
    squared: float


class Judged(NamedTuple):
    """How many things a number is computed from, its nulls, how well it is known where it can be, and what else to say."""

    n: int
    nulls: Nulls
    spread: Spread | Absent | None = None
    addition: str = ""


def calibrated_findings(
    cloud: FeatureCloud, context: AnalysisContext, *, p0: float, min_expected: float, threshold: float | None
) -> Findings:
    """Measure all pairs in one pass and judge what was seen."""
    n, d = cloud.n_features, cloud.d_in
    cosine, warnings = threshold_of(cloud, p0, min_expected, threshold)
    cosines, kin = cosines_and_kin_of(cloud, [cosine], device=context.device, watch=context.watch("pairwise cosines"))
    seen = _observed(cloud, cosines, cosine, context)
    random = random_directions(cloud, context)
    pairs = {
        model: sample_null_pairs(null, seen.threshold, context.rng, watch=context.watch("random pairs"))
        for model, null in random.items()
    }
    beyond = _extremes_and_nearest(random[MATCHED], n, context) if MATCHED in random else {}
    judged = _judged(cloud, seen, pairs, beyond, kin)

    matched = random.get(MATCHED)
    expected = {} if matched is None else {"matched": expected_shares(matched, seen.cosines, context.rng)}
    if matched is None:
        warnings.append(
            f"only the uniform null: the others need {MIN_FEATURES} features and a mean squared cosine of at most "
            f"{MAX_CONCENTRATION:g}; here there are {n} and {seen.squared:.3g}"
        )
    # Drawn last, so that what was drawn before there were these is as it was.
    if COMMON_MEAN in random:
        laws = mean_absolute_and_capacity_laws(random[COMMON_MEAN], n, context.rng)
        for name, law in zip(("mean_absolute_cosine", "capacity"), laws, strict=True):
            judged[name] = judged[name]._replace(
                nulls={COMMON_MEAN: SampledLaw(law, N_DIRECTIONS), **judged[name].nulls}
            )
    hubs, judged["hubness"] = hubness_judged(cloud, matched, kin, context)
    return DECLARED.findings(
        _numbers(seen) | {"hubness": hubs},
        n={name: one.n for name, one in judged.items()},
        spread={name: one.spread for name, one in judged.items() if one.spread is not None},
        nulls={name: one.nulls for name, one in judged.items()},
        additions={name: one.addition for name, one in judged.items()}
        | {"tail_fraction": f" The threshold is {seen.threshold:.4f}."},
        tables=tail_tables(seen.cosines, d, expected) | {"nearest": nearest_table(cloud, seen.cosines)},
        figures=tail_figures(("observed", "uniform", *expected)),
        warnings=warnings,
    )


def estimates(
    cloud: FeatureCloud, context: AnalysisContext, *, p0: float, min_expected: float, threshold: float | None
) -> dict[str, float]:
    """Every metric by name, of at least two features in two dimensions."""
    cosine, _ = threshold_of(cloud, p0, min_expected, threshold)
    cosines = pairwise_cosines(cloud.vectors, [cosine], device=context.device, watch=context.watch("pairwise cosines"))
    hubs = hubness_of(nearest_listed(cloud, N_NEAREST, context.device))
    return _numbers(_observed(cloud, cosines, cosine, context)) | (
        {} if isinstance(hubs, Absent) else {"hubness": hubs}
    )


def _observed(cloud: FeatureCloud, cosines: PairwiseCosines, threshold: float, context: AnalysisContext) -> Observed:
    moment = direction_moments_of(cloud, device=context.device, watch=context.watch("moments")).second
    return Observed(cosines, threshold, moment, mean_squared_cosine(moment, cloud.n_features))


def _numbers(seen: Observed) -> dict[str, float]:
    """Every metric by name."""
    cosines, means = seen.cosines, pair_means(seen.cosines, seen.threshold)
    tail = means["tail"].estimate
    return {
        "tail_fraction": tail,
        "tail_fraction_positive": means["tail_positive"].estimate,
        "tail_fraction_negative": means["tail_negative"].estimate,
        "tail_excess": tail / float(tail_probability(seen.threshold, len(seen.moment))),
        "mean_cosine": means["cosine"].estimate,
        "mean_squared_cosine": seen.squared,
        "mean_absolute_cosine": means["absolute_cosine"].estimate,
        "capacity": float(np.mean(1 / (1 + cosines.squared_cosine_sum))),
        "max_cosine": float(cosines.nearest_cosine.max()),
        "min_cosine": float(cosines.farthest_cosine.min()),
        "nearest_cosine_mean": float(cosines.nearest_cosine.mean()),
        "duplicate_features": cosines.n_duplicates,
        "antipodal_features": cosines.n_antipodes,
    }


def threshold_of(
    cloud: FeatureCloud, p0: float, min_expected: float, threshold: float | None
) -> tuple[float, list[str]]:
    """The |cosine| beyond which a pair is in the tails, and what to say of it.

    A uniform pair passes it with probability `p0`, or with more in a small cloud, unless it is given.
    """
    n, d = cloud.n_features, cloud.d_in
    if threshold is not None:
        probability = float(tail_probability(threshold, d))
        return threshold, [
            f"|cosine| > {threshold:g} is a fixed threshold: its null probability here is {probability:.3g}"
        ]
    raised = null_probability_for(n * (n - 1) // 2, p0, min_expected)
    cosine = float(tail_threshold(raised, d))
    if raised <= p0:
        return cosine, []
    return cosine, [
        f"the cloud is small: p0 was raised from {p0:g} to {raised:.3g} (|cosine| > {cosine:.4f}), so that "
        f"{min_expected:g} pairs are expected by chance"
    ]


def pair_means(cosines: PairwiseCosines, threshold: float) -> dict[str, PairMean]:
    """The means over pairs, named as in `null_pairs`. `threshold` is the one whose counts are the first of `cosines`."""
    above, below = cosines.n_above[0].astype(np.float64), cosines.n_below[0].astype(np.float64)
    centers = (cosines.histogram_edges[:-1] + cosines.histogram_edges[1:]) / 2
    fourth_powers = float(cosines.histogram_counts @ centers**4)
    squares = cosines.squared_cosine_sum

    def fraction(kernel: Kernel, row_sums: Floats) -> PairMean:
        return PairMean(kernel, row_sums, float(row_sums.sum() / 2), "fraction")

    return {
        "tail": fraction(lambda c: (np.abs(c) > threshold).astype(float), above + below),
        "tail_positive": fraction(lambda c: (c > threshold).astype(float), above),
        "tail_negative": fraction(lambda c: (c < -threshold).astype(float), below),
        "cosine": PairMean(lambda c: c, cosines.cosine_sum, float(squares.sum() / 2), "squared_length"),
        "squared_cosine": PairMean(np.square, squares, fourth_powers, "mean"),
        "absolute_cosine": PairMean(np.abs, cosines.absolute_cosine_sum, float(squares.sum() / 2), "mean"),
    }


def pair_mean_spreads(
    cloud: FeatureCloud, kin: Integers, means: Mapping[str, PairMean]
) -> dict[str, Spread] | dict[str, Absent]:
    """How well each mean would be known in another dictionary of such kin, int64 (n_features,)."""
    if few := too_few_kin(kin):
        return dict.fromkeys(means, few)

    def unit_rows(features: Integers) -> Floats:
        rows: Floats = cloud.vectors[features].double().numpy()
        return rows / cloud.norms[features][:, np.newaxis]

    return {name: Spread(one) for name, one in jackknife_pair_means(means, kin, unit_rows).items()}


def _judged(
    cloud: FeatureCloud, seen: Observed, pairs: Mapping[str, NullPairs], beyond: Mapping[str, Law], kin: Integers
) -> dict[str, Judged]:
    """What every metric stands beside; `beyond` are the laws of extremes and of the nearest in the matched null, by metric."""
    n, d, n_pairs = seen.cosines.n_features, cloud.d_in, seen.cosines.n_pairs
    means = pair_means(seen.cosines, seen.threshold)
    known = pair_mean_spreads(cloud, kin, means)
    uniform_tail = float(tail_probability(seen.threshold, d))
    spread_dimensions = min(d, 1 / seen.squared) if seen.squared > 0 else d

    def tail(statistic: str, probability: float, unit: float = 1.0) -> Judged:
        nulls: dict[str, SampledLaw | ShareLaw] = {
            model: SampledLaw(ShareLaw(one.count_law(statistic, n), n_pairs, unit), one.n_directions)
            for model, one in pairs.items()
        }
        nulls[UNIFORM] = ShareLaw(tail_count_law(n_pairs, probability), n_pairs, unit)
        return Judged(n_pairs, nulls, _moved(known[statistic], unit=unit))

    def beside(metric: str, uniform: Law) -> Nulls:
        return {**({MATCHED: SampledLaw(beyond[metric], N_LOOKED_AT)} if metric in beyond else {}), UNIFORM: uniform}

    common_mean = {
        model: SampledLaw(one.mean_law("squared_cosine", n), one.n_directions)
        for model, one in pairs.items()
        if model == COMMON_MEAN  # the matched null agrees in it by construction
    }
    return {
        "tail_fraction": tail("tail", uniform_tail),
        "tail_fraction_positive": tail("tail_positive", uniform_tail / 2),
        "tail_fraction_negative": tail("tail_negative", uniform_tail / 2),
        "tail_excess": tail("tail", uniform_tail, unit=uniform_tail),
        "mean_cosine": Judged(
            n_pairs,
            {NO_MEAN: mean_cosine_law(n, spread_dimensions), UNIFORM: mean_cosine_law(n, d)},
            known["cosine"],
        ),
        "mean_squared_cosine": Judged(
            n_pairs,
            {**common_mean, UNIFORM: mean_squared_cosine_law(n, d)},
            _moved(known["squared_cosine"], shift=seen.squared - means["squared_cosine"].estimate),
            f" Never below the Welch floor, here {welch_floor(n, d):.3e}; {1 / d:.3e} for uniform directions.",
        ),
        "mean_absolute_cosine": Judged(n_pairs, {UNIFORM: mean_absolute_cosine_law(n, d)}, known["absolute_cosine"]),
        "capacity": Judged(n, {UNIFORM: capacity_law(n, d)}),
        "max_cosine": Judged(n_pairs, beside("max_cosine", LargestCosineLaw(n, d))),
        "min_cosine": Judged(n_pairs, beside("min_cosine", MirroredLaw(LargestCosineLaw(n, d)))),
        "nearest_cosine_mean": Judged(n, beside("nearest_cosine_mean", mean_nearest_cosine_law(n, d))),
        "duplicate_features": Judged(n, {UNIFORM: CoincidenceLaw(n, d, IDENTICAL)}),
        "antipodal_features": Judged(n, {UNIFORM: CoincidenceLaw(n, d, IDENTICAL)}),
    }


def nearest_listed(cloud: FeatureCloud, n_listed: int, device: str) -> Integers | Absent:
    """So many nearest of each of at most 1,024 features among these, (n_sampled, n_listed), or why there are none."""
    if cloud.n_features < FEWEST:
        return Absent(f"of fewer than {FEWEST} features each is among the {N_NEAREST} nearest of half of the others")
    chosen = torch.from_numpy(sampled_features(cloud.n_features))
    return nearest_neighbors(cloud.vectors[chosen], min(n_listed, len(chosen) - 1), device=device).indices


def hubness_of(listed: Integers | Absent) -> float | Absent:
    """Of the features whose nearest are listed."""
    return listed if isinstance(listed, Absent) else hubness_among(listed, np.arange(len(listed)))


def hubness_judged(
    cloud: FeatureCloud, matched: ProjectedGaussian | None, kin: Integers | None, context: AnalysisContext
) -> tuple[float | Absent, Judged]:
    """Hubness with its null and, where kin are known, how well it is known."""
    chosen = sampled_features(cloud.n_features)
    n, own_kin = len(chosen), None if kin is None else np.unique(kin[chosen], return_inverse=True)[1]
    # So many that ten are left when a group of kin is left out.
    spare = 0 if own_kin is None else int(np.bincount(own_kin).max()) + n // min(N_GROUPS, int(own_kin.max()) + 1) + 1
    listed = nearest_listed(cloud, N_NEAREST + spare, context.device)
    hubs = hubness_of(listed)
    if isinstance(listed, Absent) or isinstance(hubs, Absent):
        return hubs, Judged(n, {})
    model, null = (SAMPLED_UNIFORM, uniform_directions(cloud.d_in)) if matched is None else (MATCHED, matched)
    nulls: Nulls = {model: Draws(null_hubness(null, n, context.rng))}
    if own_kin is None:
        return hubs, Judged(n, nulls, KIN_UNKNOWN)
    spread = kin_left_out(
        lambda left: {"hubness": hubness_among(listed, left)},
        {"hubness": hubs},
        own_kin,
        context.rng,
        of=cloud.digest,
        n_groups=N_GROUPS,
    )
    return hubs, Judged(n, nulls, spread["hubness"])


def _moved(known: Spread | Absent, *, shift: float = 0.0, unit: float = 1.0) -> Spread | Absent:
    return known if isinstance(known, Absent) else known.moved(shift=shift, unit=unit)


def random_directions(cloud: FeatureCloud, context: AnalysisContext) -> dict[str, ProjectedGaussian]:
    """The nulls that are sampled, the judging one first; none where there is no covariance to speak of."""
    matched = matched_directions_of(cloud, device=context.device, watch=context.watch("moments"))
    if isinstance(matched, Absent):
        return {}
    mean = direction_moments_of(cloud, device=context.device).mean
    return {MATCHED: matched, COMMON_MEAN: common_mean_directions(mean, cloud.n_features)}


def _extremes_and_nearest(matched: ProjectedGaussian, n: int, context: AnalysisContext) -> dict[str, Law]:
    """Laws of the extreme and of the nearest cosines of n directions of the matched null, by metric."""
    largest, smallest = extreme_cosine_laws(matched, n, context.rng, watch=context.watch("random extremes"))
    return {
        "max_cosine": largest,
        "min_cosine": MirroredLaw(smallest),
        "nearest_cosine_mean": nearest_cosine_law(matched, n, context.rng),
    }


def expected_shares(matched: ProjectedGaussian, cosines: PairwiseCosines, rng: np.random.Generator) -> Floats:
    """Share of pairs in each bin of the observed histogram, from a sample of the matched null."""
    rows, columns = (matched.sample_along_axes(HISTOGRAM_DRAWS, rng) for _ in range(2))
    counts, _ = np.histogram(rows @ columns.T, cosines.histogram_edges)
    return counts / HISTOGRAM_DRAWS**2
