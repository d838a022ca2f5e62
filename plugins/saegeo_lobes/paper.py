"""The procedure of *The Geometry of Concepts*, section 4, as published: phi + 1, every feature, the angular affinity, sigma counts.

Where the published formula of phi overflows 64-bit integers (from 110,218 blocks on) ours does not; everything else is theirs.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core import (
    Absent,
    AnalysisContext,
    FeatureCloud,
    Findings,
    FiringStatistics,
    Metric,
    NullComparison,
    SaegeoError,
)
from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permute_within
from saegeo_lobes.affinities import MEASURES, affinity_matrix, positive_phi, shifted_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.described import DESCRIBED
from saegeo_lobes.dictionary import ANGULAR, Dictionary, Settings
from saegeo_lobes.figures import published_figures
from saegeo_lobes.live_features import least_features, live_features
from saegeo_lobes.parameters import LobesParameters
from saegeo_lobes.published_probe import published_balanced_accuracy, random_directions

NO_INTERVAL = Absent("the published procedure gives none")
COUNTED = Absent("counted in this text; nothing is estimated")
PERMUTED = "geometric labels permuted freely (the published null)"
RANDOM = "the same probe on random unit vectors (the published null)"
DECILES = 10

Labels = NDArray[np.int64]


def paper_findings(
    cloud: FeatureCloud, firing: FiringStatistics, parameters: LobesParameters, context: AnalysisContext
) -> Findings:
    """Labels of both sides at equal numbers of clusters, their agreement, and the published probe."""
    import pandas as pd

    n, k = cloud.n_features, parameters.k_reported
    numbers = tuple(one for one in sorted({*parameters.n_clusters, k}) if least_features(one) <= n)
    if k not in numbers:
        return _nothing_to_cluster(firing, n, k)
    settings = Settings(
        measures={name: MEASURES[name] for name in parameters.affinities} | {"phi": shifted_phi},
        geometries=(ANGULAR,),
        n_clusters=numbers,
        n_neighbors=parameters.n_neighbors,
        dense_bytes=int(parameters.dense_gigabytes * 1e9),
        lead_is_relative=False,
        device=context.device,
    )
    dictionary = Dictionary(cloud.vectors.float(), firing, settings, context.rng)
    _refuse_matrices_that_do_not_fit(dictionary)
    published = Agreement(dictionary.lobes("phi").labels[k], dictionary.geometry(ANGULAR).labels[k])
    permutations = np.stack([context.rng.permutation(n) for _ in range(parameters.n_permutations)])
    rows = list(_agreement_rows(dictionary, context))
    accuracies = dict(_accuracies(dictionary))
    random = [
        published_balanced_accuracy(random_directions(n, cloud.d_in, context.rng), dictionary.lobes("phi").labels[k])
        for _ in context.progress(
            range(parameters.random_dictionaries), parameters.random_dictionaries, "random probes"
        )
    ]
    ami = published.adjusted_mutual_information
    metrics = [
        DESCRIBED.metric(
            "ami", ami, n, interval=NO_INTERVAL, nulls=_sigmas(PERMUTED, ami, published.permuted(permutations))
        ),
        DESCRIBED.metric(
            "decoding_balanced_accuracy",
            accuracies.get(k, Absent(f"the first 80 % of the features lie in one of {k} lobes")),
            n,
            interval=NO_INTERVAL,
            nulls=_sigmas(RANDOM, accuracies[k], np.array(random)) if k in accuracies else COUNTED,
        ),
        _dead_features(firing, n),
    ]
    tables = {
        "agreement": pd.DataFrame(rows),
        "agreement_with_angular": pd.DataFrame(rows).pivot_table("ami", "k", "affinity", sort=False).reset_index(),
        "accuracy_by_number": pd.DataFrame({"k": list(accuracies), "balanced_accuracy": list(accuracies.values())}),
    }
    return Findings(
        metrics,
        tables,
        published_figures(tables),
        warnings=list(_artefacts(dictionary, published, parameters, context)),
    )


def _dead_features(firing: FiringStatistics, n: int) -> Metric:
    return DESCRIBED.metric("dead_features", int((firing.counts == 0).sum()), n, interval=COUNTED, nulls=COUNTED)


def _nothing_to_cluster(firing: FiringStatistics, n: int, k: int) -> Findings:
    """The count of dead features, and why there is nothing else."""
    possible = f"k_reported can be 2 to {n // 2}" if n >= least_features(2) else "no number of lobes is possible"
    reason = f"{k} lobes were asked for, of {n} features ({possible})"
    missing = [DESCRIBED.missing(name, reason, n) for name in ("ami", "decoding_balanced_accuracy")]
    return Findings([*missing, _dead_features(firing, n)])


def _refuse_matrices_that_do_not_fit(dictionary: Dictionary) -> None:
    n = len(dictionary)
    if not dictionary.is_dense:
        raise SaegeoError(
            f"the published procedure holds matrices of all pairs, {4 * n**2 / 1e9:.1f} GB each for {n} features",
            f"type --set lobes.dense_gigabytes={4 * n**2 / 1e9 + 0.1:.1f}, or leave out --preset paper",
        )


def _agreement_rows(dictionary: Dictionary, context: AnalysisContext) -> Iterator[dict[str, Any]]:
    names = list(dictionary.settings.measures)
    for name in context.progress(names, len(names), "lobes"):
        for k, labels in dictionary.lobes(name).labels.items():
            agreement = Agreement(labels, dictionary.geometry(ANGULAR).labels[k])
            yield {"affinity": name, "k": k, "ami": agreement.adjusted_mutual_information}


def _accuracies(dictionary: Dictionary) -> Iterator[tuple[int, float]]:
    """For each number of lobes the published probe's balanced accuracy, where there is something to learn."""
    rows = dictionary.units.numpy(force=True)
    for k, labels in dictionary.lobes("phi").labels.items():
        if len(np.unique(labels[: int(0.8 * len(labels))])) > 1:
            yield k, published_balanced_accuracy(rows, labels)


