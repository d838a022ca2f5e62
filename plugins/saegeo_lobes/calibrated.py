"""The calibrated preset: live features only, phi cut at zero, and an untrained dictionary before any other null."""

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, FiringStatistics
from saegeo_core.measuring.many_metrics import described_metrics
from saegeo_lobes import cautions
from saegeo_lobes.affinities import MEASURES
from saegeo_lobes.control_null import estimates_of
from saegeo_lobes.described import DESCRIBED
from saegeo_lobes.dictionary import ANGULAR, COSINE_GRAPH, Dictionary, Settings
from saegeo_lobes.estimates import AtK
from saegeo_lobes.feature_map import feature_map
from saegeo_lobes.figures import figures
from saegeo_lobes.intervals import intervals
from saegeo_lobes.judging import draw_judges
from saegeo_lobes.live_features import LiveFeatures, least_features, live_features
from saegeo_lobes.neighbor_affinity import fits_densely
from saegeo_lobes.parameters import LobesParameters
from saegeo_lobes.permutation_nulls import Permutations
from saegeo_lobes.tables import map_table, tables_of

COUNTED = Absent("counted in this text; nothing is estimated")


def calibrated_findings(
    cloud: FeatureCloud, firing: FiringStatistics, parameters: LobesParameters, context: AnalysisContext
) -> Findings:
    """Measure the SAE and its controls in the same way, and judge the one by the others."""
    live = live_features(firing.counts, firing.n_blocks, least_blocks=parameters.least_blocks)
    k = parameters.k_reported
    if live.n_live < least_features(k):
        return _nothing_to_cluster(firing, live, k)
    # A generator for each use of chance. Documents come first: they are the same for all SAEs harvested together.
    of_documents, of_sae, of_controls, of_permutations, of_judges = context.rng.spawn(5)

    settings = _settings(parameters, live.n_live, context.device)
    cloud = cloud.select(live.mask)
    sae = Dictionary(cloud.unit_vectors(), firing.select(live.mask), settings, of_sae)
    at = AtK.of(sae, k, of_sae)
    controls = [AtK.of(one, k, of_controls) for one in _controls(firing, parameters, settings, of_controls)]
    permutations = Permutations.of(sae, parameters.n_permutations, of_permutations)

    judges = draw_judges(at, controls, permutations, parameters.random_dictionaries, of_judges)
    tables = tables_of(cloud, at, controls, permutations, judges.permuted["ami"], progress=context.progress)
    plane = feature_map(sae.units.numpy(force=True), seed=int(of_sae.integers(2**31)))
    tables["map"] = map_table(cloud, plane.coordinates, at.lobes)

    estimates = estimates_of(at)
    counted = {"live_features": live.n_live, "dead_features": live.n_dead}
    metrics, replicates = described_metrics(
        DESCRIBED,
        {**estimates, **counted},
        n=dict.fromkeys(estimates, live.n_live) | dict.fromkeys(counted, firing.n_features),
        intervals=intervals(at, estimates, of_documents, parameters.document_groups) | dict.fromkeys(counted, COUNTED),
        nulls={name: judges.of(name, value) for name, value in estimates.items()} | dict.fromkeys(counted, COUNTED),
    )
    return Findings(
        metrics,
        tables,
        figures(tables, k, plane.method),
        warnings=[
            *cautions.of_features(live, parameters.n_clusters, settings),
            *cautions.of_solver([sae, *(one.dictionary for one in controls)]),
            *cautions.of_controls(firing, len(controls)),
        ],
        replicates=replicates,
    )


def _settings(parameters: LobesParameters, n_live: int, device: str) -> Settings:
    dense_bytes = int(parameters.dense_gigabytes * 1e9)
    return Settings(
        measures={name: MEASURES[name] for name in dict.fromkeys(["phi", *parameters.affinities])},
        geometries=(COSINE_GRAPH, ANGULAR) if fits_densely(n_live, dense_bytes) else (COSINE_GRAPH,),
        n_clusters=tuple(
            k for k in sorted({*parameters.n_clusters, parameters.k_reported}) if least_features(k) <= n_live
        ),
        n_neighbors=parameters.n_neighbors,
        dense_bytes=dense_bytes,
        lead_is_relative=parameters.leading == "lift",
        device=device,
    )


def _controls(
    firing: FiringStatistics, parameters: LobesParameters, settings: Settings, rng: np.random.Generator
) -> list[Dictionary]:
    """The untrained dictionaries whose live features suffice for the numbers of lobes."""
    dictionaries = []
    for control in firing.controls():
        fired = control.firing
        live = live_features(fired.counts, fired.n_blocks, least_blocks=parameters.least_blocks)
        if live.n_live >= least_features(settings.n_clusters[-1]):
            units = torch.from_numpy(np.asarray(control.directions, np.float32)[live.mask])
            dictionaries.append(Dictionary(units, fired.select(live.mask), settings, rng))
    return dictionaries


def _nothing_to_cluster(firing: FiringStatistics, live: LiveFeatures, k: int) -> Findings:
    """Counts of features, and why there is nothing else."""
    most = live.n_live // 2 if live.n_live >= least_features(2) else 0
    possible = f"k_reported can be 2 to {most}" if most else "no number of lobes is possible"
    reason = (
        f"{k} lobes need at least {least_features(k)} live features, and {firing.n_blocks} blocks of text leave "
        f"{live.n_live} of {firing.n_features} ({possible})"
    )
    counts = {"live_features": live.n_live, "dead_features": live.n_dead}
    return Findings(
        [
            DESCRIBED.metric(name, counts.get(name, Absent(reason)), firing.n_features, interval=COUNTED, nulls=COUNTED)
            for name in DESCRIBED
        ]
    )
