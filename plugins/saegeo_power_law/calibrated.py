"""The calibrated preset: every number beside its nulls and its interval, or the reason why it has none."""

from collections.abc import Callable, Mapping, Sequence

import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, SaegeoError
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_power_law.declared import DECLARED
from saegeo_power_law.fitted_laws import RankWindow, decades, windows_around
from saegeo_power_law.lengths_by_extent import lengths_by_extent
from saegeo_power_law.measures import EXACT_POWER_LAW, NO_MEAN, STRUCTURELESS, Measure, Measures, spreads
from saegeo_power_law.power_law_spectra import power_law_spectra
from saegeo_power_law.size_correction import STEEPEST
from saegeo_power_law.spectrum import SampleSpectrum, Spectrum, spectrum_of_rows
from saegeo_power_law.tables import (
    alternatives_table,
    figures,
    principal_components,
    spectrum_table,
    windows_table,
)

UNLIKE_LENGTHS = 0.05
"""Share of the rows by which unlike lengths may lower their effective number before it is said."""


def calibrated_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    window: RankWindow,
    *,
    n_features: int | None,
    null_draws: int,
    power_law_draws: int,
) -> Findings:
    """Decompose the covariance of the cloud, and judge what is read off it.

    Args:
        cloud: at least two features in two dimensions.
        context: of the run.
        window: ranks that laws are fitted to.
        n_features: how many rows to measure, drawn at random; None measures all.
        null_draws: spectra drawn without structure.
        power_law_draws: spectra drawn from an exact power law.
    """
    measured = rows_measured(cloud, n_features, context)
    sample = SampleSpectrum(measured.vectors, context)
    measures = Measures(cloud.d_in, windows_around(window, sample.full.usable_rank), sample.structureless_eigenvalues)
    has_window = sample.full.usable_rank >= window.last

    reasons = {name: measure.absent_from(sample.full, sample.n_features) for name, measure in measures.by_name.items()}
    found = {name: measure for name, measure in measures.by_name.items() if not reasons[name]}
    alpha = measures.alpha(sample.full) if has_window else STEEPEST
    spectra = drawn_spectra(
        sample, measured.vectors, alpha, context, null_draws=null_draws, power_law_draws=power_law_draws
    )

    tables = {"spectrum": spectrum_table(sample, window if has_window else None)}
    if has_window:
        tables |= {
            "windows": windows_table(measures, sample.full),
            "alternatives": alternatives_table(sample.full.eigenvalues, window),
        }
    if sample.full.rank >= 3:
        tables["principal_components"] = principal_components(measured, sample, context.rng)
    return DECLARED.findings(
        {name: Absent(why) if why else measures.by_name[name].of(sample.full) for name, why in reasons.items()},
        n=sample.n_features,
        spread=spreads(found, sample, kin_of(measured, device=context.device, watch=context.watch("kin"))),
        nulls={
            name: nulls_of(measure, spectra, sample.full, sample.n_features)
            for name, measure in found.items()
            if measure.nulls or measure.law
        },
        additions={name: measure.addition for name, measure in found.items()},
        tables=tables,
        figures=figures(tables, sample.full),
        warnings=_warnings(sample.full, window if has_window else None, measured, cloud),
    )


def estimates_of(
    cloud: FeatureCloud, context: AnalysisContext, window: RankWindow, *, n_features: int | None
) -> dict[str, float]:
    """The numbers of the cloud's own spectrum over one window, those that are defined; arguments as above.

    Sizes are corrected as if rows were Gaussian, which is the same correction for all clouds of one size.
    """
    measured = rows_measured(cloud, n_features, context)
    spectrum, measures = spectrum_of_rows(measured.vectors, device=context.device), Measures(cloud.d_in, [window])
    return {
        name: one.of(spectrum)
        for name, one in measures.by_name.items()
        if not one.absent_from(spectrum, measured.n_features)
    }


