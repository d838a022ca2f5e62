"""How often features fire, with where they lie: numbers, nulls and intervals together."""

import numpy as np
import pandas as pd
import torch

from saegeo_core import Absent, Described, Descriptions, Figure, Findings
from saegeo_core.measuring import many_metrics
from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_core.numerics.directions import first_principal_scores
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.statistics.permutation import frequency_strata, permute_within
from saegeo_core.statistics.rank_correlation import standard_ranks

SHARE, RHO = "share of features", "Spearman's rho"
DESCRIBED = Descriptions(
    dead_share=Described(SHARE, "lower", "Features that fire in no block."),
    dense_share=Described(SHARE, "lower", "Features that fire on more than dense_above of the tokens."),
    rate_norm=Described(RHO, "neither", "Firing rate (share of blocks) with norm, over features that fire."),
    rate_nearest=Described(
        RHO, "neither", "Firing rate with the cosine to the nearest feature, over features that fire."
    ),
    rate_pc1=Described(RHO, "neither", "Firing rate with the first principal component, turned so as to be positive."),
)
PLACES = ("rate_norm", "rate_nearest", "rate_pc1")
LEAST_FEATURES = 12
STRATIFIED, FREE = "rates permuted among features of like norm", "rates permuted freely"
NO_NULL = Absent("it counts what fires in this text; controls are given the SAE's own rates")
NO_INTERVAL = {
    "dead_share": Absent("a feature of one document dies without it: resampled documents show too many dead"),
    "dense_share": Absent("tokens are counted for the whole text, not by document"),
}
NO_TOKENS = Absent("how many tokens each feature fired on is not known")
FIGURES = [Figure(name="spectrum", title="Rates", kind="line", table="spectrum", x="rank", y=("rate",), log_y=True)]


def rate_findings(cloud, parameters, context):
    """Measure the features that fire, the controls in the same way, and the rates permuted and in other documents."""
    firing, device = context.firing, context.device
    of_documents, of_permutations, of_halves = context.rng.spawn(3)
    live = np.flatnonzero(firing.counts)
    places, found = correlations(cloud.vectors, firing.counts, device)
    shares = {"dead_share": 1 - len(live) / firing.n_features, "dense_share": NO_TOKENS}
    if firing.token_counts is not None and firing.n_tokens:
        shares["dense_share"] = float(np.mean(firing.token_counts > parameters.dense_above * firing.n_tokens))

    controls, halves = many_metrics.measured_controls(lambda *one: correlations(*one, device)[1], firing, of_halves)
    untrained = many_metrics.control_nulls(found, controls, halves, alternative="two-sided")
    nulls = {name: list(null) for name, null in untrained.items()}
    targets = {name: standard_ranks(places[name]) for name in found}
    ranks, strata = standard_ranks(firing.counts[live]), {FREE: np.zeros(len(live), int)}
    if "rate_norm" in found:
        strata = {STRATIFIED: frequency_strata(places["rate_norm"], of_permutations), **strata}
    for kind, one in strata.items():
        permuted = ranks[np.stack([permute_within(one, of_permutations) for _ in range(parameters.n_permutations)])]
        for name in found.keys() - ({"rate_norm"} if kind == STRATIFIED else set()):
            draws = permuted @ targets[name]
            nulls[name].append(drawn_null(kind, found[name], draws, alternative="two-sided", has_zscore=True))

    def of_counts(counts, _):
        return {name: float(standard_ranks(counts[live]) @ target) for name, target in targets.items()}

    metrics, replicates = many_metrics.described_metrics(
        DESCRIBED,
        {**shares, **places, **found},
        n=dict.fromkeys(DESCRIBED, len(live)) | dict.fromkeys(shares, firing.n_features),
        intervals=NO_INTERVAL | many_metrics.bootstrapped(of_counts, found, firing, of_documents),
        nulls=nulls | dict.fromkeys(shares, NO_NULL),
    )
    rates = {"feature": cloud.feature_ids[live], "rate": firing.counts[live] / firing.n_blocks}
    features = pd.DataFrame(rates | {name.removeprefix("rate_"): places[name] for name in found})
    spectrum = pd.DataFrame({"rank": np.arange(1, len(live) + 1), "rate": np.sort(rates["rate"])[::-1]})
    return Findings(metrics, {"features": features, "spectrum": spectrum}, FIGURES, replicates=replicates)


def correlations(vectors, counts, device):
    """Where the features that fire lie, or why that says nothing; and its rank correlation with how often they fire."""
    live = np.flatnonzero(counts)
    if len(live) < LEAST_FEATURES or len(np.unique(counts[live])) < 2:
        reason = f"{len(live)} features fire; {LEAST_FEATURES} are needed, and not all equally often"
        return dict.fromkeys(PLACES, Absent(reason)), {}
    fired = vectors[torch.from_numpy(live)]
    norms = torch.linalg.vector_norm(fired.double(), dim=1).numpy()
    nearest = nearest_neighbors(fired, 1, device=device).cosines[:, 0]
    places = dict(
        zip(PLACES, (norms / norms.mean(), nearest, first_principal_scores(fired, device=device).numpy()), strict=True)
    )
    rounding = 4 * torch.finfo(vectors.dtype).eps
    alike = Absent(f"it is the same for all features, to the rounding of their storage ({rounding:.1g})")
    places = {name: values if np.ptp(values) > rounding else alike for name, values in places.items()}
    ranks, known = standard_ranks(counts[live]), [name for name in PLACES if not isinstance(places[name], Absent)]
    found = {name: float(ranks @ standard_ranks(places[name])) for name in known}
    if found.get("rate_pc1", 0) < 0:  # the axis is turned to make it positive
        places["rate_pc1"], found["rate_pc1"] = -places["rate_pc1"], -found["rate_pc1"]
    return places, found
