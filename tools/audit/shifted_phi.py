"""Planted topics found again by phi + 1 and by max(phi, 0), while blocks differ more and more in richness."""

import numpy as np
import pandas as pd
import torch

from audit.section import Section
from saegeo_core import Figure
from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes.affinities import positive_phi, shifted_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.feature_set import FeatureSet, Settings

N_TOPICS = 6
SPREADS = (0.0, 0.3, 0.6, 0.9)
N_DRAWS = 8
MEASURES = {"phi + 1": shifted_phi, "max(phi, 0)": positive_phi}


def measure() -> Section:
    """Agreement (AMI) of clusters with planted topics and with deciles of firing frequency."""
    rows = [row_at(spread) for spread in SPREADS]
    columns = [f"{name} with topics" for name in MEASURES]
    figure = Figure(
        name="shifted_phi",
        title="Planted topics found again, mean of 8 draws",
        kind="line",
        table="shifted_phi",
        x="richness",
        y=tuple(columns),
        x_title="spread of the richness of blocks (s.d. of its logarithm)",
        y_title="AMI of clusters with topics",
    )
    formats = {heading: ".2f" for heading in rows[0] if heading != "richness"} | {"richness": ".1f"}
    frame = pd.DataFrame(rows)[["richness", *columns]]
    return Section(rows, formats, [(figure, frame)])


def row_at(spread: float) -> dict[str, float]:
    """Both affinities, means over some draws of planted topics."""
    draws = pd.DataFrame([one_draw(spread, seed) for seed in range(N_DRAWS)])
    return {"richness": spread, **draws.mean().to_dict()}


def one_draw(spread: float, seed: int) -> dict[str, float]:
    """600 features in 2,000 blocks, clustered by both affinities."""
    planted = plant_firing(np.random.default_rng(seed), topic_strength=3, richness_spread=spread, rates=(0.02, 0.4))
    settings = Settings(
        measures=MEASURES,
        geometries=(),
        n_clusters=(N_TOPICS,),
        n_neighbors=10,
        dense_bytes=2**30,
        lead_is_relative=True,
        device="cpu",
    )
    features = FeatureSet(torch.from_numpy(planted.directions), planted.firing, settings, np.random.default_rng(0))
    deciles = np.argsort(np.argsort(planted.firing.counts, kind="stable"), kind="stable") * 10 // len(features)
    return {
        f"{name} with {what}": Agreement(features.lobes(name).labels[N_TOPICS], truth).adjusted_mutual_information
        for what, truth in {"topics": planted.topic_of_feature, "frequency": deciles}.items()
        for name in MEASURES
    }
