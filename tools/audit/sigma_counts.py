"""The published sigma count repeated on one set of data, and what the published null says where there is no topic at all."""

import numpy as np
import pandas as pd

from audit.section import PVALUE, Section, measured, null
from saegeo_core import FeatureCloud, Figure
from saegeo_core.synthetic.firing import PlantedFiring, plant_firing, plant_frequency_confound

SIZE = {"n_features": 1200, "n_blocks": 2000}
SEEDS = range(10)
PAPER = {"n_clusters": [2], "affinities": ["phi"]}
CALIBRATED = {**PAPER, "k_reported": 2, "document_splits": 0, "isotropic_draws": 0}


def measure() -> Section:
    """Firing without topics and with them, directions that go with either."""
    planted = {
        "frequency only, no topics": plant_frequency_confound(np.random.default_rng(3), strength=0.3, **SIZE),
        "two topics": plant_firing(np.random.default_rng(3), n_topics=2, topic_strength=3, topic_share=0.5, **SIZE),
    }
    repeated = {name: sigmas(one) for name, one in planted.items()}
    rows = [
        {
            "planted": name,
            **published(one),
            "fewest sigmas": min(repeated[name]),
            "most sigmas": max(repeated[name]),
            **judged(one),
        }
        for name, one in planted.items()
    ]
    formats = {"AMI": ".3f", "probe": ".3f", "fewest sigmas": ".0f", "most sigmas": ".0f", "AMI calibrated": ".3f"}
    formats |= {"within strata": ".3f", "p": PVALUE}
    frame = pd.DataFrame(
        {
            "seed": [seed for _ in repeated for seed in SEEDS],
            "sigmas": [count for counts in repeated.values() for count in counts],
            "planted": [name for name in repeated for _ in SEEDS],
        }
    )
    figure = Figure(
        name="sigma_counts",
        title="The same data, 100 permutations each time",
        kind="scatter",
        table="sigma_counts",
        x="seed",
        y=("sigmas",),
        color="planted",
        x_title="seed of the permutations",
        y_title="sigma count of the published AMI",
    )
    return Section(rows, formats, [(figure, frame)])


def cloud_of(planted: PlantedFiring) -> FeatureCloud:
    """Its directions."""
    return FeatureCloud.from_array(planted.directions, name="audit")


def sigmas(planted: PlantedFiring) -> list[float]:
    """The published z of the AMI at two lobes, for one seed of the permutations after another."""
    cloud, options = cloud_of(planted), {"preset": "paper", "firing": planted.firing}
    reports = [
        measured("lobes", cloud, seed=seed, parameters={**PAPER, "isotropic_draws": 0}, **options) for seed in SEEDS
    ]
    return [report.metric("ami").nulls[0].z for report in reports]


def published(planted: PlantedFiring) -> dict[str, float]:
    """The two published scores."""
    settings = {**PAPER, "isotropic_draws": 0}
    report = measured("lobes", cloud_of(planted), preset="paper", firing=planted.firing, parameters=settings)
    return {"AMI": report.metric("ami").value, "probe": report.metric("decoding_balanced_accuracy").value}


def judged(planted: PlantedFiring) -> dict[str, float]:
    """The calibrated AMI beside permutations within strata of like frequency."""
    metric = measured("lobes", cloud_of(planted), firing=planted.firing, parameters=CALIBRATED).metric("ami")
    stratified = null(metric, "strata")
    return {"AMI calibrated": metric.value, "within strata": stratified.mean, "p": stratified.pvalue}
