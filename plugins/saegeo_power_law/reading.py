"""The metrics of one cloud: each read off its spectrum, those of its subsamples and those of its nulls."""

from functools import cached_property

import numpy as np
from scipy import stats

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Interval, Metric, NullComparison, Replicates
from saegeo_core.statistics.marchenko_pastur import expected_eigenvalues
from saegeo_core.statistics.resampling import Resampled
from saegeo_power_law.described import DESCRIBED, INFINITE, RANGES
from saegeo_power_law.exponent import Window, fitted_exponent, windows_around
from saegeo_power_law.measures import Measure, Measures
from saegeo_power_law.nulls import NullDraws, power_law_draws, structureless_draws
from saegeo_power_law.parameters import PowerLawParameters
from saegeo_power_law.size_correction import STEEPEST
from saegeo_power_law.spectrum import SHARE, SUBSAMPLES, SampleSpectra

UNIFORM_MEAN = "independent directions, uniform, with the cloud's lengths (chi-squared law)"
BY_POWER_LAW = ("alpha_window_spread", "power_law_gain")
WHOLE_SPECTRUM = ("participation_ratio", "effective_rank", "relative_log_volume", "outlier_eigenvalues")


class Reading:
    """Everything read off one cloud.

    Attributes:
        measures: what is read, and over which ranks.
        replicates: the values behind the intervals of the metrics made so far.
    """

    def __init__(
        self, cloud: FeatureCloud, sample: SampleSpectra, parameters: PowerLawParameters, context: AnalysisContext
    ) -> None:
        self._sample, self._spectrum, self._context = sample, sample.full, context
        self._parameters = parameters
        self._key = f"{SUBSAMPLES} subsamples of {SHARE}: {sample.design}: {cloud.digest}"
        window = Window(parameters.first_rank, parameters.last_rank)
        last_rank = min(min(spectrum.rank, int(spectrum.n_rows)) for spectrum in (sample.full, *sample.parts))
        self.measures = Measures(cloud.d_in, windows_around(window, last_rank))
        self.replicates: list[Replicates] = []

    @property
    def has_window(self) -> bool:
        """Whether the window has an exponent that can be corrected for size."""
        return not self._shortfall(self.measures.by_name["alpha"])

    def metric(self, name: str) -> Metric:
        """The metric of that name."""
        if name == "mean_norm":
            return self._mean_norm()
        if not self._spectrum.rank:
            return self._missing(name, "all rows are equal, so no direction has any variance")
        if name == "density_exponent":
            return self._density_exponent()
        return self._alpha_metric if name == "alpha" else self._read(name)

    @cached_property
    def _alpha_metric(self) -> Metric:
        return self._read("alpha")

    def _read(self, name: str) -> Metric:
        """The metric of that name, read off eigenvalues alone."""
        measure = self.measures.by_name[name]
        if reason := self._shortfall(measure):
            return self._missing(name, reason)
        if name == "alpha_window_spread" and len(self.measures.windows) == 1:
            return self._missing(
                name, f"no other window about ranks {self.measures.window} has all its eigenvalues above zero"
            )
        if name in ("alpha", "alpha_window_spread") and self._alpha >= STEEPEST:
            return self._missing(
                name, f"the window falls more steeply than rank^-{STEEPEST}: no size corrects for that"
            )
        estimate = measure.of(self._spectrum)
        return DESCRIBED.metric(
            name,
            estimate,
            self._sample.n_features,
            interval=self._interval(name, measure),
            nulls=self._nulls(name, measure, estimate),
            addition=self._addition(name),
        )

    def _addition(self, name: str) -> str:
        """What the description says of this cloud."""
        if name in WHOLE_SPECTRUM:
            return ""
        if name == "alpha_window_spread":
            return f" Windows: ranks {', '.join(map(str, self.measures.windows))}."
        window = self.measures.window
        if name != "alpha_raw" or self._n_null < window.last:
            return f" Over ranks {window}."
        null = expected_eigenvalues(self._n_null, self._spectrum.d_in)
        return f" Over ranks {window}; {fitted_exponent(null, window):.4f} is expected without structure."

    def _missing(self, name: str, reason: str) -> Metric:
        return DESCRIBED.missing(name, reason, self._sample.n_features)

    def _shortfall(self, measure: Measure) -> str:
        """Why the spectrum is too short for the measure, or nothing."""
        spectrum = self._spectrum
        if measure.rank_in(spectrum) >= measure.needs_rank:
            return ""
        if spectrum.rank < measure.needs_rank:
            has = f"{self._sample.n_features} features in {spectrum.d_in} dimensions have {spectrum.rank}"
        else:
            has = f"features of such unlike lengths are as noisy a sample as {spectrum.n_rows:.0f} Gaussian rows"
        return f"it needs {measure.needs_rank} eigenvalues above zero, and {has}"

    @cached_property
    def _alpha(self) -> float:
        return self.measures.alpha(self._spectrum)

    # Intervals

    def _interval(self, name: str, measure: Measure) -> Interval | Absent:
        if not self._sample.parts:
            return Absent(f"{self._sample.n_features} features are too few to leave some out")
        least_rank = min(measure.rank_in(part) for part in self._sample.parts)
        if least_rank < measure.needs_rank:
            return Absent(f"it needs {measure.needs_rank} eigenvalues above zero, and a subsample has {least_rank}")
        resampled = self._sample.resampled(measure.of)
        self.replicates.append(resampled.kept_for(name, self._key))
        if name == "alpha":
            return self._corrected_interval()
        if resampled.standard_error == 0.0:
            return Absent("all subsamples give the same value")
        return _within_range(name, resampled)

    def _corrected_interval(self) -> Interval:
        """The ends of the raw exponent's interval, corrected as the estimate is.

        The correction is steep near 0, where many values are corrected to 0 itself; ends carried through it cover as well as
        those of the raw exponent.
        """
        interval = self._sample.resampled(self.measures.by_name["alpha_raw"].of).interval()
        low, high = (self.measures.corrected(end, self._spectrum.n_rows) for end in (interval.low, interval.high))
        return interval.model_copy(update={"low": low, "high": high, "method": f"{interval.method}, then corrected"})

    # Nulls

    @property
    def _n_null(self) -> float:
        return self._sample.effective_rows(self._spectrum.d_in)

    @cached_property
    def _structureless(self) -> NullDraws:
        return structureless_draws(self._n_null, self._spectrum, self._parameters.null_draws, self._context)

    @cached_property
    def _power_law(self) -> NullDraws:
        has_exponent = self.has_window and self._alpha < STEEPEST
        n_draws = self._parameters.power_law_draws if has_exponent else 0
        return power_law_draws(self._alpha if n_draws else 0.0, self._spectrum, n_draws, self._context)

    def _nulls(self, name: str, measure: Measure, estimate: float) -> tuple[NullComparison, ...] | Absent:
        comparisons = []
        if name not in BY_POWER_LAW:
            comparisons.append(self._structureless.compare(estimate, measure, measure.extreme))
        if name in BY_POWER_LAW:
            comparisons.append(self._power_law.compare(estimate, measure, measure.extreme))
        if name in WHOLE_SPECTRUM:
            comparisons.append(self._power_law.compare(estimate, measure, "two-sided"))
        made = tuple(comparison for comparison in comparisons if comparison is not None)
        return made or Absent("no null was drawn that has the ranks it needs")

    # What is not read off eigenvalues alone

    def _density_exponent(self) -> Metric:
        alpha = self._alpha_metric
        if isinstance(alpha.estimate, Absent):
            return self._missing("density_exponent", alpha.estimate.absent)
        if alpha.estimate == 0.0:
            return self._missing("density_exponent", "alpha is 0, where it is infinite")
        interval = alpha.interval
        if isinstance(interval, Interval):
            if interval.low == 0.0:
                interval = Absent("alpha's interval reaches 0, where it is infinite")
            else:
                interval = interval.model_copy(update={"low": 1 + 1 / interval.high, "high": 1 + 1 / interval.low})
        return DESCRIBED.metric(
            "density_exponent",
            1 + 1 / alpha.estimate,
            self._sample.n_features,
            interval=interval,
            nulls=Absent("infinite without structure; alpha is judged instead"),
        )

    def _mean_norm(self) -> Metric:
        n, d, estimate = self._sample.n_features, self._spectrum.d_in, self._spectrum.mean_norm
        measure = Measure(lambda spectrum: spectrum.mean_norm, 0, "greater")
        law = stats.chi(d, scale=1 / np.sqrt(n * d))
        null = NullComparison(
            model=UNIFORM_MEAN,
            mean=float(law.mean()),
            standard_deviation=float(law.std()),
            z=float((estimate - law.mean()) / law.std()),
            pvalue=float(law.sf(estimate)),
            alternative="greater",
        )
        interval = self._interval("mean_norm", measure)
        return DESCRIBED.metric("mean_norm", estimate, n, interval=interval, nulls=(null,))


def _within_range(name: str, resampled: Resampled) -> Interval:
    """The interval, without what lies where the metric cannot."""
    interval, (least, most) = resampled.interval(), RANGES.get(name, (0, INFINITE))
    return interval.model_copy(update={"low": max(interval.low, least), "high": min(interval.high, most)})
