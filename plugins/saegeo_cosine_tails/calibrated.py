"""The calibrated preset: every number beside its nested nulls and its interval, or the reason why it has none."""

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, Interval, Metric, NullComparison
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines, pairwise_cosines
from saegeo_core.statistics.uniform_directions import null_probability_for, tail_threshold, welch_floor
from saegeo_cosine_tails import uniform_laws
from saegeo_cosine_tails.described import DESCRIBED
from saegeo_cosine_tails.nested_nulls import NestedNulls, uniform_null
from saegeo_cosine_tails.pair_sums import PairMean, PairMeans
from saegeo_cosine_tails.parameters import CosineTailsParameters
from saegeo_cosine_tails.tables import TAIL_FIGURES, nearest_table, tail_tables

Nulls = tuple[NullComparison, ...]

NO_INTERVAL_OF_AN_EXTREME = Absent("no resampling gives a valid interval for an extreme")
NO_INTERVAL_OF_AN_EVENT = Absent("a count of exact events in this cloud; nothing is estimated")
NO_INTERVAL_OF_NEIGHBORS = Absent(
    "it falls with the number of features; subsampling and the jackknife over neighborhoods covered only 79 to 87 % "
    "of 95 on clouds of families"
)


def calibrated_findings(cloud: FeatureCloud, parameters: CosineTailsParameters, context: AnalysisContext) -> Findings:
    """Measure all pairs in one pass and judge what was seen."""
    n, d = cloud.n_features, cloud.d_in
    n_pairs = n * (n - 1) // 2
    p0 = null_probability_for(n_pairs, parameters.p0, parameters.least_expected)
    threshold = float(tail_threshold(p0, d)) if parameters.threshold is None else parameters.threshold
    cosines = pairwise_cosines(
        cloud.vectors,
        [threshold],
        device=context.device,
        watch=lambda tiles: context.progress(tiles, len(tiles), "pairwise cosines"),
    )
    means = PairMeans(cloud, cosines, threshold)
    nulls = NestedNulls(cloud, cosines, threshold, context)
    metrics = [
        *_tail_metrics(means, nulls, n_pairs),
        *_mean_metrics(means, nulls, n, d),
        *_neighbor_metrics(cosines, d),
    ]
    expected = nulls.expected_histograms()
    tables = tail_tables(cosines, d, expected) | {"nearest": nearest_table(cloud, cosines)}
    figures = [figure.model_copy(update={"y": (*figure.y, *expected)}) for figure in TAIL_FIGURES]
    warnings = [*_threshold_warnings(parameters, p0, threshold, nulls.tail_probability), *nulls.warnings]
    return Findings(metrics, tables, figures, warnings=warnings)


def _tail_metrics(means: PairMeans, nulls: NestedNulls, n_pairs: int) -> list[Metric]:
    tails = {
        "tail_fraction": ("tail", means.tail),
        "tail_fraction_positive": ("tail_positive", means.positive),
        "tail_fraction_negative": ("tail_negative", means.negative),
    }
    metrics = [
        DESCRIBED.metric(
            name,
            mean.estimate,
            n_pairs,
            interval=means.interval(mean),
            nulls=nulls.of_tail(tail, round(mean.row_sums.sum() / 2)),
        )
        for name, (tail, mean) in tails.items()
    ]
    return [*metrics, _excess(metrics[0], nulls.tail_probability)]


def _excess(tail: Metric, probability: float) -> Metric:
    """The tail fraction, its interval and its nulls in units of what uniform directions would give."""
    interval = tail.interval
    if isinstance(interval, Interval):
        interval = interval.model_copy(update={"low": interval.low / probability, "high": interval.high / probability})
    nulls = tuple(
        null.model_copy(
            update={"mean": null.mean / probability, "standard_deviation": (null.standard_deviation or 0) / probability}
        )
        for null in tail.nulls
    )
    return DESCRIBED.metric("tail_excess", tail.estimate / probability, tail.n, interval=interval, nulls=nulls)


def _mean_metrics(means: PairMeans, nulls: NestedNulls, n: int, d: int) -> list[Metric]:
    cosine, squared = means.cosine.estimate, nulls.mean_squared_cosine
    (uniform_squared,) = uniform_null(squared, uniform_laws.mean_squared_cosine(squared, n, d))
    n_pairs = n * (n - 1) // 2
    return [
        DESCRIBED.metric(
            "mean_cosine",
            cosine,
            n_pairs,
            interval=means.interval(means.cosine),
            nulls=uniform_null(cosine, uniform_laws.mean_cosine(cosine, n, d)),
        ),
        DESCRIBED.metric(
            "mean_squared_cosine",
            squared,
            n_pairs,
            interval=_moved_to(squared, means.squared_cosine, means.interval(means.squared_cosine)),
            nulls=nulls.of_mean_squared_cosine(uniform_squared),
            addition=f" Never below the Welch floor, here {welch_floor(n, d):.3e}; {1 / d:.3e} for uniform directions.",
        ),
    ]


def _moved_to(estimate: float, mean: PairMean, interval: Interval | Absent) -> Interval | Absent:
    """The interval about the precise estimate: the sums behind its width come from products of lower precision."""
    if isinstance(interval, Absent):
        return interval
    shift = estimate - mean.estimate
    return interval.model_copy(update={"low": interval.low + shift, "high": interval.high + shift})


def _neighbor_metrics(cosines: PairwiseCosines, d: int) -> list[Metric]:
    n, n_pairs = cosines.n_features, cosines.n_pairs
    largest, smallest = float(cosines.nearest_cosine.max()), float(cosines.farthest_cosine.min())
    nearest = float(cosines.nearest_cosine.mean())
    highest, lowest = uniform_laws.largest_cosine(largest, n, d), uniform_laws.largest_cosine(-smallest, n, d)
    mirrored = uniform_laws.Comparison(-lowest.mean, lowest.standard_deviation, lowest.pvalue)
    extremes = {"max_cosine": (largest, highest), "min_cosine": (smallest, mirrored)}
    events = {"duplicate_features": cosines.n_duplicates, "antipodal_features": cosines.n_antipodes}
    return [
        *(
            DESCRIBED.metric(name, value, n_pairs, interval=NO_INTERVAL_OF_AN_EXTREME, nulls=uniform_null(value, law))
            for name, (value, law) in extremes.items()
        ),
        DESCRIBED.metric(
            "nearest_cosine_mean",
            nearest,
            n,
            interval=NO_INTERVAL_OF_NEIGHBORS,
            nulls=uniform_null(nearest, uniform_laws.mean_nearest_cosine(nearest, n, d)),
        ),
        *(
            DESCRIBED.metric(
                name,
                count,
                n,
                interval=NO_INTERVAL_OF_AN_EVENT,
                nulls=uniform_null(count, uniform_laws.coincidences(count, n, d)),
            )
            for name, count in events.items()
        ),
    ]


def _threshold_warnings(
    parameters: CosineTailsParameters, p0: float, threshold: float, probability: float
) -> list[str]:
    if parameters.threshold is not None:
        return [f"|cosine| > {threshold:g} is a fixed threshold: its null probability here is {probability:.3g}"]
    if p0 > parameters.p0:
        return [
            f"the cloud is small: p0 was raised from {parameters.p0:g} to {p0:.3g} (|cosine| > {threshold:.4f}), so that "
            f"{parameters.least_expected:g} pairs are expected by chance"
        ]
    return []
