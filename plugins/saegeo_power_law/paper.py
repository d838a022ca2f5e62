"""The procedure of *The Geometry of Concepts*, section 5, as published: a line through ranks 11 to 150, and a sum of logarithms.

What is known to be wrong with it stands in the warnings, with its size in this very cloud where that can be computed.
"""

import numpy as np
from scipy import stats

from saegeo_core import AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Moments
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.marchenko_pastur import expected_eigenvalues
from saegeo_core.statistics.resampling import Resampled, student_interval
from saegeo_core.statistics.wishart_spectra import structureless_spectrum
from saegeo_power_law.calibrated import rows_measured
from saegeo_power_law.declared import PUBLISHED
from saegeo_power_law.fitted_laws import RankWindow, decades, fitted_curves, fitted_exponent, windows_around
from saegeo_power_law.spectrum import SampleSpectrum
from saegeo_power_law.tables import figures, principal_components, spectrum_table

PUBLISHED_SCALE = 0.005
"""What the notebook multiplies the eigenvalues of its Gaussian matrix by, before it draws them beside the cloud's."""

DRAW = "one random draw of the same size, independent Gaussian rows (the published null)"
EXACT = "independent Gaussian rows, the expectation that the draw estimates"


def paper_findings(
    cloud: FeatureCloud, context: AnalysisContext, window: RankWindow, *, n_features: int | None
) -> Findings:
    """Least squares of log10 eigenvalue on log10 rank with its t interval, and the truncated log-determinant.

    Args:
        cloud: at least two features in two dimensions.
        context: of the run.
        window: ranks that the line is fitted to.
        n_features: how many rows to measure, drawn at random; None measures all.
    """
    measured = rows_measured(cloud, n_features, context)
    sample = SampleSpectrum(measured.vectors, context)
    n, eigenvalues, rank = measured.n_features, sample.full.eigenvalues, sample.full.rank
    if rank < window.last:
        return PUBLISHED.absent(
            f"the window ends at rank {window.last}, and the covariance has {rank} eigenvalues above zero", n
        )
    drawn = structureless_spectrum(n - 1, cloud.d_in, context.rng)
    expected = expected_eigenvalues(n - 1, cloud.d_in)
    scale = float(eigenvalues.mean())
    numbers, of_draw, of_expectation = (
        published_numbers(spectrum, window, unit)
        for spectrum, unit in ((eigenvalues, 1.0), (drawn, scale), (expected, scale))
    )
    published_null = np.pad(drawn * PUBLISHED_SCALE, (0, cloud.d_in - len(drawn)), constant_values=np.nan)
    tables = {
        "spectrum": spectrum_table(sample, window).assign(published_null=published_null),
        "principal_components": principal_components(measured, sample, context.rng),
    }
    return PUBLISHED.findings(
        numbers,
        n=n,
        spread={"alpha": Spread(regression(eigenvalues, window))},
        nulls={
            name: {
                DRAW: Draws([of_draw[name]], has_pvalue=True),
                EXACT: Moments(of_expectation[name], alternative="two-sided"),
            }
            for name in numbers
        },
        tables=tables,
        figures=figures(tables, sample.full),
        warnings=_artefacts(eigenvalues, expected, window, rank, n),
    )


def published_numbers(eigenvalues: Floats, window: RankWindow, unit: float) -> dict[str, float]:
    """The two published numbers of a spectrum in the given unit, on which only the second depends."""
    return {"alpha": fitted_exponent(eigenvalues, window), "log_determinant": _truncated(eigenvalues * unit, window)}


def regression(eigenvalues: Floats, window: RankWindow) -> Resampled:
    """The exponent with Student's t interval: it takes the ranks for independent observations, which sorted eigenvalues are not."""
    line = stats.linregress(np.log10(window.ranks), np.log10(window.of(eigenvalues)))
    return student_interval(
        -float(line.slope),
        float(line.stderr),
        len(window.ranks) - 2,
        method="Student's t of the regression (published)",
        population=None,
    )


def _truncated(eigenvalues: Floats, window: RankWindow) -> float:
    """Sum of ln eigenvalue over the window."""
    return float(np.log(window.of(eigenvalues)).sum())


def _artefacts(eigenvalues: Floats, expected: Floats, window: RankWindow, last_rank: int, n: int) -> list[str]:
    """What is known to be wrong with the published procedure, with its size here."""
    d, mean = len(eigenvalues), float(eigenvalues.mean())
    truth = np.log(window.of(eigenvalues))
    fits = ", ".join(
        f"{1 - np.var(np.log(curve) - truth) / np.var(truth):.4f} {name.replace('_', ' ')}"
        for name, curve in fitted_curves(eigenvalues, window).items()
    )
    others = windows_around(window, last_rank)[1:]
    slopes = [fitted_exponent(eigenvalues, other) for other in others]
    span = 10 ** decades(eigenvalues, window)
    isotropic = _truncated(expected * mean, window)
    return [
        f"over ranks {window} eigenvalues span a factor of {span:.1f} only, where many laws look like a power law; R² here: {fits}",
        *(
            [
                f"the exponent depends on the window: {min(slopes):.3f} to {max(slopes):.3f} over {len(slopes)} others here"
            ]
            if slopes
            else []
        ),
        f"the exponent depends on the number of features: no structure reads {fitted_exponent(expected, window):.4f} at {n} x {d} "
        "here, .028 at 65,536 x 2,304 and .082 at 5,000 x 2,304; a true .35 reads .339 and .264 there",
        "the t interval takes sorted eigenvalues for independent ones: it measures curvature (.0029 for a lognormal spectrum "
        "whose sampling error is .0013)",
        f"the published null is drawn at {PUBLISHED_SCALE}, set by hand; the cloud's own variance gives {mean:.3g}, a factor of "
        f"{PUBLISHED_SCALE / mean:.3g} (11.5 for unit rows in 2,304 dimensions). log_determinant is compared at the cloud's own",
        f"log_determinant is no volume: at fixed variance isotropy has the largest, yet the sum over ranks {window} rises with "
        f"anisotropy (isotropic here {isotropic:.1f}; at 65,536 x 2,304 -1042.8, and -997.3 and -936.5 for exponents .24 and .47; "
        "published -984 to -907)",
        "families of features lower the exponent (.287 to .233 for 1,024 families of 8 with one covariance), and layers were "
        "compared at unlike L0: the published plateau at layers 11 to 14 is the four SAEs of L0 70 to 75 beside 127 and 128",
    ]
