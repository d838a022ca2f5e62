"""Two nulls of a spectrum: no structure at all, and an exact power law of the exponent that was found."""

from collections.abc import Sequence

import numpy as np

from saegeo_core import AnalysisContext, NullComparison
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.wishart_spectra import gaussian_spectrum, structureless_spectrum
from saegeo_power_law.measures import Measure
from saegeo_power_law.size_correction import power_law_variances
from saegeo_power_law.spectrum import Spectrum

STRUCTURELESS = "independent directions, uniform, with the cloud's lengths (exact Wishart spectra of matched noise)"
POWER_LAW = "Gaussian rows whose population variances are a power law of exponent alpha at every rank"


class NullDraws:
    """Spectra drawn from one null model.

    Attributes:
        model: its name.
        spectra: the draws.
    """

    def __init__(self, model: str, spectra: Sequence[Spectrum]) -> None:
        self.model, self.spectra = model, spectra

    def compare(self, estimate: float, measure: Measure, alternative: Alternative) -> NullComparison | None:
        """Where the estimate lies among the same number of the draws; None where they lack the rank for it."""
        if not self.spectra or min(measure.rank_in(spectrum) for spectrum in self.spectra) < measure.needs_rank:
            return None
        values = np.array([measure.of(spectrum) for spectrum in self.spectra])
        mean, deviation = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
        return NullComparison(
            model=self.model,
            draws=len(values),
            mean=mean,
            standard_deviation=deviation,
            z=(estimate - mean) / deviation if deviation > 0 else None,
            pvalue=permutation_pvalue(estimate, values, alternative),
            alternative=alternative,
        )


def structureless_draws(n_null: float, like: Spectrum, n_draws: int, context: AnalysisContext) -> NullDraws:
    """Draws of the spectrum of a cloud without structure, as noisy as `n_null` Gaussian rows, read as `like` is read."""
    draws = context.progress(range(n_draws), n_draws, "structureless spectra")
    return NullDraws(
        STRUCTURELESS, [like.replaced_by(structureless_spectrum(n_null, like.d_in, context.rng)) for _ in draws]
    )


def power_law_draws(alpha: float, like: Spectrum, n_draws: int, context: AnalysisContext) -> NullDraws:
    """Draws of the spectrum of a cloud as noisy as `like` whose population is an exact power law."""
    variances = power_law_variances(like.d_in, alpha)
    drawn: dict[int, Spectrum] = {}

    def draw(numbered: tuple[int, np.random.Generator]) -> None:
        number, rng = numbered
        drawn[number] = like.replaced_by(gaussian_spectrum(variances, like.n_rows, rng))

    side_by_side(draw, enumerate(context.rng.spawn(n_draws)), "cpu")
    return NullDraws(POWER_LAW, [drawn[number] for number in range(n_draws)])
