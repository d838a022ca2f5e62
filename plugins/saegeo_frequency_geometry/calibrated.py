"""How often features fire, with where they lie: numbers, how well they are known, and nulls together.

Rates dealt anew judge. Untrained dictionaries stand second, and only those drawn from a Gaussian: a reflected one has the cosines
and the rates of the SAE, and so its correlations.
"""

import numpy as np
import pandas as pd

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings, FiringStatistics
from saegeo_core.measuring.null_comparison import Nulls
from saegeo_core.measuring.null_draws import nulls_of_controls
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.measuring.resampled import documents_and_kin_left_out
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.dealt_among_kin import dealt_among_kin
from saegeo_core.statistics.permutation import frequency_strata
from saegeo_core.statistics.rank_correlation import standard_ranks
from saegeo_frequency_geometry.declared import DECLARED
from saegeo_frequency_geometry.rate_correlations import NORM, rate_correlations

STRATIFIED, FREE = "rates permuted among kin of like norm", "rates permuted among kin"
FIGURE = Figure(
    name="spectrum",
    title="Firing rates, from the highest down",
    kind="line",
    table="spectrum",
    x="rank",
    y=("rate",),
    log_y=True,
    x_title="rank of the feature",
    y_title="share of blocks it fires in",
    caption="Features that never fire are left out.",
)


def calibrated_findings(
    cloud: FeatureCloud, firing: FiringStatistics, context: AnalysisContext, *, dense_above: float, null_draws: int
) -> Findings:
    """Measure the features that fire, the controls in the same way, and the rates permuted and in other documents."""
    device = context.device
    document_rng, permutation_rng, kin_rng = context.rng.spawn(3)
    live = np.flatnonzero(firing.counts)
    rho, places, absent = rate_correlations(
        cloud.vectors, firing.counts, device=device, watch=context.watch("nearest neighbors")
    )
    shares = _shares(firing, dense_above)
    ranks = {name: standard_ranks(place) for name, place in places.items()}

    kin = np.unique(kin_of(cloud, device=device, watch=context.watch("kin"))[live], return_inverse=True)[1]

    def rho_of_counts(features: Integers, counts: Integers, _: int) -> dict[str, float]:
        rates = standard_ranks(counts[live[features]])
        return {name: float(rates @ standard_ranks(place[features])) for name, place in places.items()}

    untrained = nulls_of_controls(
        lambda vectors, counts: rate_correlations(vectors, counts, device=device).rho,
        list(rho),
        cloud,
        firing,
        kinds=("gaussian",),
    )
    permuted = _permutation_nulls(
        standard_ranks(firing.counts[live]),
        kin,
        ranks,
        places.get(NORM),
        permutation_rng,
        context=context,
        null_draws=null_draws,
    )
    rates = firing.counts[live] / firing.n_blocks
    features = {"feature": cloud.feature_ids[live], "rate": rates}
    features |= {name.removeprefix("rate_"): place for name, place in places.items()}
    spectrum = {"rank": np.arange(1, len(live) + 1), "rate": np.sort(rates)[::-1]}
    return DECLARED.findings(
        {**shares, **absent, **rho},
        n={name: firing.n_features if name in shares else len(live) for name in DECLARED},
        spread=documents_and_kin_left_out(
            rho_of_counts,
            rho,
            firing,
            kin,
            document_rng=document_rng,
            kin_rng=kin_rng,
            watch=context.watch("documents and kin left out"),
        ),
        nulls={name: {**permuted[name], **untrained[name]} for name in rho},
        tables={"features": pd.DataFrame(features), "spectrum": pd.DataFrame(spectrum)},
        figures=[FIGURE],
    )


def estimates_of(
    cloud: FeatureCloud, firing: FiringStatistics, context: AnalysisContext, *, dense_above: float
) -> dict[str, float]:
    """The numbers that are defined."""
    shares = {name: one for name, one in _shares(firing, dense_above).items() if not isinstance(one, Absent)}
    return {**shares, **rate_correlations(cloud.vectors, firing.counts, device=context.device).rho}


def _shares(firing: FiringStatistics, dense_above: float) -> dict[str, float | Absent]:
    """Of dead and of dense features."""
    return {
        "dead_share": 1 - np.count_nonzero(firing.counts) / firing.n_features,
        "dense_share": _dense_share(firing, dense_above),
    }


def _dense_share(firing: FiringStatistics, dense_above: float) -> float | Absent:
    """Share of features that fire on a larger share of the tokens than `dense_above`."""
    if firing.token_counts is None or not firing.n_tokens:
        return Absent("how many tokens each feature fired on is not known")
    return float(np.mean(firing.token_counts > dense_above * firing.n_tokens))


def _permutation_nulls(
    rate_ranks: Floats,
    kin: Integers,
    ranks: dict[str, Floats],
    norms: Floats | None,
    rng: np.random.Generator,
    *,
    context: AnalysisContext,
    null_draws: int,
) -> dict[str, Nulls]:
    """For every correlation its values with rates dealt anew among kin of like norm, where norms differ, and among all.

    Args:
        rate_ranks: standard ranks of the rates, (n_live,).
        kin: of each feature, int64 (n_live,), from 0.
        ranks: name of each correlation to the standard ranks of what rates are correlated with.
        norms: lengths of the features, None where they are alike. Their own correlation is permuted freely only.
        rng: draws the permutations.
        context: is told how far the draws are.
        null_draws: how many of each kind.
    """
    alike: dict[str, Integers | None] = {}
    if norms is not None:
        alike[STRATIFIED] = frequency_strata(np.bincount(kin, norms) / np.bincount(kin), rng)
    alike[FREE] = None
    nulls: dict[str, dict[str, Floats]] = {name: {} for name in ranks}
    for model, strata in alike.items():
        permuted = np.empty((null_draws, len(kin)))
        deals = dealt_among_kin(rate_ranks, kin, rng, null_draws, alike=strata)
        for place, dealt in enumerate(context.progress(deals, null_draws, model)):
            permuted[place] = dealt
        for name in ranks.keys() - ({NORM} if model == STRATIFIED else set()):
            nulls[name][model] = permuted @ ranks[name]
    return dict(nulls)
