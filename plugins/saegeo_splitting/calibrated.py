"""A dictionary beside a narrower one: numbers, how well each is known, and nulls together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings
from saegeo_core.measuring.null_comparison import Draws, Moments, Nulls
from saegeo_core.measuring.of_cloud import kin_of, matched_directions_of
from saegeo_core.measuring.partners import NOBODY, BesideReflections, beside_reflections, partners_of
from saegeo_core.measuring.resampled import share_by_kin, spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.population import DICTIONARY
from saegeo_core.statistics.resampling import student_interval
from saegeo_splitting.declared import DECLARED
from saegeo_splitting.meta_dictionary import MetaExplained, meta_explained
from saegeo_splitting.reflected_atoms import ReflectedAtoms

REFLECTED = "the narrow dictionary reflected along its principal axes about its mean"
MATCHED = "the narrow dictionary drawn from an angular Gaussian of its mean and covariance"
GAUSSIAN = "an angular Gaussian of the same mean and covariance"
N_STEPS = 8
"""Narrow features that a feature is rebuilt from, at most."""
REBUILT_IN_REFLECTIONS = 256
"""Features that are rebuilt in each reflection, at most."""
META_FEATURES, FEATURES_FOR_EACH_ATOM, META_USED = 8192, 4, 4
"""Features, at most, of which a meta-dictionary is learned; how many for each atom; and how many atoms a feature has."""
FEWEST_META = 40
FIGURES = [
    Figure(
        name="rebuilt",
        title="How much of a feature narrow features explain",
        kind="line",
        table="rebuilt",
        x="narrow_features",
        y=("share", "share_of_novel", "random"),
        y_names=("all features", "novel ones", "all, of the reflected dictionary"),
        nulls=("random",),
        x_title="narrow features",
        y_title="share of squared length",
    ),
    Figure(
        name="children",
        title="How many features a narrow one becomes",
        kind="bar",
        table="children",
        x="features",
        y=("share", "random"),
        y_names=("this dictionary", "reflected"),
        nulls=("random",),
        x_title="features whose partner it is",
        y_title="share of narrow features",
    ),
]


@dataclass(frozen=True, eq=False)
class Split:
    """Who comes of whom.

    Attributes:
        is_novel: of each feature, whether it has no partner, bool (n_wide,).
        children: of each narrow feature, how many features have it as their partner, int64 (n_narrow,).
        is_lost: of each narrow feature, whether it has no partner here, bool (n_narrow,).
    """

    is_novel: NDArray[np.bool_]
    children: Integers
    is_lost: NDArray[np.bool_]

    @classmethod
    def of(cls, partner: Integers, is_lost: NDArray[np.bool_]) -> "Split":
        """From the partner of each feature, nobody where it has none."""
        return cls(partner == NOBODY, np.bincount(partner[partner != NOBODY], minlength=len(is_lost)), is_lost)

    @property
    def shares(self) -> dict[str, Floats]:
        """Metrics as the means of these, of features or of narrow features."""
        return {
            "novel_share": self.is_novel.astype(float),
            "split_share": (self.children > 1).astype(float),
            "lost_share": self.is_lost.astype(float),
        }

    @property
    def numbers(self) -> dict[str, float]:
        """The shares."""
        return {name: float(one.mean()) for name, one in self.shares.items()}


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """How much of some features narrow ones explain.

    Attributes:
        rows: which features, int64 (n,), ascending.
        explained: share that 1, 2 … narrow features explain, (n, n_steps).
        quick: the mean over fewer of them, (n_steps,).
        random: the same in reflections, (n_draws, n_steps).
    """

    rows: Integers
    explained: Floats
    quick: Floats
    random: Floats


class Metas(NamedTuple):
    """What meta-dictionaries explain.

    Attributes:
        rows: which features one was learned of, int64 (n,), ascending.
        of_features: what it explains of them.
        of_gaussian: what the other explains of as many directions of an angular Gaussian.
    """

    rows: Integers
    of_features: MetaExplained
    of_gaussian: MetaExplained

    @property
    def excess(self) -> float:
        """How much more the first explains."""
        return self.of_features.share - self.of_gaussian.share


def calibrated_findings(
    cloud: FeatureCloud, narrow: FeatureCloud, context: AnalysisContext, *, chance: float, null_draws: int, sample: int
) -> Findings:
    """Look for every feature in the narrow dictionary and in its reflections, and rebuild some from either."""
    partner_rng, sample_rng, meta_rng, gaussian_rng = context.rng.spawn(4)
    laws = []
    for one in (cloud, narrow):
        law = matched_directions_of(one, device=context.device)
        if isinstance(law, Absent):
            return DECLARED.absent(f"{one.sae.spec}: {law.absent}", cloud.n_features)
        laws.append(law)
    beside = beside_reflections(
        (cloud, narrow),
        (laws[0], laws[1]),
        chance,
        partner_rng,
        n_draws=null_draws,
        device=context.device,
        progress=context.progress,
    )
    partners = beside.partners
    split = Split.of(np.where(partners.is_found, partners.nearest.partner, NOBODY), ~partners.is_found_back)
    quick, *random = _in_reflections(beside)
    rebuilt = _rebuilt(cloud, beside, sample, context, sample_rng)
    metas = _metas(cloud, laws[0], context, meta_rng, gaussian_rng)
    numbers: dict[str, float | Absent] = {
        **split.numbers,
        "rebuilt_from_1": float(rebuilt.explained[:, 0].mean()),
        "rebuilt_from_8": float(rebuilt.explained[:, -1].mean()),
        "meta_excess": Absent(
            f"{cloud.n_features} features are too few for a meta-dictionary, which needs {FEWEST_META}"
        )
        if metas is None
        else metas.excess,
    }
    nulls: dict[str, Nulls] = {
        name: {REFLECTED: _among([one.numbers[name] for one in random], quick.numbers[name], split.numbers[name])}
        for name in split.numbers
    }
    nulls["novel_share"] = {**nulls["novel_share"], MATCHED: Moments(1 - chance)}
    for name, step in (("rebuilt_from_1", 0), ("rebuilt_from_8", -1)):
        nulls[name] = {REFLECTED: _among(rebuilt.random[:, step], rebuilt.quick[step], float(numbers[name]))}  # type: ignore[arg-type]
    nulls["meta_excess"] = {GAUSSIAN: Moments(0.0)}
    n = {"split_share": narrow.n_features, "lost_share": narrow.n_features, "novel_share": cloud.n_features}
    return DECLARED.findings(
        numbers,
        n={name: n.get(name, len(rebuilt.rows)) for name in DECLARED}
        | {"meta_excess": 0 if metas is None else len(metas.rows)},
        spread=_spread(split, rebuilt, metas, (cloud, narrow), context.device),
        nulls=nulls,
        additions=_additions(metas),
        tables={
            **_partners(cloud, narrow, beside, split),
            "children": _children(split, random),
            "rebuilt": _rebuilt_by_steps(split, rebuilt),
        },
        figures=FIGURES,
        warnings=_warnings(cloud, narrow),
    )


def shares_of(
    cloud: FeatureCloud, narrow: FeatureCloud, context: AnalysisContext, *, chance: float
) -> dict[str, float]:
    """The shares of features with partners and without; empty where a cloud has no matched Gaussian."""
    laws = [matched_directions_of(one, device=context.device) for one in (cloud, narrow)]
    if any(isinstance(law, Absent) for law in laws):
        return {}
    first, second = (one.unit_vectors().to(context.device) for one in (cloud, narrow))
    found = partners_of((first, second), tuple(laws), chance, context.rng)  # type: ignore[arg-type]
    return Split.of(np.where(found.is_found, found.nearest.partner, NOBODY), ~found.is_found_back).numbers


def _in_reflections(beside: BesideReflections) -> list[Split]:
    """Who comes of whom in the narrow dictionary as it is, by products that are not settled, and in its reflections."""
    found, thresholds = beside.in_reflections, beside.partners.reverse_thresholds
    return [
        Split.of(partner, back <= thresholds) for partner, back in zip(found.partner, found.reverse_cosine, strict=True)
    ]


def _among(draws: Sequence[float] | Floats, quick: float, estimate: float) -> Draws:
    """Reflections, among which the dictionary as it is, measured as they are, is ranked."""
    return Draws(np.asarray(draws), shift=quick - estimate, mid_ranks=True)


def _rebuilt(
    cloud: FeatureCloud, beside: BesideReflections, sample: int, context: AnalysisContext, rng: np.random.Generator
) -> Rebuilt:
    chosen = rng.permutation(cloud.n_features)[:sample]
    rows, few = np.sort(chosen), np.sort(chosen[:REBUILT_IN_REFLECTIONS])
    unit, axes = cloud.unit_vectors(), beside.reflected.axes.float()
    atoms = ReflectedAtoms(beside.reflected)
    along, fewer = (unit[one].to(context.device).float() @ axes for one in (rows, few))
    n_draws = len(beside.signs)
    drawn = np.stack(
        [
            atoms.explained(fewer, signs, N_STEPS).mean(0).numpy(force=True)
            for signs in context.progress(beside.signs, n_draws, "rebuilt from reflections")
        ]
    )
    explained = atoms.explained(along, beside.signs[0], N_STEPS).numpy(force=True)
    return Rebuilt(rows, explained, drawn[0], drawn[1:])


def _metas(
    cloud: FeatureCloud,
    law: ProjectedGaussian,
    context: AnalysisContext,
    rng: np.random.Generator,
    gaussian_rng: np.random.Generator,
) -> Metas | None:
    """What meta-dictionaries explain of some features, and of as many directions of the law; None of fewer than forty."""
    if cloud.n_features < FEWEST_META:
        return None
    rows = np.sort(rng.permutation(cloud.n_features)[:META_FEATURES])
    n_atoms = len(rows) // FEATURES_FOR_EACH_ATOM
    drawn = law.sample(len(rows), gaussian_rng).to(context.device)
    unit = cloud.unit_vectors()[rows].to(context.device).float()
    return Metas(rows, *(meta_explained(one, n_atoms, META_USED, rng) for one in (unit, drawn)))


def _spread(
    split: Split,
    rebuilt: Rebuilt,
    metas: Metas | None,
    clouds: tuple[FeatureCloud, FeatureCloud],
    device: str,
) -> dict[str, Spread | Absent]:
    """Kin left out together: those of the narrow dictionary for shares of its features, those of the wide one for the rest."""
    kin, narrow_kin = (kin_of(one, device=device) for one in clouds)
    known: dict[str, Spread | Absent] = {}
    for name, values in split.shares.items():
        known[name] = share_by_kin(values, kin if name == "novel_share" else narrow_kin)
    for name, step in (("rebuilt_from_1", 0), ("rebuilt_from_8", -1)):
        values = rebuilt.explained[:, step]
        known[name] = spread_by_kin(float(values.mean()), values - values.mean(), kin[rebuilt.rows])
    if metas is not None:
        known["meta_excess"] = _with_gaussian(metas, kin)
    return known


def _with_gaussian(metas: Metas, kin: Integers) -> Spread | Absent:
    """The interval of the difference: directions of the Gaussian are independent, and independent of the features."""
    known = spread_by_kin(metas.of_features.share, metas.of_features.added, kin[metas.rows])
    if isinstance(known, Absent):
        return known
    told = known.resampled
    of_gaussian = metas.of_gaussian.added
    error = float(np.hypot(told.standard_error, of_gaussian.std(ddof=1) / np.sqrt(len(of_gaussian))))
    return Spread(
        student_interval(
            metas.excess,
            error,
            told.degrees_of_freedom or np.inf,
            method=f"{told.method}, and the spread of Gaussian directions",
            population=DICTIONARY,
        )
    )


def _additions(metas: Metas | None) -> dict[str, str]:
    if metas is None:
        return {}
    here, there = metas.of_features.share, metas.of_gaussian.share
    return {"meta_excess": f" That is {here:.3f} of the variance here and {there:.3f} of the Gaussian's."}


def _partners(
    cloud: FeatureCloud, narrow: FeatureCloud, beside: BesideReflections, split: Split
) -> dict[str, pd.DataFrame]:
    """Features with their partners, the least near first, and narrow ones with what they become, those of most first."""
    nearest = beside.partners.nearest
    features = pd.DataFrame(
        {
            "feature": cloud.feature_ids,
            "nearest_narrow": narrow.feature_ids[nearest.partner],
            "cosine": nearest.cosine,
            "chance_cosine": beside.partners.thresholds,
            "is_novel": split.is_novel,
        }
    )
    of_narrow = pd.DataFrame(
        {
            "narrow_feature": narrow.feature_ids,
            "features": split.children,
            "nearest_feature": cloud.feature_ids[nearest.reverse_partner],
            "cosine": nearest.reverse_cosine,
            "is_lost": split.is_lost,
        }
    )
    return {
        "features": features.sort_values("cosine", kind="stable"),
        "narrow_features": of_narrow.sort_values(["features", "cosine"], ascending=False, kind="stable"),
    }


def _children(split: Split, random: Sequence[Split]) -> pd.DataFrame:
    """Shares of the narrow features by how many features they become."""
    counts = {"share": split.children, "random": np.concatenate([one.children for one in random])}
    most = 1 + max(int(one.max()) for one in counts.values())
    shares = {name: np.bincount(one, minlength=most) / len(one) for name, one in counts.items()}
    return pd.DataFrame({"features": np.arange(most), **shares})


def _rebuilt_by_steps(split: Split, rebuilt: Rebuilt) -> pd.DataFrame:
    """What one narrow feature explains, two, and so on."""
    is_novel = split.is_novel[rebuilt.rows]
    return pd.DataFrame(
        {
            "narrow_features": np.arange(1, N_STEPS + 1),
            "share": rebuilt.explained.mean(0),
            "share_of_novel": rebuilt.explained[is_novel].mean(0) if is_novel.any() else np.nan,
            "share_of_others": rebuilt.explained[~is_novel].mean(0) if not is_novel.all() else np.nan,
            "random": rebuilt.random.mean(0),
        }
    )


def _warnings(cloud: FeatureCloud, narrow: FeatureCloud) -> list[str]:
    warnings = []
    if narrow.n_features > cloud.n_features:
        warnings.append(
            f"{narrow.sae.spec}, named as the narrow one, has {narrow.n_features} features, more than the "
            f"{cloud.n_features} measured"
        )
    if (narrow.sae.model, narrow.sae.hook_name) != (cloud.sae.model, cloud.sae.hook_name):
        warnings.append(f"not known to read the same place: {narrow.sae.spec}")
    return warnings
