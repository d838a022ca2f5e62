"""Where all pairs are too many: some rows, drawn at random, are held against all, and as many of random dictionaries.

A row's own partners say whether it has one, so that shares of features are estimated without bias, and so are pairs; their
intervals are those of the sampling. Families are components of all links, which no sample of rows shows.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Moments, Nulls
from saegeo_core.measuring.null_draws import nulls_of_draws
from saegeo_core.measuring.of_cloud import direction_moments_of, matched_directions_of
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.close_features import close_features, partners_among
from saegeo_core.numerics.directions import mean_squared_cosine, row_slices
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.sampled_rows import SampledRows
from saegeo_redundancy.declared import DECLARED
from saegeo_redundancy.family_numbers import linked_shares
from saegeo_redundancy.linking import MATCHED, UNIFORM, Linking, chance_of_a_partner

NEEDS_ALL_PAIRS = ("families", "largest_family")
ROWS_AT_ONCE = 2**15
"""Of those that the sampled ones are held against."""


def sampled_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    chance_links: float,
    threshold: float | None,
    null_draws: int,
    max_rows: int,
) -> Findings:
    """Hold `max_rows` rows against all, fewer than there are, and as many of random dictionaries of the same size."""
    n, d, device = cloud.n_features, cloud.d_in, context.device
    sample_rng, draw_rng = context.rng.spawn(2)
    sampled = np.sort(sample_rng.choice(n, max_rows, replace=False))
    moment = direction_moments_of(cloud, device=device, watch=context.watch("moments")).second
    cosine = Linking(d, chance_links, threshold).threshold(n, mean_squared_cosine(moment, n))
    n_close, n_opposite = partners_of_sampled(
        cloud.vectors, sampled, cosine, device=device, watch=context.watch("links")
    )

    matched, draws = matched_directions_of(cloud, device=device), []
    if not isinstance(matched, Absent):
        for _ in context.progress(range(null_draws), null_draws, "random dictionaries"):
            random = partners_of_random(matched, n, max_rows, cosine, draw_rng, device=device)
            draws.append(_numbers(*random, n))
    drawn = nulls_of_draws({MATCHED: draws})
    numbers = _numbers(n_close, n_opposite, n)
    chance = Moments(chance_of_a_partner(cosine, n, d))
    nulls: dict[str, Nulls | Absent] = {
        name: {**drawn.get(name, {}), UNIFORM: chance} for name in ("family_share", "antipodal_share")
    }
    nulls["antipodal_pairs"] = matched if isinstance(matched, Absent) else drawn["antipodal_pairs"]

    rows, looked_at = SampledRows(n, max_rows), f"{max_rows} of {n} rows were held against all"
    return DECLARED.findings(
        numbers
        | dict.fromkeys(
            NEEDS_ALL_PAIRS,
            Absent(f"families are joined by links of all features, and {looked_at} (redundancy.max_rows)"),
        ),
        n=dict.fromkeys(DECLARED, max_rows) | dict.fromkeys(NEEDS_ALL_PAIRS, 0),
        spread={
            "family_share": Spread(rows.share_of_rows(int(np.sum(n_close > 0)))),
            "antipodal_share": Spread(rows.share_of_rows(int(np.sum(n_opposite > 0)))),
            "antipodal_pairs": Spread(rows.share(n_opposite.astype(np.float64))).moved(unit=2 / (n * (n - 1))),
        },
        nulls=nulls,
        additions=dict.fromkeys(numbers, f" From {max_rows} of {n} rows.")
        | {"family_share": f" The threshold is {cosine:.4f}. From {max_rows} of {n} rows."},
        tables={"members": _linked(cloud, sampled, n_close, n_opposite)},
        warnings=[
            f"{looked_at}, drawn at random (redundancy.max_rows): shares and pairs are estimates, and their intervals hold what "
            "all rows have, not what another dictionary would"
        ],
    )


def partners_of_sampled(
    vectors: Tensor, sampled: Integers, threshold: float, *, device: str = "cpu", watch: Watch = iter
) -> tuple[Integers, Integers]:
    """Partners of some rows among all of `vectors`, (n_features, d_in), at cosine > t and at < -t: two of int64 (n_sampled,).

    Args:
        vectors: rows of any length but zero; a range of them is read at a time.
        sampled: int64 (n_sampled,), ascending.
        threshold: t, in (0, 1).
        device: where the products are made.
        watch: wraps the loop over ranges of rows (`saegeo_core.numerics`).
    """
    is_sampled = np.zeros(len(vectors), bool)
    is_sampled[sampled] = True

    others = (
        vectors[rows][torch.from_numpy(~is_sampled[rows])]
        for rows in watch(list(row_slices(len(vectors), ROWS_AT_ONCE)))
    )
    return _partners(vectors[torch.from_numpy(sampled)], others, threshold, device)


def partners_of_random(
    matched: ProjectedGaussian,
    n: int,
    n_sampled: int,
    threshold: float,
    rng: np.random.Generator,
    *,
    device: str = "cpu",
) -> tuple[Integers, Integers]:
    """The same of some of `n` directions drawn from a null model, which never lie in memory all at once."""
    own = matched.sample_along_axes(n_sampled, rng)
    others = (
        matched.sample_along_axes(rows.stop - rows.start, rng) for rows in row_slices(n - n_sampled, ROWS_AT_ONCE)
    )
    return _partners(own, others, threshold, device)


def _partners(own: Tensor, others: Iterable[Tensor], threshold: float, device: str) -> tuple[Integers, Integers]:
    """Among themselves, and among others, some at a time."""
    among_themselves = close_features(own, threshold, device=device)
    n_close, n_opposite = among_themselves.n_close, among_themselves.n_opposite
    for some in others:
        close, opposite = partners_among(own, some, threshold, device=device)
        n_close, n_opposite = n_close + close, n_opposite + opposite
    return n_close, n_opposite


def _numbers(n_close: Integers, n_opposite: Integers, n: int) -> dict[str, float]:
    """From the partners of sampled rows of n."""
    return linked_shares(n_close, n_opposite) | {"antipodal_pairs": float(n_opposite.mean()) * n / 2}


def _linked(cloud: FeatureCloud, sampled: Integers, n_close: Integers, n_opposite: Integers) -> pd.DataFrame:
    """Sampled features that are linked, and how many partners each has."""
    linked = (n_close > 0) | (n_opposite > 0)
    some = sampled[linked]
    return pd.DataFrame(
        {
            "feature": cloud.feature_ids[some],
            "close": n_close[linked],
            "opposite": n_opposite[linked],
            **({"label": np.asarray(cloud.labels)[some]} if cloud.labels is not None else {}),
        }
    )
