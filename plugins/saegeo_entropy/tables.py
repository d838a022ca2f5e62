"""Tables and figures: negentropies of the surrogates beside the observed one, and intrinsic dimension against scale."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from saegeo_core import Figure
from saegeo_core.numerics.arrays import Floats
from saegeo_entropy.neighbor_statistics import N_NEIGHBORS, NeighborStatistics
from saegeo_entropy.surrogates import ANGULAR, GAUSSIAN

COLUMNS = {ANGULAR: "angular", GAUSSIAN: "gaussian"}
"""What each null is called in a table."""
IN_WORDS = {"observed": "this SAE", "angular": "angular Gaussian surrogates", "gaussian": "Gaussian surrogates"}
"""In a legend."""

N_BINS = 60
"""Of the histogram of surrogates."""


def surrogates_table(observed: float, draws: Mapping[str, Floats]) -> pd.DataFrame:
    """Shares of surrogates in bins of calibrated negentropy; the observed one is a column with a single 1."""
    values = {"observed": np.array([observed])} | {COLUMNS[model]: drawn for model, drawn in draws.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(values.values())), N_BINS)
    shares = {name: np.histogram(column, edges)[0] / len(column) for name, column in values.items()}
    return pd.DataFrame({"negentropy": (edges[:-1] + edges[1:]) / 2, **shares})


def surrogates_figure(table: pd.DataFrame, q: int) -> Figure:
    """The histogram of surrogates of q components."""
    y = tuple(table.columns[1:])
    return Figure(
        name="negentropy_and_surrogates",
        title=f"Negentropy against its surrogates, q = {q}",
        kind="step",
        table="surrogates",
        x="negentropy",
        y=y,
        y_names=tuple(IN_WORDS[name] for name in y),
        nulls=y[1:],
        marked=y[:1],
        x_title="negentropy less the mean of the judging surrogates, nats",
        y_title="share of draws",
        caption="The rows are one draw; what lies to the right of all surrogates has more structure than they.",
    )


def dimensions_table(observed: NeighborStatistics, draws: Mapping[str, Sequence[NeighborStatistics]]) -> pd.DataFrame:
    """Dimension against the number of neighbors it is taken from, with means and 95 % ranges of the nulls."""
    columns = {
        "neighbors": np.arange(3, N_NEIGHBORS + 1),
        "mean_distance": observed.mean_distances[2:],
        "observed": observed.dimension_by_scale,
    }
    for model, clouds in draws.items():
        name, dimensions = COLUMNS[model], np.array([one.dimension_by_scale for one in clouds])
        columns[name] = dimensions.mean(0)
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(dimensions, [0.025, 0.975], axis=0)
    return pd.DataFrame(columns)


def dimensions_figure(table: pd.DataFrame) -> Figure:
    """The observed dimension, and the means and ranges of its nulls."""
    y = tuple(name for name in table.columns if name in IN_WORDS)
    return Figure(
        name="intrinsic_dimension_by_scale",
        title="Intrinsic dimension against scale",
        kind="line",
        table="intrinsic_dimension",
        x="neighbors",
        y=y,
        y_names=tuple(IN_WORDS[name] for name in y),
        nulls=y[1:],
        low=(None, *(f"{name}_low" for name in y[1:])),
        high=(None, *(f"{name}_high" for name in y[1:])),
        x_title="nearest rows it is taken from",
        y_title="dimensions",
        caption="In many dimensions every estimate reads far too low: compare with the nulls, not with the width. "
        "Bands hold 95 % of the surrogates.",
    )
