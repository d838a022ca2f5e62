"""The calibrated preset: what of the cloud its mean and covariance do not explain."""

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, Metric
from saegeo_entropy.described import DESCRIBED
from saegeo_entropy.negentropies import negentropy_findings
from saegeo_entropy.neighborhoods import neighbor_findings
from saegeo_entropy.parameters import EntropyParameters
from saegeo_entropy.principal_axes import principal_axes
from saegeo_entropy.scored_rows import distinct_features, scored_rows

LEAST_ROWS = 16
"""Different rows below which nothing is estimated."""


def calibrated_findings(cloud: FeatureCloud, parameters: EntropyParameters, context: AnalysisContext) -> Findings:
    """Score at most `n_rows` different rows."""
    features = distinct_features(cloud)
    repeated = _duplicate_rows(cloud.n_features, len(features))
    if len(features) < LEAST_ROWS:
        reason = f"{len(features)} different rows are too few: {LEAST_ROWS} are needed"
        return Findings([*(DESCRIBED.missing(name, reason) for name in DESCRIBED if name != repeated.name), repeated])
    rows = scored_rows(cloud, features, parameters.n_rows, context.rng)
    near = rows.draw(parameters.n_neighbor_rows, context.rng)
    seed = int(context.rng.integers(2**32))
    axes = principal_axes(rows.vectors)
    return Findings.joined(
        negentropy_findings(rows, axes, parameters, context, seed),
        neighbor_findings(near, axes if near is rows else principal_axes(near.vectors), parameters, context, seed),
        Findings([repeated]),
    )


def _duplicate_rows(n_features: int, n_distinct: int) -> Metric:
    return DESCRIBED.metric(
        "duplicate_rows",
        n_features - n_distinct,
        n_features,
        interval=Absent("a count of exact events in this cloud; nothing is estimated"),
        nulls=Absent("rows of continuous numbers never repeat by chance"),
    )
