"""What is read off a spectrum: one table of every number, what it needs, how well it is known and which nulls judge it.

The same functions serve the cloud and the draws of its nulls, so nothing but the spectrum may differ between them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from saegeo_core import Absent
from saegeo_core.measuring.resampled import spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.laws import FrozenDistribution
from saegeo_core.statistics.marchenko_pastur import edges
from saegeo_power_law.fitted_laws import (
    RankWindow,
    decades,
    decades_slopes,
    exponent_slopes,
    fitted_exponent,
    power_law_gain,
)
from saegeo_power_law.shape import (
    effective_rank,
    effective_rank_slopes,
    participation_ratio,
    participation_ratio_slopes,
    relative_log_volume,
    relative_log_volume_slopes,
)
from saegeo_power_law.size_correction import STEEPEST, size_correction
from saegeo_power_law.spectrum import SampleSpectrum, Slopes, Spectrum

STRUCTURELESS = (
    "independent directions, uniform, with the cloud's lengths (expected spectrum, noise of Wishart spectra)"
)
EXACT_POWER_LAW = "directions of Gaussian rows with variances rank^-alpha at every rank, with the cloud's lengths"
NO_MEAN = "independent rows about zero with the cloud's covariance (chi-squared law)"

NullSides = Mapping[str, Alternative | None]
"""Null models that judge a number, the judging one first, and the side of each that counts, where it is not the one declared."""

BY_ISOTROPY: NullSides = {STRUCTURELESS: None}
BY_POWER_LAW: NullSides = {EXACT_POWER_LAW: None}
BY_BOTH: NullSides = {STRUCTURELESS: None, EXACT_POWER_LAW: "two-sided"}


@dataclass(frozen=True)
class Measure:
    """One number of a spectrum.

    Attributes:
        of: the number.
        needs_rank: eigenvalues above zero without which it is not defined.
        nulls: the models whose drawn spectra it is compared with.
        law: its law for n features in the null that judges it, where that is known in closed form.
        corrects_size: whether as many Gaussian rows would have to have these eigenvalues too.
        undefined: why it is not defined though there are eigenvalues enough; "" where it is.
        slopes: its derivatives, where its interval follows from what each row adds.
        carried: its uncertainty, where that is carried over from another number's, which is given.
        addition: what its description says of this cloud.
    """

    of: Callable[[Spectrum], float]
    needs_rank: int
    nulls: NullSides = field(default_factory=dict)
    law: Callable[[Spectrum, int], FrozenDistribution] | None = None
    corrects_size: bool = False
    undefined: Callable[[Spectrum], str] = lambda _: ""
    slopes: Callable[[Spectrum], Slopes] | None = None
    carried: Callable[[SampleSpectrum, Mapping[str, Spread | Absent]], Spread | Absent] | None = None
    addition: str = ""

    def rank_in(self, spectrum: Spectrum) -> int:
        """How many eigenvalues of the spectrum it can use."""
        return spectrum.usable_rank if self.corrects_size else spectrum.rank

    def absent_from(self, spectrum: Spectrum, n_features: int) -> str:
        """Why a cloud of so many features has no such number; "" where it has one."""
        if self.needs_rank and not spectrum.rank:
            return "all rows are equal, so no direction has any variance"
        if self.rank_in(spectrum) >= self.needs_rank:
            return self.undefined(spectrum)
        if spectrum.rank < self.needs_rank:
            has = f"{n_features} features in {spectrum.d_in} dimensions have {spectrum.rank}"
        else:
            has = f"features of such unlike lengths are as noisy a sample as {spectrum.n_rows:.0f} Gaussian rows"
        way = "; power-law.last_rank ends the window earlier" if self.needs_rank > spectrum.rank > 1 else ""
        return f"it needs {self.needs_rank} eigenvalues above zero, and {has}{way}"


def spreads(measures: Mapping[str, Measure], sample: SampleSpectrum, kin: Integers) -> dict[str, Spread | Absent]:
    """How well each number would be known in another dictionary of such kin, int64 (n_features,), or why that is not told."""
    slopes = {name: measure.slopes(sample.full) for name, measure in measures.items() if measure.slopes is not None}
    added = sample.added_by_rows(list(slopes.values()))
    known = {
        name: spread_by_kin(measures[name].of(sample.full), added[:, place], kin) for place, name in enumerate(slopes)
    }
    for name, measure in measures.items():
        if measure.carried is not None:
            known[name] = measure.carried(sample, known)
    return known


class Measures:
    """The measures of clouds in d dimensions over a window of ranks, with the other windows it is compared with."""

    def __init__(self, d: int, windows: Sequence[RankWindow], structureless: Floats | None = None) -> None:
        """`windows` starts with the one all numbers but the spread are of.

        `structureless` are the eigenvalues expected without structure, as many as are above zero; what they read is told.
        """
        self.windows, self.window = tuple(windows), windows[0]
        self._d = d
        window, last, furthest = self.window, self.window.last, max(window.last for window in self.windows)
        over = f" Over ranks {window}"
        self.by_name = {
            "alpha": Measure(
                self.alpha,
                last,
                BY_ISOTROPY,
                corrects_size=True,
                undefined=self._too_steep,
                carried=self._carried_from_raw,
                addition=f"{over}.",
            ),
            "alpha_raw": Measure(
                self.alpha_raw,
                last,
                BY_ISOTROPY,
                slopes=lambda s: Slopes(exponent_slopes(s.eigenvalues, window)),
                addition=over + self._expectation(structureless) + ".",
            ),
            "alpha_window_spread": Measure(
                self._window_spread,
                furthest,
                BY_POWER_LAW,
                corrects_size=True,
                undefined=self._no_window_spread,
                slopes=self._window_spread_slopes,
                addition=f" Windows: ranks {', '.join(map(str, self.windows))}.",
            ),
            "eigenvalue_decades": Measure(
                lambda s: decades(s.eigenvalues, window),
                last,
                BY_ISOTROPY,
                slopes=lambda s: Slopes(decades_slopes(s.eigenvalues, window)),
                addition=f"{over}.",
            ),
            "power_law_gain": Measure(
                lambda s: power_law_gain(s.eigenvalues, window), last, BY_POWER_LAW, addition=f"{over}."
            ),
            "density_exponent": Measure(
                lambda s: 1 + 1 / self.alpha(s),
                last,
                corrects_size=True,
                undefined=self._no_density,
                carried=self._carried_from_alpha,
            ),
            "participation_ratio": _of_shape(participation_ratio, participation_ratio_slopes, 1),
            "effective_rank": _of_shape(effective_rank, effective_rank_slopes, 1),
            "relative_log_volume": _of_shape(relative_log_volume, relative_log_volume_slopes, d),
            "outlier_eigenvalues": Measure(outliers, 1, BY_BOTH),
            "mean_norm": Measure(
                lambda s: s.mean_norm, 0, law=mean_norm_law, slopes=lambda s: Slopes(np.zeros(s.d_in), 1.0)
            ),
        }

    def alpha_raw(self, spectrum: Spectrum) -> float:
        """The exponent in the main window, as read."""
        return fitted_exponent(spectrum.eigenvalues, self.window)

    def alpha(self, spectrum: Spectrum, window: RankWindow | None = None) -> float:
        """The exponent in a window, the main one by default, corrected for the size of the sample that it is read from."""
        window = window or self.window
        return self.corrected(fitted_exponent(spectrum.eigenvalues, window), spectrum.n_rows, window)

    def corrected(self, read: float, n_rows: float, window: RankWindow | None = None) -> float:
        """The exponent that is expected to read so from that many rows."""
        return size_correction(n_rows, self._d, self.windows).corrected(read, window or self.window)

    def _window_spread(self, spectrum: Spectrum) -> float:
        alphas = [self.alpha(spectrum, window) for window in self.windows]
        return max(alphas) - min(alphas)

    def _window_spread_slopes(self, spectrum: Spectrum) -> Slopes:
        def of_alpha(window: RankWindow) -> Floats:
            read = fitted_exponent(spectrum.eigenvalues, window)
            correction = size_correction(spectrum.n_rows, self._d, self.windows)
            return correction.corrected_slope(read, window) * exponent_slopes(spectrum.eigenvalues, window)

        in_order = sorted(self.windows, key=lambda window: self.alpha(spectrum, window))
        return Slopes(of_alpha(in_order[-1]) - of_alpha(in_order[0]))

    def _expectation(self, structureless: Floats | None) -> str:
        if structureless is None or len(structureless) < self.window.last:
            return ""
        return f"; {fitted_exponent(structureless, self.window):.4f} is expected without structure"

    # Why a number is not defined

    def _too_steep(self, spectrum: Spectrum) -> str:
        is_steep = self.alpha(spectrum) >= STEEPEST
        return f"the window falls more steeply than rank^-{STEEPEST}: no size corrects for that" if is_steep else ""

    def _no_window_spread(self, spectrum: Spectrum) -> str:
        if len(self.windows) == 1:
            return f"no other window about ranks {self.window} has all its eigenvalues above zero"
        return self._too_steep(spectrum)

    def _no_density(self, spectrum: Spectrum) -> str:
        return "alpha is 0, where it is infinite" if self.alpha(spectrum) == 0.0 else self._too_steep(spectrum)

    # Intervals that are carried over from another number's

    def _carried_from_raw(self, sample: SampleSpectrum, known: Mapping[str, Spread | Absent]) -> Spread | Absent:
        """The ends of the raw exponent's interval, corrected as the estimate is.

        The correction is steep near 0, where many values are corrected to 0 itself; ends carried through it cover as well as
        those of the raw exponent.
        """
        raw = known["alpha_raw"]
        if isinstance(raw, Absent):
            return raw
        low, high = (self.corrected(end, sample.full.n_rows) for end in raw.resampled.confidence_interval)
        per_raw = (high - low) / float(np.diff(raw.resampled.confidence_interval)[0])
        return raw._replace(
            resampled=replace(
                raw.resampled,
                estimate=self.alpha(sample.full),
                standard_error=per_raw * raw.resampled.standard_error,
                confidence_interval=(low, high),
                method=f"{raw.resampled.method}, then corrected",
            )
        )

    def _carried_from_alpha(self, sample: SampleSpectrum, known: Mapping[str, Spread | Absent]) -> Spread | Absent:
        """The ends of alpha's interval, turned into density exponents; the standard error by the delta method."""
        alpha = self._carried_from_raw(sample, known)
        if isinstance(alpha, Absent):
            return alpha
        low, high = alpha.resampled.confidence_interval
        if low == 0.0:
            return Absent("alpha's interval reaches 0, where it is infinite")
        estimate = alpha.resampled.estimate
        return alpha._replace(
            resampled=replace(
                alpha.resampled,
                estimate=1 + 1 / estimate,
                standard_error=alpha.resampled.standard_error / estimate**2,
                confidence_interval=(1 + 1 / high, 1 + 1 / low),
            )
        )


