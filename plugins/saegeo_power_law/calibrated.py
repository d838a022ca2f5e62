"""The calibrated preset: every number beside its nulls and its interval, or the reason why it has none."""

from saegeo_core import AnalysisContext, FeatureCloud, Findings, SaegeoError
from saegeo_power_law.described import DESCRIBED
from saegeo_power_law.exponent import Window, decades
from saegeo_power_law.parameters import PowerLawParameters
from saegeo_power_law.reading import Reading
from saegeo_power_law.spectrum import SampleSpectra, Spectrum
from saegeo_power_law.tables import (
    alternatives_table,
    figures,
    principal_components,
    spectrum_table,
    windows_table,
)

UNLIKE_LENGTHS = 0.05
"""Share of the rows by which unlike lengths may lower their effective number before it is said."""


def calibrated_findings(cloud: FeatureCloud, parameters: PowerLawParameters, context: AnalysisContext) -> Findings:
    """Decompose the covariance of the cloud and of its subsamples, and judge what is read off them."""
    measured = rows_measured(cloud, parameters.n_features, context)
    sample = SampleSpectra(measured.vectors, context)
    reading = Reading(measured, sample, parameters, context)
    metrics = [reading.metric(name) for name in DESCRIBED]
    window = reading.measures.window
    tables = {"spectrum": spectrum_table(sample, window if reading.has_window else None)}
    if reading.has_window:
        tables |= {
            "windows": windows_table(reading.measures, sample.full),
            "alternatives": alternatives_table(sample.full.eigenvalues, window),
        }
    if sample.full.rank >= 3:
        tables["principal_components"] = principal_components(measured, sample, context.rng)
    warnings = _warnings(sample.full, window if reading.has_window else None, measured, cloud)
    return Findings(metrics, tables, figures(tables, sample.full), warnings=warnings, replicates=reading.replicates)


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


def _warnings(spectrum: Spectrum, window: Window | None, measured: FeatureCloud, cloud: FeatureCloud) -> list[str]:
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
            "Gaussian rows, which is what the correction and the nulls are computed for"
        )
    return warnings
