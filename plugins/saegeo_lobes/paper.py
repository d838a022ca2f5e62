"""The procedure of *The Geometry of Concepts*, section 4, as published: phi + 1, every feature, the angular affinity, sigma counts.

Where the published formula of phi overflows 64-bit integers (from 110,218 blocks on) ours does not; everything else is theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, FiringStatistics, SaegeoError
from saegeo_core.measuring.null_comparison import Nulls, SampledLaw
from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permute_within
from saegeo_lobes.affinities import affinity_matrix, positive_phi, shifted_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.declared import DECLARED
from saegeo_lobes.decoding import published_balanced_accuracy, random_directions
from saegeo_lobes.feature_set import ANGULAR, FeatureSet, Settings, live_features, min_features
from saegeo_lobes.tables import published_figures

AMI, PROBE = "ami", "decoding_balanced_accuracy"
NO_INTERVAL = Absent("the published procedure gives none")
PERMUTED = "geometric labels permuted freely (the published null)"
RANDOM = "the same probe on random unit vectors (the published null)"
DECILES = 10


@dataclass(frozen=True)
class PublishedLaw:
    """What the paper takes draws of a null for: a law whose unit of distance is their standard deviation about their own mean.

    Attributes:
        draws: float64 (n_draws,).
    """

    draws: Floats

    @property
    def mean(self) -> float:
        """Of the draws."""
        return float(self.draws.mean())

    @property
    def standard_deviation(self) -> float:
        """Of the draws, with their number in the denominator."""
        return float(self.draws.std())

    def zscore(self, observed: float) -> float:
        """The published sigma count."""
        return (observed - self.mean) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """The rank among the draws, which is all that so many of them can say."""
        return permutation_pvalue(observed, self.draws, alternative)


def paper_findings(
    cloud: FeatureCloud,
    firing: FiringStatistics,
    context: AnalysisContext,
    settings: Settings,
    *,
    k: int,
    null_draws: int,
    isotropic_draws: int,
) -> Findings:
    """Labels of both sides at equal numbers of clusters, their agreement, and the published probe.

    Args:
        cloud: the SAE.
        firing: when its features fire, in their order.
        context: its generator, device and progress are used.
        settings: how features are clustered; the published phi and geometry take the place of its own.
        k: the number of lobes that is reported.
        null_draws: free permutations.
        isotropic_draws: random dictionaries that the probe is tried on.

    Raises:
        SaegeoError: a matrix of all pairs exceeds the memory allowed.
    """
    n = cloud.n_features
    if n < min_features(k):
        return _nothing_to_cluster(firing, n, k)
    published = replace(settings.fitting(n), measures={**settings.measures, "phi": shifted_phi}, geometries=(ANGULAR,))
    features = FeatureSet(cloud.vectors.float(), firing, published, context.rng)
    _refuse_matrices_that_do_not_fit(features)
    agreement = Agreement(features.lobes("phi").labels[k], features.geometry(ANGULAR).labels[k])
    permutations = np.stack([context.rng.permutation(n) for _ in range(null_draws)])
    rows = list(_agreement_rows(features, context))
    accuracies = dict(_accuracies(features))
    random = [
        published_balanced_accuracy(random_directions(n, cloud.d_in, context.rng), features.lobes("phi").labels[k])
        for _ in context.progress(range(isotropic_draws), isotropic_draws, "random probes")
    ]
    tables = {
        "agreement": pd.DataFrame(rows),
        "agreement_with_angular": pd.DataFrame(rows).pivot_table("ami", "k", "affinity", sort=False).reset_index(),
        "accuracy_by_number": pd.DataFrame({"k": list(accuracies), "balanced_accuracy": list(accuracies.values())}),
    }
    return DECLARED.findings(
        {
            AMI: agreement.adjusted_mutual_information,
            PROBE: accuracies.get(k, Absent(f"the first 80 % of the features lie in one of {k} lobes")),
            **_counted(firing),
        },
        n=n,
        spread=dict.fromkeys((AMI, PROBE), NO_INTERVAL),
        nulls={
            AMI: _published_null(PERMUTED, agreement.permuted(permutations)),
            PROBE: _published_null(RANDOM, np.array(random)),
        },
        tables=tables,
        figures=published_figures(tables),
        warnings=list(_artefacts(features, agreement, k, max(null_draws, 99), context)),
    )


def _counted(firing: FiringStatistics) -> dict[str, float | Absent]:
    return {"dead_features": int((firing.counts == 0).sum())}


def _nothing_to_cluster(firing: FiringStatistics, n: int, k: int) -> Findings:
    """The count of dead features, and why there is nothing else."""
    possible = f"k_reported can be 2 to {n // 2}" if n >= min_features(2) else "no number of lobes is possible"
    reason = Absent(f"{k} lobes were asked for, of {n} features ({possible})")
    return DECLARED.findings({AMI: reason, PROBE: reason, **_counted(firing)}, n=n)


def _refuse_matrices_that_do_not_fit(features: FeatureSet) -> None:
    n = len(features)
    if not features.is_dense:
        raise SaegeoError(
            f"the published procedure holds matrices of all pairs, {4 * n**2 / 1e9:.1f} GB each for {n} features",
            f"type --set lobes.dense_gigabytes={4 * n**2 / 1e9 + 0.1:.1f}, or leave out --preset paper",
        )


def _agreement_rows(features: FeatureSet, context: AnalysisContext) -> Iterator[dict[str, Any]]:
    names = list(features.settings.measures)
    for name in context.progress(names, len(names), "lobes"):
        for k, labels in features.lobes(name).labels.items():
            agreement = Agreement(labels, features.geometry(ANGULAR).labels[k])
            yield {"affinity": name, "k": k, "ami": agreement.adjusted_mutual_information}


def _accuracies(features: FeatureSet) -> Iterator[tuple[int, float]]:
    """For each number of lobes the published probe's balanced accuracy, where there is something to learn."""
    rows = features.units.numpy(force=True)
    for k, labels in features.lobes("phi").labels.items():
        if len(np.unique(labels[: int(0.8 * len(labels))])) > 1:
            yield k, published_balanced_accuracy(rows, labels)


