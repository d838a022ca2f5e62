"""A series of L0: numbers of every SAE, how well they are known, and where they are least."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings, SaegeoError
from saegeo_core.measuring.of_cloud import direction_moments_of, kin_of
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import mean_squared_cosine
from saegeo_core.statistics.pair_jackknife import PairMean, jackknife_pair_means
from saegeo_core.statistics.population import DICTIONARY, TEXT, Population
from saegeo_core.statistics.resampling import Resampled, jackknife_of
from saegeo_sparsity.absolute_cosines import absolute_cosine_sums, mean_absolute_cosine_law
from saegeo_sparsity.declared import DECLARED
from saegeo_sparsity.least import LEVEL, Least, least_of
from saegeo_sparsity.projections import TokensRead, nth_projections, tokens_read

UNIFORM = "uniform directions"
UNKNOWN = Absent("it needs two SAEs of known L0")
METHOD = "between the neighbors of the SAEs that cannot be told from the least, Bonferroni"


@dataclass(frozen=True, eq=False)
class Measured:
    """What one SAE of the series shows.

    Attributes:
        cloud: its decoder rows.
        cosine: its mean |cosine|.
        known: how well that is known, or why that is not known.
        projection: its n-th largest projection, and the same without each group of documents; None where none was read.
    """

    cloud: FeatureCloud
    cosine: float
    known: Resampled | Absent
    projection: tuple[float, Floats] | None

    @property
    def l0(self) -> float | None:
        """Features active on a token."""
        return self.cloud.sae.l0


def calibrated_findings(
    series: Sequence[FeatureCloud], context: AnalysisContext, *, n_tokens: int, nth: float
) -> Findings:
    """Measure every SAE of a series, the first of which is in question."""
    few = [one for one in series if one.n_features < 2 or one.d_in < 2]
    if few:
        return DECLARED.absent(f"{few[0].sae.spec} has no two features in two dimensions")
    tokens = tokens_read(context, n_tokens)
    measured = [_measured(one, None if isinstance(tokens, Absent) else tokens, nth, context) for one in series]
    here = measured[0]
    of_known_l0 = [one for one in measured if one.l0 is not None]
    cosine_least = _least_cosine(of_known_l0)
    projection_least = tokens if isinstance(tokens, Absent) else _least_projection(of_known_l0)
    law = mean_absolute_cosine_law(here.cloud.n_features, here.cloud.d_in)
    told = {"mean_absolute_cosine": here.known if isinstance(here.known, Absent) else Spread(here.known)}
    numbers: dict[str, float | Absent] = {"mean_absolute_cosine": here.cosine}
    additions = {"mean_absolute_cosine": f" Uniform directions have {law.mean:.4g}."}
    numbers["nth_projection"] = tokens if isinstance(tokens, Absent) else here.projection[0]  # type: ignore[index]
    if here.projection is not None:
        told["nth_projection"] = Spread(jackknife_of(*here.projection, population=TEXT))
        additions["nth_projection"] = f" Of all projections a share of {nth:g} is larger."
    for name, least, population in (
        ("cosine_least_l0", cosine_least, DICTIONARY),
        ("projection_least_l0", projection_least, TEXT),
    ):
        numbers[name] = least if isinstance(least, Absent) else least.l0
        if isinstance(least, Least):
            told[name] = Spread(_range(least, population))
            additions[name] = f" {least.judge(here.l0)}"
    if isinstance(cosine_least, Least):
        additions["mean_absolute_cosine"] += f" {cosine_least.judge(here.l0)}"
    of_tokens = 0 if isinstance(tokens, Absent) else len(tokens.rows)
    n = {"mean_absolute_cosine": here.cloud.n_features, "nth_projection": of_tokens}
    return DECLARED.findings(
        numbers,
        n={name: n.get(name, len(of_known_l0)) for name in DECLARED},
        spread=told,
        nulls={"mean_absolute_cosine": {UNIFORM: law}},
        additions=additions,
        tables={"series": _table(measured, cosine_least, projection_least)},
        figures=_figures(has_projections=here.projection is not None),
        warnings=_warnings(measured),
    )


def _measured(cloud: FeatureCloud, tokens: TokensRead | None, nth: float, context: AnalysisContext) -> Measured:
    unit = cloud.unit_vectors().to(context.device)
    sums = absolute_cosine_sums(unit, watch=context.watch(f"cosines of {cloud.sae.spec}"))
    n_pairs = cloud.n_features * (cloud.n_features - 1) / 2
    squares = n_pairs * mean_squared_cosine(direction_moments_of(cloud, device=context.device).second, cloud.n_features)
    mean = PairMean(np.abs, sums, squares, "mean")

    def rows_of(features: Integers) -> Floats:
        rows: Floats = unit[features].double().numpy(force=True)
        return rows

    known: Resampled | Absent
    try:
        known = jackknife_pair_means({"": mean}, kin_of(cloud, device=context.device), rows_of)[""]
    except SaegeoError as error:
        known = Absent(error.message)
    return Measured(cloud, mean.estimate, known, None if tokens is None else nth_projections(tokens, unit, nth))


def _least_cosine(series: Sequence[Measured]) -> Least | Absent:
    """Where mean |cosine| is least; dictionaries are independent, so the variances of two add up."""
    errors = [one.known.standard_error for one in series if isinstance(one.known, Resampled)]
    if len(series) < 2:
        return UNKNOWN
    if len(errors) < len(series):
        return next(one.known for one in series if isinstance(one.known, Absent))
    values = np.array([one.cosine for one in series])
    return least_of(_l0(series), values, np.hypot(errors, errors[int(values.argmin())]))


def _least_projection(series: Sequence[Measured]) -> Least | Absent:
    """Where the projection is least; all are of the same documents, so differences are taken without each group."""
    if len(series) < 2:
        return UNKNOWN
    values, without = zip(*(one.projection for one in series if one.projection is not None), strict=True)
    best = without[int(np.argmin(values))]
    return least_of(
        _l0(series), np.array(values), np.array([jackknife_of(0.0, one - best).standard_error for one in without])
    )


def _l0(series: Sequence[Measured]) -> Floats:
    return np.array([one.l0 for one in series], np.float64)


def _range(least: Least, population: Population) -> Resampled:
    return Resampled(least.l0, None, least.between, LEVEL, METHOD, population=population)  # type: ignore[arg-type]


def _table(measured: Sequence[Measured], cosine: Least | Absent, projection: Least | Absent) -> pd.DataFrame:
    """Every SAE by L0, those of unknown L0 last."""
    columns = {
        "sae": [one.cloud.sae.spec for one in measured],
        "l0": [np.nan if one.l0 is None else one.l0 for one in measured],
        "features": [one.cloud.n_features for one in measured],
        "mean_absolute_cosine": [one.cosine for one in measured],
        "standard_error": [np.nan if isinstance(one.known, Absent) else one.known.standard_error for one in measured],
        "uniform": [mean_absolute_cosine_law(one.cloud.n_features, one.cloud.d_in).mean for one in measured],
    }
    if measured[0].projection is not None:
        columns["nth_projection"] = [np.nan if one.projection is None else one.projection[0] for one in measured]
    for name, least in (("among_least_cosines", cosine), ("among_least_projections", projection)):
        if isinstance(least, Least):
            columns[name] = [one.l0 is not None and least.low <= one.l0 <= least.high for one in measured]
    return pd.DataFrame(columns).sort_values("l0", kind="stable")


def _figures(*, has_projections: bool) -> list[Figure]:
    cosines = Figure(
        name="cosines",
        title="Mean |cosine| of decoder rows by L0",
        kind="line",
        table="series",
        x="l0",
        y=("mean_absolute_cosine", "uniform"),
        y_names=("these SAEs", "uniform directions"),
        nulls=("uniform",),
        x_title="L0",
        y_title="mean |cosine|",
    )
    projections = Figure(
        name="projections",
        title="n-th largest projection by L0",
        kind="line",
        table="series",
        x="l0",
        y=("nth_projection",),
        y_names=("these SAEs",),
        x_title="L0",
        y_title="length of activations",
    )
    return [cosines, *([projections] if has_projections else [])]


def _warnings(measured: Sequence[Measured]) -> list[str]:
    here, *others = [one.cloud.sae for one in measured]
    told = {
        "L0 not known, which keeps them out of the series": [one for one in (here, *others) if one.l0 is None],
        f"not as wide as the SAE measured, of {here.d_sae} features": [
            one for one in others if one.d_sae != here.d_sae
        ],
        "not known to read the same place": [
            one for one in others if (one.model, one.hook_name) != (here.model, here.hook_name)
        ],
    }
    return [f"{what}: {', '.join(str(one.spec) for one in saes)}" for what, saes in told.items() if saes]
