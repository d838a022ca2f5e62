"""What a fixed cosine means in each dimension, and what a tail above that of uniform directions is made of."""

from math import sqrt

import numpy as np

from audit.section import Section, estimate, measured, null
from saegeo_core import FeatureCloud
from saegeo_core.statistics.uniform_directions import tail_probability, tail_threshold
from saegeo_core.synthetic import angular_gaussian, common_mean, families, isotropic

DIMENSIONS = (256, 512, 768, 2304, 3584)
COUNTED = 768
"""Dimensions above which a pair beyond .1 is not to be expected among those counted."""
N, D = 4096, 512
P0 = 1e-4


def measure_dimensions() -> Section:
    """The share of pairs of uniform directions beyond .1, and the cosine of one null probability."""
    rows = [dimension_row(d) for d in DIMENSIONS]
    formats = {
        "dimensions": ",d",
        "exact share above .1": ".2e",
        "counted": ".2e",
        "cosine of null probability 1e-6": ".3f",
    }
    return Section(rows, formats)


def dimension_row(d: int) -> dict[str, float | None]:
    """The exact law, and by the published procedure the share in one cloud."""
    counted = None
    if d <= COUNTED:
        cloud = FeatureCloud.from_array(isotropic(N, d, np.random.default_rng(d)), name="audit")
        counted = estimate(measured("cosine-tails", cloud, preset="paper"), "tail_fraction")
    return {
        "dimensions": d,
        "exact share above .1": float(tail_probability(0.1, d)),
        "counted": counted,
        "cosine of null probability 1e-6": float(tail_threshold(1e-6, d)),
    }


def measure_parts() -> Section:
    """Clouds of four kinds beside three nulls."""
    rng = np.random.default_rng(8)
    clouds = {
        "uniform directions": isotropic(N, D, rng),
        "a common mean, mean cosine .05": common_mean(N, D, rng, strength=sqrt(0.05 / 0.95)),
        "a spectrum, exponent .35": angular_gaussian(N, D, rng, exponent=0.35),
        "families of five, cosine .5": families(N, D, rng, correlation=0.5),
    }
    rows = [parts_row(name, FeatureCloud.from_array(vectors, name="audit")) for name, vectors in clouds.items()]
    formats = {"tail": ".2e", "over uniform": ".1f", "over common mean": ".1f", "over matched covariance": ".1f"}
    return Section(rows, formats)


def parts_row(name: str, cloud: FeatureCloud) -> dict[str, str | float]:
    """The tail at one null probability, over what each null expects."""
    report = measured("cosine-tails", cloud, parameters={"p0": P0})
    tail, nulls = estimate(report, "tail_fraction"), report.metric("tail_fraction")
    return {
        "cloud": name,
        "tail": tail,
        "over uniform": tail / P0,
        "over common mean": tail / null(nulls, "with the cloud's common mean").mean,
        "over matched covariance": tail / null(nulls, "matched off the diagonal").mean,
    }
