"""The calibrated preset: live features only, phi cut at zero, and an untrained dictionary before any other null."""

from collections.abc import Iterator
from dataclasses import replace

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, FiringStatistics
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_lobes.affinities import fits_densely
from saegeo_lobes.controls import untrained_lobes
from saegeo_lobes.declared import DECLARED
from saegeo_lobes.determinacy import warnings_of_labels
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_map import feature_map
from saegeo_lobes.feature_set import (
    ANGULAR,
    COSINE_GRAPH,
    FeatureSet,
    LiveFeatures,
    Settings,
    live_features,
    min_features,
)
from saegeo_lobes.intervals import spread_of
from saegeo_lobes.nulls import NullModels
from saegeo_lobes.numbers import nulls_of, numbers_of
from saegeo_lobes.tables import figures_of, map_table, tables_of


def calibrated_findings(
    cloud: FeatureCloud,
    firing: FiringStatistics,
    context: AnalysisContext,
    settings: Settings,
    *,
    k: int,
    min_blocks: int,
    null_draws: int,
    isotropic_draws: int,
    document_splits: int,
) -> Findings:
    """Measure the SAE and its controls in the same way, and judge the one by the others.

    Args:
        cloud: the SAE.
        firing: when its features fire, in their order, and the controls.
        context: its generator and progress are used.
        settings: how features are clustered; what does not fit is left out, with a warning.
        k: the number of lobes that is reported.
        min_blocks: blocks a live feature fires in at least, and is silent in at least.
        null_draws: permutations of either kind.
        isotropic_draws: random dictionaries that the probe is tried on.
        document_splits: splits of documents and kin into thirds, for intervals; 0 makes none.
    """
    live = live_features(firing.counts, firing.n_blocks, min_blocks=min_blocks)
    if live.n_live < min_features(k):
        return _nothing_to_cluster(firing, live, k)
    # A generator for each use of chance. Documents come first: they are the same for all SAEs harvested together.
    document_rng, sae_rng, control_rng, permutation_rng, null_rng = context.rng.spawn(5)

    asked, settings = settings, _fitting(settings, live)
    untrained = untrained_lobes(cloud.unit_vectors(), firing, settings, control_rng, k=k, min_blocks=min_blocks)
    controls = list(context.progress(untrained, len(firing.controls_from), "untrained dictionaries"))
    kin = kin_of(cloud, device=settings.device, watch=context.watch("kin"))[live.mask]
    cloud = cloud.select(live.mask)
    features = FeatureSet(cloud.unit_vectors(), firing.select(live.mask), settings, sae_rng)
    sae = FeatureLobes.of(features, k, sae_rng)
    models = NullModels.of(
        features,
        null_draws=null_draws,
        isotropic_draws=isotropic_draws,
        permutation_rng=permutation_rng,
        rng=null_rng,
    )

    numbers = numbers_of(sae, context.progress)
    nulls = nulls_of(sae, [(control.kind, control.numbers) for control in controls], models, context.progress)
    tables = tables_of(cloud, sae, controls, models, progress=context.progress)
    plane = feature_map(features.units.numpy(force=True), int(sae_rng.integers(2**31)), features.kept_angles)
    tables["map"] = map_table(cloud, plane.coordinates, {"lobe": sae.lobes})
    features.forget_angles()  # a gigabyte of 16,384 features, before as much is needed for lobes of less text
    return DECLARED.findings(
        {**numbers, **live.counted},
        n=dict.fromkeys(numbers, live.n_live) | dict.fromkeys(live.counted, firing.n_features),
        spread=spread_of(sae, numbers, kin, document_rng, document_splits, progress=context.progress),
        nulls=nulls,
        tables=tables,
        figures=figures_of(tables, k, plane.method),
        warnings=[
            *_warnings_of_features(live, asked, settings),
            *_warnings_of_controls(firing, len(controls)),
            *warnings_of_labels(features.clusterings(), [control.clusterings for control in controls], k=k),
        ],
    )


def estimates_of(
    cloud: FeatureCloud,
    firing: FiringStatistics,
    context: AnalysisContext,
    settings: Settings,
    *,
    k: int,
    min_blocks: int,
) -> dict[str, float]:
    """The numbers of the SAE's own lobes, those that are defined; arguments as above."""
    live = live_features(firing.counts, firing.n_blocks, min_blocks=min_blocks)
    if live.n_live < min_features(k):
        return live.counted
    _, rng, *_ = context.rng.spawn(5)
    cloud = cloud.select(live.mask)
    features = FeatureSet(cloud.unit_vectors(), firing.select(live.mask), _fitting(settings, live), rng)
    numbers = numbers_of(FeatureLobes.of(features, k, rng))
    return live.counted | {name: one for name, one in numbers.items() if not isinstance(one, Absent)}


def _fitting(settings: Settings, live: LiveFeatures) -> Settings:
    """What these features are enough for, and there is room for."""
    fitting = settings.fitting(live.n_live)
    return fitting if fits_densely(live.n_live, settings.dense_bytes) else replace(fitting, geometries=(COSINE_GRAPH,))


def _nothing_to_cluster(firing: FiringStatistics, live: LiveFeatures, k: int) -> Findings:
    """Counts of features, and why there is nothing else."""
    most = live.n_live // 2 if live.n_live >= min_features(2) else 0
    possible = f"k_reported can be 2 to {most}" if most else "no number of lobes is possible"
    told = _left_out(live)
    reason = (
        f"{k} lobes need at least {min_features(k)} live features, and {firing.n_blocks} blocks of text leave "
        f"{live.n_live} of {firing.n_features}{f': {told}' if told else ''} ({possible})"
    )
    missing = dict.fromkeys(DECLARED, Absent(reason))
    return DECLARED.findings({**missing, **live.counted}, n=firing.n_features)


def _left_out(live: LiveFeatures) -> str:
    """How many features are not compared, and why; nothing where all are."""
    reasons = {"never fire": live.n_dead, "fire too rarely": live.n_rare, "are silent too rarely": live.n_constant}
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)


def _warnings_of_features(live: LiveFeatures, asked: Settings, settings: Settings) -> Iterator[str]:
    """Features and numbers of lobes that were left out, and whether the matrix of all pairs was."""
    if told := _left_out(live):
        yield f"features left out: {told}"
    impossible = [str(k) for k in asked.n_clusters if k not in settings.n_clusters]
    if impossible:
        yield f"not looked for: {', '.join(impossible)} lobes; {live.n_live} live features allow at most {live.n_live // 2}"
    if ANGULAR not in settings.geometries:
        yield (
            f"a matrix of all pairs exceeds {settings.dense_bytes / 1e9:g} GB: lobes come from each feature's 30 most alike "
            "partners, and there is no angular affinity"
        )


def _warnings_of_controls(firing: FiringStatistics, n_used: int) -> Iterator[str]:
    """Controls that are not there, or could not be used."""
    if not firing.controls_from:
        yield (
            "no control was harvested: geometry and co-firing are tied by construction, so without an untrained dictionary "
            "nothing here says what training did (saegeo harvest … --control random)"
        )
    elif n_used < len(firing.controls_from):
        yield f"controls left out for too few live features: {len(firing.controls_from) - n_used}"
