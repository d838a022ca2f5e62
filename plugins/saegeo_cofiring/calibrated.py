"""Features that fire together: numbers, how well they are known, and nulls together.

The graph is of all live features. Incidences with both margins kept are drawn for a sample of them, whose own numbers are ranked
among those of the draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from saegeo_cofiring.declared import DECLARED
from saegeo_cofiring.graph import Joined, joined
from saegeo_cofiring.margins import MarginsKept
from saegeo_cofiring.modules import ALONE, components_of, modularity, modules_of
from saegeo_cofiring.nulls import MarginsDrawn, permuted_beside_lobes, permuted_in_kin
from saegeo_cofiring.phi import mean_squared_phi, phi
from saegeo_cofiring.sample import Sample, richness_of
from saegeo_cofiring.tables import FIGURES, features_table, modules_table, sizes_table
from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, FiringStatistics
from saegeo_core.measuring.counted_rows import counted_rows
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.null_draws import controls_by_kind
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.measuring.resampled import groups_of_both
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.k_means_runs import consensus_of_runs
from saegeo_core.numerics.spectral_clustering import spectral_embedding

FEWEST = 12
"""Live features, from which there are numbers."""
ACCURACY_OF_LOBES = 1e-4
BOTH_MARGINS = "incidences of the same margins (curveball)"
AS_MANY_PAIRS = "as many pairs, the furthest beyond chance, in incidences of the same margins"
PERMUTED = "modules permuted among features of like frequency"
PAIR_COUNTS_ONLY = "in which blocks features fired is not known, only in how many of them pairs did"
NOT_JOINED = Absent("no two features are joined")


@dataclass(frozen=True, eq=False)
class Modules:
    """The graph of all live features, and what it falls into.

    Attributes:
        joined: the graph.
        of_feature: int64 (n_live,), by size; -1 of features that are joined to none.
        components: int64 (n_live,), by size.
    """

    joined: Joined
    of_feature: Integers
    components: Integers

    def numbers(self) -> dict[str, float | Absent]:
        """Of the graph alone."""
        n, is_joined = len(self.of_feature), self.of_feature != ALONE
        return {
            "mean_squared_phi": self.joined.mean_squared_phi,
            "joined_pairs": float(self.joined.n_partners.sum() / (n * (n - 1))),
            "joined_features": float(is_joined.mean()),
            "modules": int(self.of_feature.max()) + 1,
            "modularity": modularity(self.joined.graph, self.of_feature) if is_joined.any() else NOT_JOINED,
            "largest_component": float(np.mean(self.components == 0)) if is_joined.any() else NOT_JOINED,
        }


def calibrated_findings(
    cloud: FeatureCloud,
    firing: FiringStatistics,
    context: AnalysisContext,
    *,
    fdr: float,
    n_partners: int,
    min_blocks: int,
    n_lobes: int,
    null_draws: int,
    null_features: int,
) -> Findings:
    """Join live features, look for modules, and judge both by incidences of the same margins."""
    # Documents come first: they are the same for all SAEs harvested together.
    document_rng, sample_rng, draw_rng, kin_rng, lobe_rng, permutation_rng, module_rng = context.rng.spawn(7)
    live, device = live_features(firing, min_blocks), context.device
    if firing.fired is None:
        return DECLARED.absent(PAIR_COUNTS_ONLY, cloud.n_features)
    if len(live) < FEWEST:
        reason = f"{len(live)} features fire, and are silent, in {min_blocks} blocks each, and {FEWEST} are needed"
        return DECLARED.absent(reason, len(live))
    controls = _controls(firing, min_blocks, null_features, sample_rng, device)
    kin = np.unique(kin_of(cloud, device=device, watch=context.watch("kin"))[live], return_inverse=True)[1]
    cloud, firing, seed = cloud.select(live), firing.select(live), int(module_rng.integers(2**31))

    sample = Sample.of(firing, sample_rng, null_features, device)
    counted = sample.firing.cooccurrence(device=device)
    seen = sample.seen(counted)
    least = seen.least(fdr)
    found = _modules(firing, least, n_partners, seed, device)
    numbers = found.numbers()
    drawn = MarginsDrawn.of(
        sample,
        seen,
        draw_rng,
        n_draws=null_draws,
        fdr=fdr,
        n_partners=n_partners,
        seed=seed,
        device=device,
        progress=context.progress,
    )
    with_module = np.flatnonzero(found.of_feature != ALONE)
    in_kin = permuted_in_kin(
        found.of_feature[with_module], kin[with_module], firing.counts[with_module], permutation_rng
    )
    lobes = _beside_lobes(
        found.of_feature, sample, counted, n_lobes=n_lobes, rng=lobe_rng, permutation_rng=permutation_rng
    )
    permuted = {"kin_in_one_module": in_kin, "lobe_agreement": lobes}
    numbers |= {name: one if isinstance(one, Absent) else one[0] for name, one in permuted.items()}
    by_chance = (
        f" By chance as far beyond lie {drawn.n_false / drawn.n_joined:.2g} times as many." if drawn.n_joined else ""
    )
    of_draws = _of_draws(drawn, numbers)
    return DECLARED.findings(
        numbers,
        n=len(live),
        spread={
            "mean_squared_phi": _spread(
                sample, counted, kin, found.joined.mean_squared_phi, document_rng=document_rng, kin_rng=kin_rng
            )
        },
        nulls={
            **of_draws,
            "mean_squared_phi": {**of_draws["mean_squared_phi"], **controls},
            **{name: {PERMUTED: one[1]} for name, one in permuted.items() if not isinstance(one, Absent)},
        },
        additions={"joined_pairs": by_chance},
        tables={
            "features": features_table(cloud, firing, found.joined, found.of_feature, found.components),
            "modules": modules_table(cloud, found.joined, found.of_feature),
            "sizes": sizes_table(found.of_feature, found.components),
            "null": drawn.table(),
        },
        figures=FIGURES if drawn.n_joined else [],
    )


def estimates_of(firing: FiringStatistics, *, min_blocks: int, device: str) -> dict[str, float]:
    """The mean squared phi of live features, where there are enough of them."""
    live = live_features(firing, min_blocks)
    if len(live) < FEWEST or firing.fired is None:
        return {}
    firing = firing.select(live)
    law = MarginsKept.of(firing.counts, richness_of(firing), device)
    rows = counted_rows(firing, device=device)
    return {
        "mean_squared_phi": joined(
            rows, firing.counts, firing.n_blocks, law, least=np.inf, n_partners=1
        ).mean_squared_phi
    }


def live_features(firing: FiringStatistics, min_blocks: int) -> Integers:
    """Features that fire in so many blocks and are silent in as many, ascending."""
    is_live = (firing.counts >= min_blocks) & (firing.n_blocks - firing.counts >= min_blocks)
    return np.flatnonzero(is_live)


def _modules(firing: FiringStatistics, least: float, n_partners: int, seed: int, device: str) -> Modules:
    """The graph of all features, its modules and components."""
    law = MarginsKept.of(firing.counts, richness_of(firing), device)
    rows = counted_rows(firing, device=device)
    found = joined(rows, firing.counts, firing.n_blocks, law, least=least, n_partners=n_partners)
    return Modules(found, modules_of(found.graph, seed), components_of(found.graph))


def _of_draws(drawn: MarginsDrawn, numbers: Mapping[str, float | Absent]) -> dict[str, Nulls]:
    """The sample's own numbers ranked among those of the draws, whose means are told."""
    models = {"mean_squared_phi": BOTH_MARGINS, "joined_pairs": BOTH_MARGINS, "modularity": AS_MANY_PAIRS}
    nulls: dict[str, Nulls] = {"modularity": {}}
    for name, values in drawn.of_draws.items():
        if not isinstance(number := numbers[name], Absent):
            shift = drawn.of_sample[name] - number
            nulls[name] = {
                models[name]: Draws(values, has_zscore=name != "joined_pairs", shift=shift, mean=float(values.mean()))
            }
    return nulls


