"""A dictionary beside those of other seeds: numbers, how well they are known, and nulls together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import Draws, Moments, Nulls
from saegeo_core.measuring.of_cloud import kin_of, matched_directions_of
from saegeo_core.measuring.partners import Partners, beside_reflections, partners_of
from saegeo_core.measuring.resampled import share_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.population import DICTIONARY
from saegeo_core.statistics.resampling import Resampled, jackknife_of, of_equivalent_count
from saegeo_seeds.declared import DECLARED
from saegeo_seeds.subspaces import leading_subspace, overlap

REFLECTED = "every other seed reflected along its principal axes about its mean"
MATCHED = "every other seed drawn from an angular Gaussian of its mean and covariance"
FEWEST_SEEDS = 3
"""Other seeds from which their spread is told."""
ONE_OTHER = Absent("there is one other seed, so stable_share says it")
FIGURE = Figure(
    name="seeds",
    title="In how many other seeds features have a partner",
    kind="bar",
    table="by_seeds",
    x="seeds",
    y=("share", "random"),
    y_names=("these seeds", "reflected seeds"),
    nulls=("random",),
    x_title="other seeds in which a feature has a partner",
    y_title="share of features",
)


@dataclass(frozen=True, eq=False)
class BesideSeed:
    """What one other seed shows.

    Attributes:
        other: its cloud.
        partners: who has a partner in whom.
        found: bool (1 + n_draws, n_features), who has one in it as it is and in its reflections, by products that are not settled.
        overlap: of the subspaces of those without; None where there are too few of them.
        overlaps: (n_draws,), the same beside its reflections.
    """

    other: FeatureCloud
    partners: Partners
    found: NDArray[np.bool_]
    overlap: float | None
    overlaps: Floats


def calibrated_findings(
    cloud: FeatureCloud,
    others: Sequence[FeatureCloud],
    context: AnalysisContext,
    *,
    chance: float,
    null_draws: int,
    q: int,
) -> Findings:
    """Look for every feature in each of the others, and in its reflections."""
    for one in (cloud, *others):
        if isinstance(law := matched_directions_of(one, device=context.device, watch=context.watch("moments")), Absent):
            return DECLARED.absent(f"{one.sae.spec}: {law.absent}", cloud.n_features)
    q = max(1, min(q, cloud.d_in // 4))
    beside = [
        _beside(cloud, other, context, rng, chance=chance, null_draws=null_draws, q=q)
        for other, rng in zip(others, context.rng.spawn(len(others)), strict=True)
    ]
    is_found = np.stack([one.partners.is_found for one in beside])
    overlaps = {place: one for place, one in enumerate(beside) if one.overlap is not None}
    numbers: dict[str, float | Absent] = dict(_shares(is_found))
    if len(others) == 1:
        numbers |= dict.fromkeys(("everywhere_share", "nowhere_share"), ONE_OTHER)
    numbers["unstable_overlap"] = (
        float(np.mean([one.overlap for one in overlaps.values()]))
        if overlaps
        else Absent(f"in no pair are there {3 * q} features without a partner on both sides")
    )
    return DECLARED.findings(
        numbers,
        n={name: len(overlaps) if name == "unstable_overlap" else cloud.n_features for name in DECLARED},
        spread=_spread(is_found, [one.overlap for one in overlaps.values()], cloud, context),
        nulls=_nulls(numbers, beside, chance),
        additions={"unstable_overlap": f" Subspaces are of {q} dimensions."},
        tables=_tables(cloud, beside, is_found),
        figures=[FIGURE],
        warnings=_warnings(cloud, others),
    )


def shares_of(
    cloud: FeatureCloud, others: Sequence[FeatureCloud], context: AnalysisContext, *, chance: float
) -> dict[str, float]:
    """The shares alone; empty where a cloud has no matched Gaussian."""
    laws = [matched_directions_of(one, device=context.device) for one in (cloud, *others)]
    if any(isinstance(law, Absent) for law in laws):
        return {}
    units = [one.unit_vectors().to(context.device) for one in (cloud, *others)]
    found = [
        partners_of((units[0], unit), (laws[0], law), chance, rng).is_found  # type: ignore[arg-type]
        for unit, law, rng in zip(units[1:], laws[1:], context.rng.spawn(len(others)), strict=True)
    ]
    shares = _shares(np.stack(found))
    return shares if len(others) > 1 else {"stable_share": shares["stable_share"]}


def _beside(
    cloud: FeatureCloud,
    other: FeatureCloud,
    context: AnalysisContext,
    rng: np.random.Generator,
    *,
    chance: float,
    null_draws: int,
    q: int,
) -> BesideSeed:
    laws = matched_directions_of(cloud, device=context.device), matched_directions_of(other, device=context.device)
    beside = beside_reflections(
        (cloud, other),
        laws,  # type: ignore[arg-type]
        chance,
        rng,
        n_draws=null_draws,
        device=context.device,
        progress=context.progress,
    )
    found, in_reflections = beside.partners, beside.in_reflections.is_found
    here, there = (
        leading_subspace(one.unit_vectors()[~is_found].to(context.device), q)
        for one, is_found in ((cloud, found.is_found), (other, found.is_found_back))
    )
    if here is None or there is None:
        return BesideSeed(other, found, in_reflections, None, np.empty(0))
    axes = beside.reflected.axes.double()
    here, there = axes.T @ here, axes.T @ there
    every_sign = beside.signs[1:].to(there)
    overlaps = np.array([overlap(here, there * one[:, None]) for one in every_sign])
    return BesideSeed(other, found, in_reflections, overlap(here, there), overlaps)


def _shares(is_found: NDArray[np.bool_]) -> dict[str, float]:
    """Shares of features by who has a partner where, (n_others, n_features)."""
    return {
        "stable_share": float(is_found.mean()),
        "everywhere_share": float(is_found.all(axis=0).mean()),
        "nowhere_share": float((~is_found).all(axis=0).mean()),
    }


def _nulls(numbers: Mapping[str, float | Absent], beside: Sequence[BesideSeed], chance: float) -> dict[str, Nulls]:
    """Of every number; the seeds as they are, measured as quickly as their reflections, are ranked among these."""
    draws = [_shares(found) for found in np.stack([one.found for one in beside], axis=1)]
    n = len(beside)
    by_chance = {"stable_share": chance, "everywhere_share": chance**n, "nowhere_share": (1 - chance) ** n}
    nulls: dict[str, Nulls] = {}
    for name, mean in by_chance.items():
        if not isinstance(estimate := numbers[name], Absent):
            values = np.array([one[name] for one in draws])
            nulls[name] = {
                REFLECTED: Draws(values[1:], shift=values[0] - estimate, mid_ranks=True),
                MATCHED: Moments(mean),
            }
    with_overlap = [one.overlaps for one in beside if one.overlap is not None]
    if with_overlap:
        nulls["unstable_overlap"] = {REFLECTED: np.mean(with_overlap, axis=0)}
    return nulls


def _spread(
    is_found: NDArray[np.bool_], overlaps: Sequence[float | None], cloud: FeatureCloud, context: AnalysisContext
) -> dict[str, Spread | Absent]:
    """Over kin of the cloud, and where there are three other seeds over these as well."""
    kin = kin_of(cloud, device=context.device, watch=context.watch("kin"))
    values = {
        "stable_share": is_found.mean(axis=0),
        "everywhere_share": is_found.all(axis=0).astype(float),
        "nowhere_share": (~is_found).all(axis=0).astype(float),
    }
    told = {name: share_by_kin(one, kin) for name, one in values.items()}
    of_stable = told["stable_share"]
    if len(is_found) >= FEWEST_SEEDS and isinstance(of_stable, Spread):
        told["stable_share"] = Spread(
            _with_seeds(
                of_stable.resampled, is_found.mean(axis=1), n_features=is_found.shape[1], n_kin=len(np.unique(kin))
            )
        )
    few = Absent(f"it is known from how other seeds differ, and needs {FEWEST_SEEDS} of them")
    return {
        **told,
        "unstable_overlap": few if len(overlaps) < FEWEST_SEEDS else Spread(_over_seeds(np.array(overlaps))),
    }


def _over_seeds(values: Floats) -> Resampled:
    """The mean of one number for each other seed."""
    without = (values.sum() - values) / (len(values) - 1)
    return jackknife_of(float(values.mean()), without, population=DICTIONARY)


def _with_seeds(over_kin: Resampled, of_seed: Floats, *, n_features: int, n_kin: int) -> Resampled:
    """Kin and seeds are drawn independently, so their variances add up; degrees of freedom as Satterthwaite has them (1946)."""
    variances = np.array([over_kin.standard_error**2, _over_seeds(of_seed).standard_error ** 2])
    freedom = np.array([n_kin, len(of_seed)]) - 1
    total = float(variances.sum())
    together = replace(over_kin, standard_error=total**0.5, method="jackknife over kin and over seeds")
    return of_equivalent_count(
        together, n_features, n_kin, total**2 / float((variances**2 / freedom).sum()) if total else float(freedom.min())
    )


def _tables(cloud: FeatureCloud, beside: Sequence[BesideSeed], is_found: NDArray[np.bool_]) -> dict[str, pd.DataFrame]:
    """Every feature by stability, every seed, and how many features have a partner in how many seeds."""
    n_seeds = len(beside)
    cosines = np.stack([one.partners.nearest.cosine for one in beside])
    features = pd.DataFrame(
        {
            "feature": cloud.feature_ids,
            "stability": is_found.mean(axis=0),
            "mean_cosine": cosines.mean(axis=0),
            "chance_cosine": np.mean([one.partners.thresholds for one in beside], axis=0),
        }
    )
    seeds = pd.DataFrame(
        {
            "seed": [one.other.sae.spec for one in beside],
            "features": [one.other.n_features for one in beside],
            "share_found": is_found.mean(axis=1),
            "share_found_back": [float(one.partners.is_found_back.mean()) for one in beside],
            "random_share": [float(one.found[1:].mean()) for one in beside],
            "mean_cosine": cosines.mean(axis=1),
            "unstable_overlap": [np.nan if one.overlap is None else one.overlap for one in beside],
            "random_overlap": [float(one.overlaps.mean()) if len(one.overlaps) else np.nan for one in beside],
        }
    )
    random = np.stack([one.found[1:] for one in beside]).sum(axis=0)
    counts = {"share": is_found.sum(axis=0), "random": random.ravel()}
    shares = {name: np.bincount(one, minlength=n_seeds + 1) / one.size for name, one in counts.items()}
    return {
        "features": features.sort_values(["stability", "mean_cosine"], ascending=False, kind="stable"),
        "seeds": seeds,
        "by_seeds": pd.DataFrame({"seeds": np.arange(n_seeds + 1), **shares}),
    }


def _warnings(cloud: FeatureCloud, others: Sequence[FeatureCloud]) -> list[str]:
    elsewhere = [
        str(one.sae.spec)
        for one in others
        if (one.sae.model, one.sae.hook_name) != (cloud.sae.model, cloud.sae.hook_name)
    ]
    return [f"not known to read the same place: {', '.join(elsewhere)}"] * bool(elsewhere)
