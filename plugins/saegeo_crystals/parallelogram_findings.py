"""The search for near-parallelograms as findings: the metric `parallelogram_excess`, its tables and its figure."""

import numpy as np
import pandas as pd
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import SampledLaw
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.declared import DECLARED
from saegeo_crystals.near_parallelograms import MAX_QUADRUPLES, Parallelograms, parallelogram_errors
from saegeo_crystals.parallelogram_excess import ParallelogramExcess, parallelogram_excess

NAME = "parallelogram_excess"
MATCHED = "angular Gaussian with the cloud's mean and covariance, searched in the same way"
NEURONPEDIA = "https://www.neuronpedia.org"
N_ERRORS = 24
"""Errors in the table of counts."""
COUNTS_FIGURE = Figure(
    name="parallelograms_by_error",
    title="Near-parallelograms within an error",
    kind="line",
    table="parallelogram_counts",
    x="error",
    y=("observed", "expected"),
    y_names=("this SAE", "null clouds, mean and range"),
    nulls=("expected",),
    low=(None, "null_least"),
    high=(None, "null_most"),
    x_title="error at most",
    y_title="quadruples",
    caption="Quadruples within each error, in this cloud and in null clouds.",
)


def parallelogram_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    n_neighbors: int = 10,
    null_draws: int = 19,
    n_expected: int = 20,
    n_listed: int = 200,
) -> Findings:
    """Search the cloud for near-parallelograms and count them against the null.

    Args:
        cloud: the directions.
        context: its generator, device and progress are used.
        n_neighbors: sides join rows each of which is among so many nearest of the other.
        null_draws: null clouds behind the expected count; the smallest p-value is 1/(null_draws + 1).
        n_expected: quadruples expected by chance at the error where they are counted.
        n_listed: quadruples in the table, the closest first.

    Returns:
        Findings with the metric `parallelogram_excess`, the tables `parallelograms` and `parallelogram_counts` and the
        figure of the latter; the metric alone, absent, where the cloud is too small or has no covariance.
    """
    excess = parallelogram_excess(
        cloud.vectors,
        context.rng,
        n_neighbors=n_neighbors,
        null_draws=null_draws,
        n_expected=n_expected,
        device=context.device,
        progress=context.progress,
    )
    if isinstance(excess, Absent):
        return DECLARED.findings({NAME: excess}, n=0)
    n, law, ratio = len(excess.observed), excess.law, excess.ratio
    return DECLARED.findings(
        {NAME: ratio.estimate},
        n=n,
        spread={NAME: Spread(ratio)},
        nulls={NAME: {MATCHED: SampledLaw(law, len(law.counts))}},
        additions={NAME: f" Here {n} within error {excess.threshold:.3f}, where {law.expected:.1f} are expected."},
        tables={
            "parallelograms": parallelogram_table(cloud, excess.observed, n_listed),
            "parallelogram_counts": counts_table(excess),
        },
        figures=[COUNTS_FIGURE],
        warnings=_warnings(excess),
    )


def parallelogram_table(cloud: FeatureCloud, found: Parallelograms, n_listed: int) -> pd.DataFrame:
    """The closest quadruples by their error in the full space: ids of the corners, and labels and links where known."""
    geometry = full_space_geometry(cloud, found.corners)
    closest = np.argsort(geometry["error"], kind="stable")[:n_listed]
    corners = found.corners[closest]
    columns: dict[str, object] = {"rank": np.arange(1, len(corners) + 1)}
    columns |= {f"feature_{name}": cloud.feature_ids[corners[:, k]] for k, name in enumerate("abcd")}
    columns |= {name: values[closest] for name, values in geometry.items()}
    if cloud.labels is not None:
        columns |= {f"label_{name}": [cloud.labels[row] for row in corners[:, k]] for k, name in enumerate("abcd")}
    if cloud.sae.neuronpedia_id is not None:
        page = f"{NEURONPEDIA}/{cloud.sae.neuronpedia_id}"
        columns |= {
            f"link_{name}": [f"{page}/{feature}" for feature in cloud.feature_ids[corners[:, k]]]
            for k, name in enumerate("abcd")
        }
    return pd.DataFrame(columns)


def full_space_geometry(cloud: FeatureCloud, corners: Integers) -> dict[str, Floats]:
    """What the unit rows at corners (a, b, c, d), shape (n, 4), are to one another in all d_in dimensions, each shape (n,).

    `error` is that of `near_parallelograms`, `side_cosine` the cosine of b - a and d - c; the others are mean cosines of the
    features that the shorter sides, the longer sides and the diagonals join.
    """
    lengths = torch.from_numpy(cloud.norms[corners])
    points = cloud.vectors[torch.from_numpy(corners)].double() / lengths.unsqueeze(-1)
    a, b, c, d = points.unbind(dim=1)
    geometry = {
        "error": parallelogram_errors(points),
        "side_cosine": torch.nn.functional.cosine_similarity(b - a, d - c),
        "cosine_ab_cd": ((a * b).sum(1) + (c * d).sum(1)) / 2,
        "cosine_ac_bd": ((a * c).sum(1) + (b * d).sum(1)) / 2,
        "cosine_ad_bc": ((a * d).sum(1) + (b * c).sum(1)) / 2,
    }
    return {name: values.numpy() for name, values in geometry.items()}


def counts_table(excess: ParallelogramExcess) -> pd.DataFrame:
    """Quadruples within each error up to the one that is judged: observed, and mean and range over null clouds."""
    errors = np.linspace(0.0, excess.threshold, N_ERRORS + 1)[1:]
    chance = np.array([np.searchsorted(null, errors, side="right") for null in excess.null_errors])
    return pd.DataFrame(
        {
            "error": errors,
            "observed": np.searchsorted(excess.observed.errors, errors, side="right"),
            "expected": chance.mean(axis=0),
            "null_least": chance.min(axis=0),
            "null_most": chance.max(axis=0),
        }
    )


def _warnings(excess: ParallelogramExcess) -> list[str]:
    if excess.observed.complete:
        return []
    return [
        f"more than {MAX_QUADRUPLES} quadruples lie within error {excess.threshold:.3f}, a lattice rather than a few "
        f"parallelograms; {NAME} counts among the closest of them and is a lower bound"
    ]
