"""Families of the cloud and of random dictionaries: numbers, how well they are known, and nulls together.

A family is a component of the links at cosine > t.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import Moments, Nulls
from saegeo_core.measuring.null_draws import nulls_of_draws
from saegeo_core.measuring.of_cloud import direction_moments_of, kin_of, matched_directions_of
from saegeo_core.measuring.resampled import too_few_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics import Watch
from saegeo_core.numerics.close_features import CloseFeatures, close_features, extreme_cosines_by_group
from saegeo_core.numerics.directions import mean_squared_cosine
from saegeo_core.statistics.population import DICTIONARY
from saegeo_core.statistics.resampling import (
    dealt_kin,
    digest_of_parts,
    jackknife_of,
    on_the_logit_scale,
)
from saegeo_redundancy.declared import DECLARED
from saegeo_redundancy.family_numbers import (
    family_counts,
    linked_shares,
    linked_shares_without,
    mean_squared_cosines_without,
)
from saegeo_redundancy.linking import MATCHED, UNIFORM, Linking, chance_of_a_partner
from saegeo_redundancy.random_links import random_links

N_GROUPS = 40
"""Groups of kin that are left out in turn; fewer where there are fewer kin."""
FIGURE = Figure(
    name="sizes",
    title="Sizes of families",
    kind="bar",
    table="sizes",
    x="size",
    y=("families", "random"),
    y_names=("this SAE", "random dictionaries, mean"),
    nulls=("random",),
    x_title="features in a family",
    y_title="families",
    caption="How many families have so many features, beside random dictionaries of the same mean and covariance.",
)


def calibrated_findings(
    cloud: FeatureCloud, context: AnalysisContext, *, chance_links: float, threshold: float | None, null_draws: int
) -> Findings:
    """Link the features of the cloud, and of random dictionaries, in the same way."""
    n, d, device = cloud.n_features, cloud.d_in, context.device
    if n < 2 or d < 2:
        return DECLARED.absent("one feature has no partner" if n < 2 else "one dimension has no angles", n)
    group_rng, draw_rng = context.rng.spawn(2)
    linking = Linking(d, chance_links, threshold)
    cosine, links = link(cloud, linking, device=device, watch=context.watch("links"))
    numbers, shares = numbers_of(links), linked_shares(links.n_close, links.n_opposite)

    matched, draws = matched_directions_of(cloud, device=device, watch=context.watch("moments")), []
    random_sizes: Counter[int] = Counter()
    if not isinstance(matched, Absent):
        for _ in context.progress(range(null_draws), null_draws, "random dictionaries"):
            random = random_links(matched, n, cosine, draw_rng, device=device)
            draws.append(numbers_of(random))
            random_sizes.update(np.bincount(random.families).tolist())
    drawn = nulls_of_draws({MATCHED: draws})
    chance = Moments(chance_of_a_partner(cosine, n, d))
    nulls: dict[str, Nulls | Absent] = {name: {**drawn.get(name, {}), UNIFORM: chance} for name in shares}
    nulls |= {name: matched if isinstance(matched, Absent) else drawn[name] for name in numbers.keys() - shares.keys()}
    return DECLARED.findings(
        numbers,
        n=n,
        spread=shares_known(cloud, shares, linking, group_rng, device=device, watch=context.watch("links of kin")),
        nulls=nulls,
        additions={"family_share": f" The threshold is {cosine:.4f}."},
        tables={"sizes": _sizes(links, random_sizes, len(draws)), "members": _members(cloud, links)},
        figures=[FIGURE],
    )


def link(cloud: FeatureCloud, linking: Linking, *, device: str, watch: Watch = iter) -> tuple[float, CloseFeatures]:
    """The cosine beyond which features are linked, and the links of at least two features in two dimensions."""
    moment = direction_moments_of(cloud, device=device).second
    cosine = linking.threshold(cloud.n_features, mean_squared_cosine(moment, cloud.n_features))
    return cosine, close_features(cloud.vectors, cosine, device=device, watch=watch)


def numbers_of(links: CloseFeatures) -> dict[str, float]:
    """Shares of linked features, then counts of families."""
    return linked_shares(links.n_close, links.n_opposite) | family_counts(links.families, links.n_opposite)


def shares_known(
    cloud: FeatureCloud,
    shares: Mapping[str, float],
    linking: Linking,
    rng: np.random.Generator,
    *,
    device: str = "cpu",
    watch: Watch = iter,
) -> dict[str, Spread | Absent]:
    """Delete-group jackknife of the shares of features with a partner at cosine > t, and at cosine < -t.

    Kin are left out together, for they come and go together, and t is chosen anew for what is left: it depends on how many features
    there are and how they spread.

    Args:
        cloud: the cloud.
        shares: what `linked_shares` gives for all features.
        linking: how t is chosen.
        rng: shares kin out among the groups.
        device: where the products are made.
        watch: wraps the loops over all pairs (`saegeo_core.numerics`).
    """
    kin = kin_of(cloud, device=device, watch=watch)
    if few := too_few_kin(kin):
        return dict.fromkeys(shares, few)
    groups = dealt_kin(kin, rng, n_groups=N_GROUPS)
    left = len(groups) - np.bincount(groups)
    spread = mean_squared_cosines_without(cloud.vectors, direction_moments_of(cloud, device=device).second, groups)
    thresholds = np.array([linking.threshold(n, each) for n, each in zip(left, spread, strict=True)])
    extremes = extreme_cosines_by_group(cloud.vectors, float(thresholds.min()), groups, device=device, watch=watch)
    without = linked_shares_without(*extremes, groups, thresholds)
    key = f"kin of {cloud.digest} left out, {digest_of_parts(groups)}"
    known = {
        name: jackknife_of(share, [one[name] for one in without], population=DICTIONARY)
        for name, share in shares.items()
    }
    return {
        name: Spread(on_the_logit_scale(one, cloud.n_features), key)
        if one.standard_error
        else Absent("it is the same without any of them, so how far it would move is not seen")
        for name, one in known.items()
    }


def _sizes(links: CloseFeatures, random_sizes: Mapping[int, int], n_random: int) -> pd.DataFrame:
    """How many families have each size, beside the mean over random dictionaries, whose sizes are counted together."""
    sizes = Counter(np.bincount(links.families).tolist())
    seen = sorted({*sizes, *random_sizes} - {1})
    beside = [random_sizes.get(size, 0) / n_random if n_random else None for size in seen]
    return pd.DataFrame({"size": seen, "families": [sizes[size] for size in seen], "random": beside})


def _members(cloud: FeatureCloud, links: CloseFeatures) -> pd.DataFrame:
    """Every linked feature with its family, the largest being family 0."""
    sizes = np.bincount(links.families)
    rank = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    table = pd.DataFrame(
        {
            "feature": cloud.feature_ids,
            "family": rank[links.families],
            "size": sizes[links.families],
            "close": links.n_close,
            "opposite": links.n_opposite,
            **({"label": cloud.labels} if cloud.labels is not None else {}),
        }
    )
    linked = table[(links.n_close > 0) | (links.n_opposite > 0)]
    return linked.sort_values(["family", "feature"])
