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
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permutations_within
from saegeo_lobes.affinities import affinity_matrix, positive_phi, shifted_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.declared import DECLARED
from saegeo_lobes.decoding import published_balanced_accuracy, random_directions
from saegeo_lobes.determinacy import warnings_of_labels
from saegeo_lobes.feature_lobes import text_of
from saegeo_lobes.feature_map import feature_map
from saegeo_lobes.feature_set import ANGULAR, FeatureSet, Settings, live_features, min_features
from saegeo_lobes.tables import histograms, lobe_by_text_table, lobes_table, map_table, published_figures

AMI, PROBE = "ami", "decoding_balanced_accuracy"
NO_INTERVAL = Absent("the published procedure gives none")
PERMUTED = "geometric labels permuted freely (the published null)"
RANDOM = "the same probe on random unit vectors (the published null)"
ONE_LOBE = Absent("the first 80 % of the features lie in one lobe, so there is nothing to learn")
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
    """Labels of both sides at equal numbers of clusters, their agreement, the published probe, and what is drawn of them.

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
    published = replace(
        settings.fitting(n),
        measures={**settings.measures, "phi": shifted_phi},
        geometries=(ANGULAR,),
        published=True,
    )
    features = FeatureSet(cloud.vectors.float(), firing, published, context.rng)
    _refuse_matrices_that_do_not_fit(features)
    agreement = Agreement(features.lobes("phi").labels(k), features.geometry(ANGULAR).labels(k))
    permutations = np.stack([context.rng.permutation(n) for _ in range(null_draws)])
    rows = pd.DataFrame(list(_agreement_rows(features, context)))
    lobes = {name: features.lobes(name).labels(k) for name in published.measures}
    accuracy, random = _accuracy(features, lobes["phi"]), np.empty(0)
    if accuracy is not None:
        random = np.array(
            [
                published_balanced_accuracy(random_directions(n, cloud.d_in, context.rng), lobes["phi"])
                for _ in context.progress(range(isotropic_draws), isotropic_draws, "random probes")
            ]
        )
    permuted = agreement.permuted(permutations)
    plane = feature_map(cloud.unit_vectors().numpy(force=True), seed=int(context.rng.integers(2**31)))
    tables = {
        "agreement": rows,
        "agreement_with_angular": _by_number(rows, "ami"),
        "accuracy_by_number": _by_number(rows, "balanced_accuracy"),
        "null_distribution": histograms(_beside(agreement.adjusted_mutual_information, "permuted", permuted)),
        "lobes": lobes_table(cloud, features),
        "map": map_table(cloud, plane.coordinates, lobes),
    }
    if accuracy is not None:
        tables["null_of_accuracy"] = histograms(_beside(accuracy, "random", random))
    text = text_of(features, lobes["phi"])
    if not isinstance(text, Absent):
        tables["lobe_by_text"] = lobe_by_text_table(text, firing.label_names)
    return DECLARED.findings(
        {
            AMI: agreement.adjusted_mutual_information,
            PROBE: ONE_LOBE if accuracy is None else accuracy,
            **_counted(firing),
        },
        n=n,
        spread=dict.fromkeys((AMI, PROBE), NO_INTERVAL),
        nulls={
            AMI: _published_null(PERMUTED, permuted),
            PROBE: _published_null(RANDOM, random),
        },
        tables=tables,
        figures=published_figures(tables, k, plane.method, list(lobes)),
        warnings=[
            *_artefacts(features, agreement, k, max(null_draws, 99), context),
            *warnings_of_labels(features.clusterings(), k=k),
        ],
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
        lobes, directions = features.lobes(name), features.geometry(ANGULAR)
        for k in lobes.numbers:
            yield {
                "affinity": name,
                "k": k,
                "ami": _ami(lobes.labels(k), directions.labels(k)),
                "balanced_accuracy": _accuracy(features, lobes.labels(k)),
                "stability": lobes.stability(k),
                "stability_of_geometry": directions.stability(k),
            }


def _by_number(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column of the agreement table, k by affinity."""
    return rows.pivot_table(column, "k", "affinity", sort=False, dropna=False).reset_index()


def _beside(observed: float, word: str, draws: Floats) -> dict[str, Floats]:
    """What is drawn as histograms: draws, where there are any, and the value observed."""
    return ({word: draws} if len(draws) else {}) | {"observed": np.array([observed])}


def _accuracy(features: FeatureSet, labels: Integers) -> float | None:
    """The published probe's balanced accuracy; None where the features it learns from lie in one lobe."""
    if len(np.unique(labels[: int(0.8 * len(labels))])) < 2:
        return None
    return published_balanced_accuracy(features.units.numpy(force=True), labels)


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
    lobes = features.lobes("phi").labels(k)
    deciles = np.argsort(np.argsort(firing.counts, kind="stable"), kind="stable") * DECILES // len(lobes)
    counts = firing.cooccurrence(device=context.device)
    positive = features.clusters_of(affinity_matrix(counts, firing.n_blocks, positive_phi, reuse_memory=True), k)
    yield (
        f"phi + 1 is nearly constant, so what all features share leads its clusters: their agreement (AMI) with deciles of firing "
        f"frequency is {_ami(lobes, deciles):.3f} at k = {k}, that of max(phi, 0) {_ami(positive, deciles):.3f}"
    )
    live = live_features(firing.counts, firing.n_blocks)
    silent = firing.counts == 0
    if silent.any() and live.mask.any():
        homes = np.bincount(lobes[silent])
        without = _ami(lobes[live.mask], features.geometry(ANGULAR).labels(k)[live.mask])
        yield (
            f"features that never fire count as alike: {int(homes.max())} of {int(silent.sum())} lie in one lobe; the agreement of "
            f"the same labels over live features alone is {without:.4f}, over all {published.adjusted_mutual_information:.4f}"
        )
    strata = frequency_strata(firing.counts, context.rng)
    within = np.stack(list(permutations_within(strata, context.rng, null_draws)))
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