def rows_measured(cloud: FeatureCloud, n_features: int | None, context: AnalysisContext) -> FeatureCloud:
    """The cloud, or that many of its rows drawn without replacement.

    Raises:
        SaegeoError: the cloud has fewer rows.
    """
    if n_features is None or n_features == cloud.n_features:
        return cloud
    if n_features > cloud.n_features:
        raise SaegeoError(
            f"{cloud.sae.spec} has {cloud.n_features} usable features, fewer than power-law.n_features={n_features}",
            f"compare at the size of the smallest: --set power-law.n_features={cloud.n_features}",
        )
    rows = context.rng.choice(cloud.n_features, n_features, replace=False)
    rows.sort()
    return cloud.select(rows)


def drawn_spectra(
    sample: SampleSpectrum,
    vectors: torch.Tensor,
    alpha: float,
    context: AnalysisContext,
    *,
    null_draws: int,
    power_law_draws: int,
) -> dict[str, list[Spectrum]]:
    """Spectra drawn from every null model by its name; none of a power law that no size corrects for."""
    like, structureless = sample.full, sample.structureless
    drawn: dict[str, list[Spectrum]] = {STRUCTURELESS: [], EXACT_POWER_LAW: []}
    if structureless is not None:
        drawn[STRUCTURELESS] = spectra_like(like, structureless.draw, null_draws, context, "structureless spectra")
        if alpha < STEEPEST and power_law_draws:
            by_extent = lengths_by_extent(vectors, sample.mean, sample.squared_lengths, context.device)
            power_law = power_law_spectra(alpha, like.d_in, by_extent)
            drawn[EXACT_POWER_LAW] = spectra_like(like, power_law.draw, power_law_draws, context, "power-law spectra")
    return drawn


def spectra_like(
    like: Spectrum, draw: Callable[[int], Floats], n_draws: int, context: AnalysisContext, what: str
) -> list[Spectrum]:
    """Eigenvalues drawn from a null model by seeds of their own, read as `like` is read."""
    drawn: dict[int, Spectrum] = {}
    seeds = context.rng.integers(2**63, size=n_draws)

    def draw_one(number: int) -> None:
        drawn[number] = like.replaced_by(draw(int(seeds[number])))

    side_by_side(draw_one, context.progress(range(n_draws), n_draws, what), "cpu")
    return [drawn[number] for number in range(n_draws)]


def nulls_of(
    measure: Measure, spectra: Mapping[str, Sequence[Spectrum]], full: Spectrum, n_features: int
) -> Nulls | Absent:
    """The number on the draws of every model that judges it, and that has the ranks for it."""
    if measure.law is not None:
        return {NO_MEAN: measure.law(full, n_features)}
    nulls = {
        model: Draws([measure.of(spectrum) for spectrum in spectra[model]], alternative=side)
        for model, side in measure.nulls.items()
        if spectra[model] and min(map(measure.rank_in, spectra[model])) >= measure.needs_rank
    }
    return nulls or Absent("no null was drawn that has the ranks it needs")


def _warnings(spectrum: Spectrum, window: RankWindow | None, measured: FeatureCloud, cloud: FeatureCloud) -> list[str]:
    warnings = []
    if measured.n_features < cloud.n_features:
        warnings.append(f"measured on {measured.n_features} of {cloud.n_features} features, drawn at random")
    if window is not None and (spanned := decades(spectrum.eigenvalues, window)) < 1:
        warnings.append(
            f"over ranks {window} eigenvalues span {spanned:.2f} decades (a factor of {10**spanned:.1f}): over less than "
            "one, many laws look like a power law"
        )
    if spectrum.rank and spectrum.n_rows + 1 < (1 - UNLIKE_LENGTHS) * measured.n_features:
        warnings.append(
            f"the rows differ in length: {measured.n_features} of them are as noisy a sample as {spectrum.n_rows + 1:.0f} "
            "Gaussian rows, which is what the correction is computed for"
        )
    return warnings
