"""The tables and figures both presets share."""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from saegeo_core import FeatureCloud, Figure
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines
from saegeo_core.statistics.uniform_directions import bin_probabilities

LAWS = {
    "observed": "observed",
    "uniform": "uniform directions (exact)",
    "matched": "directions of the same mean and covariance",
}
"""What is drawn, the judging null last."""


def tail_figures(laws: Iterable[str]) -> list[Figure]:
    """Both drawings of these columns: the one observed, and its nulls."""
    shown = tuple(name for name in LAWS if name in laws)
    drawn = partial(
        Figure,
        y=shown,
        y_names=tuple(LAWS[name] for name in shown),
        nulls=shown[:0:-1],
        log_y=True,
        y_title="share of pairs",
    )
    return [
        drawn(
            name="cosine_histogram",
            title="Cosines of all pairs",
            kind="step",
            table="histogram",
            x="cosine",
            x_title="cosine",
            caption="Share of pairs in each bin, beside what chance would give.",
        ),
        drawn(
            name="tail_fraction_by_threshold",
            title="How many pairs lie beyond a cosine",
            kind="line",
            table="tails",
            x="threshold",
            x_title="|cosine| at least",
            caption="Share of pairs beyond each cosine on either side, beside what chance would give.",
        ),
    ]


def tail_tables(
    cosines: PairwiseCosines, d_in: int, expected: Mapping[str, Floats] | None = None
) -> dict[str, pd.DataFrame]:
    """The histogram of all cosines and its two-sided tail sums, as shares of all pairs.

    `expected` adds columns: name to share of pairs in each bin, shape (n_bins,).
    """
    edges = cosines.histogram_edges
    shares = {
        "observed": cosines.histogram_counts / cosines.n_pairs,
        "uniform": bin_probabilities(edges, d_in),
        **(expected or {}),
    }
    histogram = pd.DataFrame({"cosine": (edges[:-1] + edges[1:]) / 2, "low": edges[:-1], "high": edges[1:], **shares})
    histogram.insert(3, "pairs", cosines.histogram_counts)
    middle = len(shares["observed"]) // 2
    tails = {name: _sums_from_outside(share[middle:] + share[:middle][::-1]) for name, share in shares.items()}
    return {"histogram": histogram, "tails": pd.DataFrame({"threshold": edges[middle:-1], **tails})}


def _sums_from_outside(share: Floats) -> Floats:
    return np.cumsum(share[::-1])[::-1]


def nearest_table(cloud: FeatureCloud, cosines: PairwiseCosines, order: Integers | None = None) -> pd.DataFrame:
    """For every feature looked at the one nearest to it and the one most opposite, with their cosines.

    `order` says which row of the cloud each row of the pass was, (n_features,); without it they are the same.
    """
    ids, looked_at = cloud.feature_ids, np.arange(cosines.n_features)
    if order is not None:
        ids, looked_at = ids[order], order[: cosines.n_features]
    return pd.DataFrame(
        {
            "feature": cloud.feature_ids[looked_at],
            "nearest": ids[cosines.nearest_index],
            "cosine": cosines.nearest_cosine.astype(np.float32),
            "farthest": ids[cosines.farthest_index],
            "farthest_cosine": cosines.farthest_cosine.astype(np.float32),
            **({"label": [cloud.labels[row] for row in looked_at]} if cloud.labels is not None else {}),
        }
    )
