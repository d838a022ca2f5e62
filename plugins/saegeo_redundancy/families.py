"""Families of the cloud and of random dictionaries: numbers, nulls and intervals together.

A family is a component of the links at cosine > t.
"""

from collections import Counter

import numpy as np
import pandas as pd

from saegeo_core import Absent, Described, Descriptions, Figure, Findings, NullComparison
from saegeo_core.measuring.many_metrics import described_metrics, drawn_nulls
from saegeo_core.numerics.close_features import CloseFeatures, close_features
from saegeo_core.numerics.directions import mean_squared_cosine, second_moment
from saegeo_core.numerics.pairwise_cosine import IDENTICAL
from saegeo_core.statistics.pair_jackknife import family_threshold
from saegeo_core.statistics.linked_share import linked_shares
from saegeo_core.statistics.null_directions import matched_directions
from saegeo_core.statistics.uniform_directions import cosine_sf

DESCRIBED = Descriptions(
    family_share=Described("share of features", "lower", "Features with another at a cosine above the threshold."),
    families=Described("families", "neither", "Families of two features or more."),
    largest_family=Described("features", "lower", "Features of the largest family; 1 where there is none."),
    antipodal_share=Described("share of features", "lower", "Features with another below minus the threshold."),
    antipodal_pairs=Described("pairs", "lower", "Pairs of features at a cosine below minus the threshold."),
)
MATCHED = "an angular Gaussian of the cloud's mean and covariance"
NO_INTERVAL = Absent("a count that grows with the number of features; the shares have intervals")
FIGURE = Figure(name="sizes", title="Sizes of families", kind="bar", table="sizes", x="size", y=("families", "random"))
SHARES = ("family_share", "antipodal_share")


def family_findings(cloud, parameters, context):
    """Link the features of the cloud, and of random dictionaries, in the same way."""
    n, d = cloud.n_features, cloud.d_in
    if n < 2 or d < 2:
        reason = "one feature has no partner" if n < 2 else "one dimension has no angles"
        return Findings([DESCRIBED.missing(name, reason, n) for name in DESCRIBED])
    of_groups, of_draws = context.rng.spawn(2)
    spread = max(mean_squared_cosine(second_moment(cloud.vectors, device=context.device), n), 1 / d)
    threshold = parameters.threshold or min(family_threshold(n, spread, parameters.chance_links), IDENTICAL)
    links = close_features(cloud.vectors, threshold, device=context.device)
    found, sizes = numbers(links), Counter(np.bincount(links.families).tolist())

    matched, draws, random_sizes = matched_directions(cloud.vectors, device=context.device), [], Counter()
    if not isinstance(matched, Absent):
        for _ in context.progress(range(parameters.null_draws), parameters.null_draws, "random dictionaries"):
            drawn = close_features(matched.sample(n, of_draws), threshold, device=context.device)
            draws.append(numbers(drawn))
            random_sizes.update(np.bincount(drawn.families).tolist())
    nulls = drawn_nulls(found, {MATCHED: draws} if draws else {})
    chance = -np.expm1((n - 1) * np.log1p(-cosine_sf(threshold, d)))
    uniform = NullComparison(model="uniform directions (exact mean)", mean=float(chance), alternative="greater")
    nulls |= {name: (*nulls[name], uniform) for name in SHARES}

    known = linked_shares(cloud.vectors, threshold, links.kin, of_groups, of=cloud.digest, device=context.device)
    metrics, replicates = described_metrics(
        DESCRIBED,
        found,
        n=dict.fromkeys(DESCRIBED, n),
        intervals=dict.fromkeys(DESCRIBED, NO_INTERVAL) | dict(zip(SHARES, known, strict=True)),
        nulls={name: judged or matched for name, judged in nulls.items()},
    )
    seen = sorted({*sizes, *random_sizes} - {1})
    by_size = {"size": seen, "families": [sizes[s] for s in seen]}
    by_size["random"] = [random_sizes[s] / len(draws) if draws else None for s in seen]
    warnings = [f"features are linked at |cosine| > {threshold:.4f}"]
    return Findings(
        metrics, {"sizes": pd.DataFrame(by_size), "members": members(cloud, links)}, [FIGURE], {}, warnings, replicates
    )


def numbers(links: CloseFeatures) -> dict[str, float]:
    """Every number of the links of one dictionary."""
    sizes = np.bincount(links.families)
    return {
        "family_share": float(np.mean(links.n_close > 0)),
        "families": float(np.sum(sizes > 1)),
        "largest_family": float(sizes.max()),
        "antipodal_share": float(np.mean(links.n_opposite > 0)),
        "antipodal_pairs": float(links.n_opposite.sum() / 2),
    }


def members(cloud, links):
    """Every linked feature with its family, the largest being family 0."""
    sizes = np.bincount(links.families)
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    table = {"feature": cloud.feature_ids, "family": rank[links.families], "size": sizes[links.families]}
    table |= {"close": links.n_close, "opposite": links.n_opposite}
    table |= {"label": cloud.labels} if cloud.labels is not None else {}
    frame = pd.DataFrame(table)[(links.n_close > 0) | (links.n_opposite > 0)]
    return frame.sort_values(["family", "feature"])