def _controls(firing: FiringStatistics, min_blocks: int, most: int, rng: np.random.Generator, device: str) -> Nulls:
    """The mean squared phi of the untrained dictionaries harvested beside the SAE, each of as many features at most."""
    measured: list[tuple[str, Mapping[str, float | Absent]]] = []
    for control in firing.controls():
        live = live_features(control.firing, min_blocks)
        if len(live) >= FEWEST:
            chosen = control.firing.select(np.sort(rng.choice(live, min(most, len(live)), replace=False)))
            squared = _mean_squared_phi(chosen.cooccurrence(device=device), chosen.counts, chosen.n_blocks)
            measured.append((control.kind, {"mean_squared_phi": squared}))
    return controls_by_kind(measured, "mean_squared_phi")


def _beside_lobes(
    modules: Integers,
    sample: Sample,
    counted: torch.Tensor,
    *,
    n_lobes: int,
    rng: np.random.Generator,
    permutation_rng: np.random.Generator,
) -> tuple[float, Floats] | Absent:
    """Agreement of modules with lobes of the sample's features that have a module."""
    chosen = np.flatnonzero(modules[sample.places] != ALONE)
    if len(chosen) < max(FEWEST, 2 * n_lobes):
        return Absent(f"{len(chosen)} features of the sample have a module, too few for {n_lobes} lobes")
    counts, which = sample.firing.counts[chosen], torch.from_numpy(chosen).to(counted.device)
    fires = torch.tensor(counts).float().to(counted.device)
    affinity = phi(counted[which][:, which].float(), fires, fires, sample.firing.n_blocks).clamp_min_(0)
    embedding = spectral_embedding(affinity, (n_lobes,), rng, accuracy=ACCURACY_OF_LOBES)
    lobes = consensus_of_runs(embedding.first(n_lobes), n_lobes).labels
    return permuted_beside_lobes(modules[sample.places[chosen]], lobes, counts, permutation_rng)


def _spread(
    sample: Sample,
    counted: torch.Tensor,
    kin: Integers,
    of_all: float,
    *,
    document_rng: np.random.Generator,
    kin_rng: np.random.Generator,
) -> Spread | Absent:
    """How well the mean squared phi is known, from the sample without each group of documents and of kin."""
    firing = sample.firing
    groups = groups_of_both(firing, kin[sample.places], document_rng=document_rng, kin_rng=kin_rng)
    if isinstance(groups, Absent):
        return groups
    without = []
    for group, left in enumerate(groups.blocks_left):
        left_out = firing.cooccurrence(device=str(counted.device), weights=1 - left)
        features = groups.features_left(group)
        which = torch.from_numpy(features).to(counted.device)
        together = (counted - left_out)[which][:, which]
        without.append(_mean_squared_phi(together, together.diagonal().numpy(force=True), int(left.sum())))
    of_sample = _mean_squared_phi(counted, firing.counts, firing.n_blocks)
    return groups.spread(of_sample, without).moved(shift=of_all - of_sample)


def _mean_squared_phi(counted: torch.Tensor, counts: Integers, n_blocks: int) -> float:
    return mean_squared_phi(counted, torch.tensor(counts).to(counted.device), n_blocks)