def _published_null(model: str, draws: Floats) -> Nulls | Absent:
    """The null of so many draws with its sigma count."""
    if len(draws) < 2:
        return Absent("a null of fewer than two draws was asked for")
    return {model: SampledLaw(PublishedLaw(draws), len(draws))}


def _artefacts(
    features: FeatureSet, published: Agreement, k: int, null_draws: int, context: AnalysisContext
) -> Iterator[str]:
    """What is known to be wrong with the procedure, with its size on these features."""
    firing = features.firing
    lobes = features.lobes("phi").labels[k]
    deciles = np.argsort(np.argsort(firing.counts, kind="stable"), kind="stable") * DECILES // len(lobes)
    counts = firing.cooccurrence(device=context.device)
    positive = features.clusters_of(affinity_matrix(counts, firing.n_blocks, positive_phi, reuse_memory=True), k)
    yield (
        f"phi + 1 is nearly constant, so what all features share leads its clusters: their agreement (AMI) with deciles of firing "
        f"frequency is {_ami(lobes, deciles):.3f} at k = {k}, that of max(phi, 0) {_ami(positive, deciles):.3f}"
    )
    live = live_features(firing.counts, firing.n_blocks)
    silent = firing.counts == 0
    if silent.any():
        homes = np.bincount(lobes[silent])
        without = _ami(lobes[live.mask], features.geometry(ANGULAR).labels[k][live.mask])
        yield (
            f"features that never fire count as alike: {int(homes.max())} of {int(silent.sum())} lie in one lobe; the agreement of "
            f"the same labels over live features alone is {without:.4f}, over all {published.adjusted_mutual_information:.4f}"
        )
    strata = frequency_strata(firing.counts, context.rng)
    within = np.stack([permute_within(strata, context.rng) for _ in range(null_draws)])
    ami = published.adjusted_mutual_information
    draws = published.permuted(within)
    yield (
        f"the published nulls forget how often features fire: permuted within strata of like frequency the labels agree by "
        f"{draws.mean():.4f} on average (p = {permutation_pvalue(ami, draws, 'greater'):.3g}). A sampled standard deviation of a "
        "skewed null is no unit of evidence: the same data give 700 to 1,500 of them. And an untrained dictionary passes "
        "these tests too (calibrated preset)"
    )


def _ami(first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]]) -> float:
    return Agreement(first, second).adjusted_mutual_information