def _of_shape(of: Callable[[Floats], float], slopes: Callable[[Floats], Floats], needs_rank: int) -> Measure:
    """A number of the whole spectrum."""
    return Measure(lambda s: of(s.eigenvalues), needs_rank, BY_BOTH, slopes=lambda s: Slopes(slopes(s.eigenvalues)))


def outliers(spectrum: Spectrum) -> float:
    """Eigenvalues above the upper edge for a structureless cloud of that size and total variance."""
    _, edge = edges(spectrum.n_rows, spectrum.d_in)
    return float(np.count_nonzero(spectrum.eigenvalues > edge * spectrum.eigenvalues.mean()))


def mean_norm_law(spectrum: Spectrum, n_features: int) -> FrozenDistribution:
    """The law of the mean's length over that of the rows, both root mean square, where the population's mean is zero.

    N |mean|^2 is a sum of squares of normal numbers with the population's variances, and so nearly chi-squared with
    (tr C)^2 / tr C^2 degrees of freedom, d at most: fewer where few axes have most of the variance.
    """
    degrees = float(spectrum.d_in)
    if spectrum.rank:
        noise = 1.0 / spectrum.n_rows
        concentration = (1.0 / participation_ratio(spectrum.eigenvalues) - noise) / (1.0 + noise)
        degrees = min(degrees, 1.0 / max(concentration, 1.0 / degrees))
    law: FrozenDistribution = stats.chi(degrees, scale=1.0 / np.sqrt(n_features * degrees))
    return law