def _sigmas(model: str, estimate: float, draws: NDArray[np.float64]) -> tuple[NullComparison, ...] | Absent:
    """The published z, and beside it the p-value that so many draws can give."""
    if len(draws) < 2:
        return Absent("a null of fewer than two draws was asked for")
    mean, spread = float(draws.mean()), float(draws.std())
    return (
        NullComparison(
            model=model,
            draws=len(draws),
            mean=mean,
            standard_deviation=spread,
            z=(estimate - mean) / spread if spread else None,
            pvalue=permutation_pvalue(estimate, draws, "greater"),
            alternative="greater",
        ),
    )


def _artefacts(
    dictionary: Dictionary, published: Agreement, parameters: LobesParameters, context: AnalysisContext
) -> Iterator[str]:
    """What is known to be wrong with the procedure, with its size on these features."""
    firing, k = dictionary.firing, parameters.k_reported
    lobes = dictionary.lobes("phi").labels[k]
    deciles = np.argsort(np.argsort(firing.counts, kind="stable"), kind="stable") * DECILES // len(lobes)
    counts = firing.cooccurrence(device=context.device)
    positive = dictionary.clusters_of(affinity_matrix(counts, firing.n_blocks, positive_phi, reuse_memory=True), k)
    yield (
        f"phi + 1 is nearly constant, so what all features share leads its clusters: their agreement (AMI) with deciles of firing "
        f"frequency is {_ami(lobes, deciles):.3f} at k = {k}, that of max(phi, 0) {_ami(positive, deciles):.3f}"
    )
    live = live_features(firing.counts, firing.n_blocks)
    silent = firing.counts == 0
    if silent.any():
        homes = np.bincount(lobes[silent])
        without = _ami(lobes[live.mask], dictionary.geometry(ANGULAR).labels[k][live.mask])
        yield (
            f"features that never fire count as alike: {int(homes.max())} of {int(silent.sum())} lie in one lobe; the agreement of "
            f"the same labels over live features alone is {without:.4f}, over all {published.adjusted_mutual_information:.4f}"
        )
    strata = frequency_strata(firing.counts, context.rng)
    within = np.stack([permute_within(strata, context.rng) for _ in range(max(parameters.n_permutations, 99))])
    ami = published.adjusted_mutual_information
    draws = published.permuted(within)
    yield (
        f"the published nulls forget how often features fire: permuted within strata of like frequency the labels agree by "
        f"{draws.mean():.4f} on average (p = {permutation_pvalue(ami, draws, 'greater'):.3g}). A sampled standard deviation of a "
        "skewed null is no unit of evidence: the same data give 700 to 1,500 of them. And an untrained dictionary passes "
        "these tests too (calibrated preset)"
    )


def _ami(first: Labels, second: Labels) -> float:
    return Agreement(first, second).adjusted_mutual_information
