"""A chain of layers: numbers, how well they are known, and nulls together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.of_cloud import kin_of, matched_directions_of
from saegeo_core.measuring.partners import NOBODY, BesideReflections, beside_reflections, partners_of
from saegeo_core.measuring.resampled import share_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_flow.chains import Chains
from saegeo_flow.declared import DECLARED

REFLECTED = "every later layer reflected along its principal axes about its mean"
LONGEST = 200
"""Chains told in the table, the longest."""
FIGURES = [
    Figure(
        name="survival",
        title="How long features are carried along",
        kind="line",
        table="survival",
        x="layers",
        y=("share", "random"),
        y_names=("these layers", "reflected layers"),
        nulls=("random",),
        x_title="layers further",
        y_title="share of features",
    ),
    Figure(
        name="steps",
        title="What each layer carries on from the one before, and what is born in it",
        kind="bar",
        table="steps",
        x="to",
        y=("carried", "born", "random_carried"),
        y_names=("carried on from before", "born", "carried on by chance"),
        nulls=("random_carried",),
        x_title="layer",
        y_title="share of features",
    ),
    Figure(
        name="origins",
        title="Where the features of each layer were born",
        kind="heatmap",
        table="origins",
        x="layer",
        y=("born_in",),
        z="share",
        x_title="layer",
        y_title="born in",
        z_title="share of features",
        caption="Of the features of each layer, the share that chains from each layer bring.",
    ),
    Figure(
        name="streams",
        title="Features born in each layer, carried on and gone",
        kind="alluvial",
        table="origins",
        x="layer",
        y=("born_in",),
        z="features",
        x_title="layer",
        y_title="born in",
        z_title="features",
        caption="The uppermost block of a layer is born there; what no ribbon leads on from is gone.",
    ),
]


Look = Callable[[FeatureCloud, FeatureCloud, np.random.Generator], BesideReflections]
"""Looks for the features of one cloud in another, and in its reflections."""


def calibrated_findings(
    chain: Sequence[FeatureCloud],
    sources: Sequence[FeatureCloud],
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    chance: float,
    null_draws: int,
) -> Findings:
    """Follow features from layer to layer, then through reflected layers."""
    for one in (*chain, *sources):
        if isinstance(law := matched_directions_of(one, device=context.device, watch=context.watch("moments")), Absent):
            return DECLARED.absent(f"{one.sae.spec}: {law.absent}", cloud.n_features)
    look = partial(_step, context=context, chance=chance, null_draws=null_draws)
    rngs = context.rng.spawn(len(chain) - 1 + len(sources))
    steps = [look(one, following, rng) for one, following, rng in zip(chain, chain[1:], rngs, strict=False)]
    sizes = [one.n_features for one in chain]
    chains = Chains([one.partners.mutual for one in steps], sizes)
    in_reflections = [one.in_reflections.mutual(one.partners.reverse_thresholds) for one in steps]
    draws = [Chains(list(one), sizes) for one in zip(*in_reflections, strict=True)]
    numbers = chains.numbers
    more = Absent(f"more than half are left after {len(steps)} layers")
    return DECLARED.findings(
        {"half_life": more, **numbers},
        n={name: sizes[0] if name == "end_to_end_share" else sum(sizes[:-1]) for name in DECLARED},
        spread=_spread(chains, chain, context),
        nulls=_nulls(numbers, draws),
        tables={
            "steps": _steps(chain, chains, draws[1:]),
            "survival": _survival(chains, draws[1:]),
            "origins": _origins(chain, chains),
            "chains": _longest(chain, chains, cloud),
            **({"sources": _sources(chain, chains, sources, rngs[len(steps) :], look)} if sources else {}),
        },
        figures=FIGURES,
        warnings=_warnings(chain),
    )


def numbers_of(chain: Sequence[FeatureCloud], context: AnalysisContext, *, chance: float) -> dict[str, float]:
    """The numbers alone; empty where a cloud has no matched Gaussian."""
    laws = [matched_directions_of(one, device=context.device) for one in chain]
    if any(isinstance(law, Absent) for law in laws):
        return {}
    units = [one.unit_vectors().to(context.device) for one in chain]
    steps = [
        partners_of((units[k], units[k + 1]), (laws[k], laws[k + 1]), chance, rng).mutual  # type: ignore[arg-type]
        for k, rng in enumerate(context.rng.spawn(len(chain) - 1))
    ]
    return Chains(steps, [len(one) for one in units]).numbers


def _step(
    first: FeatureCloud,
    second: FeatureCloud,
    rng: np.random.Generator,
    *,
    context: AnalysisContext,
    chance: float,
    null_draws: int,
) -> BesideReflections:
    laws = matched_directions_of(first, device=context.device), matched_directions_of(second, device=context.device)
    return beside_reflections(
        (first, second),
        laws,  # type: ignore[arg-type]
        chance,
        rng,
        n_draws=null_draws,
        device=context.device,
        progress=context.progress,
    )


def _nulls(numbers: dict[str, float], draws: Sequence[Chains]) -> dict[str, Nulls]:
    """The layers as they are, measured as quickly as their reflections, are ranked among these."""
    quick, *drawn = [one.numbers for one in draws]
    nulls: dict[str, Nulls] = {}
    for name, estimate in numbers.items():
        values = np.array([one.get(name, np.inf) for one in drawn])
        if np.isfinite(values).all() and name in quick:
            nulls[name] = {REFLECTED: Draws(values, shift=quick[name] - estimate, mid_ranks=True)}
        else:
            nulls[name] = {}
    return nulls


def _spread(chains: Chains, chain: Sequence[FeatureCloud], context: AnalysisContext) -> dict[str, Spread | Absent]:
    """Kin of each layer left out together; as if the steps of a chain moved together, which errs on the wide side."""
    kin = [kin_of(one, device=context.device, watch=context.watch("kin")) for one in chain]
    carried = [(step != NOBODY).astype(float) for step in chains.steps]
    born = [one.astype(float) for one in chains.is_born]
    to_the_end = chains.is_carried_to_the_end.astype(float)
    return {
        "carried_share": _of_steps(carried, kin[:-1]),
        "born_share": _of_steps(born, kin[1:]),
        "end_to_end_share": _of_steps([to_the_end], kin[:1]),
    }


def _of_steps(values: Sequence[np.ndarray], kin: Sequence[np.ndarray]) -> Spread | Absent:
    """Of the mean over layers of a share in each."""
    known = [share_by_kin(one, of) for one, of in zip(values, kin, strict=True)]
    told = [one.resampled for one in known if isinstance(one, Spread)]
    if len(told) < len(known):
        return next(one for one in known if isinstance(one, Absent))
    low, high = np.mean([one.confidence_interval for one in told], axis=0)
    return Spread(
        replace(
            told[0],
            estimate=float(np.mean([one.estimate for one in told])),
            standard_error=float(np.mean([one.standard_error for one in told])),
            confidence_interval=(float(low), float(high)),
            method=f"{told[0].method}, as if layers moved together",
        )
    )


def _steps(chain: Sequence[FeatureCloud], chains: Chains, draws: Sequence[Chains]) -> pd.DataFrame:
    """Shares of each layer after the first that come from the one before, and of each before the last that go no further."""
    carried = [int((step != NOBODY).sum()) for step in chains.steps]
    by_chance = [np.mean([(one.steps[k] != NOBODY).sum() for one in draws]) for k in range(len(carried))]
    before, after = chains.sizes[:-1], chains.sizes[1:]
    return pd.DataFrame(
        {
            "from": [one.sae.spec for one in chain[:-1]],
            "to": [one.sae.spec for one in chain[1:]],
            "carried": np.divide(carried, after),
            "born": 1 - np.divide(carried, after),
            "died": 1 - np.divide(carried, before),
            "random_carried": np.divide(by_chance, after),
        }
    )


def _survival(chains: Chains, draws: Sequence[Chains]) -> pd.DataFrame:
    random = np.mean([one.survival for one in draws], axis=0)
    return pd.DataFrame({"layers": np.arange(len(random)), "share": chains.survival, "random": random})


def _origins(chain: Sequence[FeatureCloud], chains: Chains) -> pd.DataFrame:
    """Of the features of each layer, the share whose chain begins in each layer up to it, and how many they are."""
    names = _short_names(chain)
    rows = [
        {
            "layer": names[place],
            "born_in": names[first],
            "share": float(np.mean(origin == first)),
            "features": int(np.count_nonzero(origin == first)),
        }
        for place, origin in enumerate(chains.origins)
        for first in range(place + 1)
    ]
    return pd.DataFrame(rows)


def _short_names(chain: Sequence[FeatureCloud]) -> list[str]:
    """Of one release the names of SAEs inside it, so that those of a figure differ where they begin; else whole ones."""
    in_release = [one.sae.sae_id for one in chain]
    is_one_release = len({one.sae.release for one in chain}) == 1 and len(set(in_release)) == len(chain)
    return in_release if is_one_release else [one.sae.spec for one in chain]


def _longest(chain: Sequence[FeatureCloud], chains: Chains, cloud: FeatureCloud) -> pd.DataFrame:
    """The longest chains, feature by feature, the earliest first; `feature` is the one of the SAE measured, if a chain has one."""
    ids, measured = [one.feature_ids for one in chain], chain.index(cloud)
    longest = sorted(chains.paths(), key=lambda one: (-len(one[1]), one[0], one[1][0]))[:LONGEST]
    return pd.DataFrame(
        {
            "begins_in": [chain[first].sae.spec for first, _ in longest],
            "layers": [len(path) for _, path in longest],
            "chain": [
                " → ".join(str(ids[first + k][feature]) for k, feature in enumerate(path)) for first, path in longest
            ],
            "feature": pd.array(
                [
                    ids[measured][path[measured - first]] if first <= measured < first + len(path) else None
                    for first, path in longest
                ],
                dtype="Int64",
            ),
        }
    )


def _sources(
    chain: Sequence[FeatureCloud],
    chains: Chains,
    sources: Sequence[FeatureCloud],
    rngs: Sequence[np.random.Generator],
    look: Look,
) -> pd.DataFrame:
    """Of what is born in each layer, the share that has a partner in what a block of that layer writes."""
    rows = []
    for source, rng in zip(sources, rngs, strict=True):
        for place, later in enumerate(chain[1:]):
            if later.sae.layer is None or later.sae.layer != source.sae.layer:
                continue
            is_born, step = chains.is_born[place], look(later, source, rng)
            if not is_born.any():
                continue
            rows.append(
                {
                    "to": later.sae.spec,
                    "source": source.sae.spec,
                    "born": int(is_born.sum()),
                    "brought": float(step.partners.is_found[is_born].mean()),
                    "random_brought": float(step.in_reflections.is_found[1:, is_born].mean()),
                    "brought_of_carried": float(step.partners.is_found[~is_born].mean())
                    if not is_born.all()
                    else np.nan,
                }
            )
    columns = ["to", "source", "born", "brought", "random_brought", "brought_of_carried"]
    return pd.DataFrame(rows, columns=columns)


def _warnings(chain: Sequence[FeatureCloud]) -> list[str]:
    layers = [one.sae.layer for one in chain]
    known = [one for one in layers if one is not None]
    if len(known) == len(layers) and known != sorted(known):
        return [f"the layers are not in rising order: {', '.join(map(str, layers))}"]
    models = {one.sae.model for one in chain}
    return [f"not known to be of one model: {', '.join(map(str, sorted(map(str, models))))}"] * (len(models) > 1)
