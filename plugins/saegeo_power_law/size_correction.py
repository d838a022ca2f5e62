"""What N rows make of a spectrum, and back: the sample spectrum to expect, and alpha corrected for the size of the sample.

N rows spread every population variance t_i over a range of sample eigenvalues. In the deterministic equivalent (Silverstein
1995) the N x N Gram matrix has the resolvent trace m(z) with z = -1/m + (1/N) sum t_i / (1 + t_i m). With w = -1/m this is

    z = w + (w / N) sum t_i / (w - t_i),

and on the real axis, w = a + ib with b > 0, the imaginary part vanishes where (1/N) sum t_i^2 / ((a - t_i)^2 + b^2) = 1. That
sum falls in b, so every a has one b (0 where the sum never reaches 1: a gap in the spectrum), and sweeping a sweeps the
sample eigenvalues x = Re z in order. How many of them lie above x needs no integral either: the logarithmic potential of
the Gram matrix is -N z m - N log m + sum log(1 + t_i m), and its imaginary part counts,

    pi n(x) = (N - d) arg w + sum arg(w - t_i) - N x b / |w|^2.

Finite N so bends a power law: at d = 2,304 a population exponent of .25 reads .235 from 65,536 rows, .203 from 16,384 and .165
from 5,000; and no structure at all reads .028, .051 and .082. `SizeCorrection` computes the expected sample spectrum for
exponents from 0 up, fits every window to it, and traces what was read back to the exponent that reads so.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_power_law.fitted_laws import RankWindow, fitted_exponent

NEWTON_STEPS = 60
BISECTIONS = 60
TOLERANCE = 1e-10
"""Relative step at which Newton's method has arrived."""

SAME_PLACE = 1e-8
"""Relative width at which a bisection has."""

NODES_IN_FACTOR_E, NODES_IN_ALL = 6, 17
"""Ranks whose eigenvalues are computed one by one, evenly spread over the logarithm of rank and over rank; the logarithm of
the eigenvalue is interpolated between them."""

GROUPS_IN_FACTOR_E = 50
"""Groups of variances beyond those ranks: each within 2 % of its mean for a power law of exponent 1."""

EXPONENTS = (0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.5, 2.5, 4, 6)
"""Population exponents whose expected sample spectra are computed; between them what is read is interpolated."""

STEEPEST = EXPONENTS[-1]


def power_law_variances(d: int, exponent: float) -> Floats:
    """rank^-exponent, shape (d,), with mean 1."""
    unscaled = np.arange(1, d + 1) ** -float(exponent)
    variances: Floats = unscaled / unscaled.mean()
    return variances


class SizeCorrection:
    """The correction for samples of one size, for several windows."""

    def __init__(self, n_rows: float, d: int, windows: Sequence[RankWindow]) -> None:
        """`n_rows` counts as in `expected_eigenvalues`; no window may end beyond min(n_rows, d)."""
        last = max(window.last for window in windows)
        curves: dict[float, Floats] = {}

        def add_curve(exponent: float) -> None:
            curves[exponent] = expected_curve(power_law_variances(d, exponent), n_rows, last)

        side_by_side(add_curve, EXPONENTS, "cpu")
        self._read = {
            window: CubicSpline(EXPONENTS, [fitted_exponent(curves[one], window) for one in EXPONENTS])
            for window in windows
        }

    def expected(self, exponent: float, window: RankWindow) -> float:
        """What a power law of this exponent, 0 to 6, is expected to read."""
        return float(self._read[window](exponent))

    def corrected_slope(self, read: float, window: RankWindow) -> float:
        """Derivative of `corrected` by what is read; 0 where it is held at 0 or 6."""
        exponent = self.corrected(read, window)
        return 1.0 / float(self._read[window](exponent, 1)) if 0.0 < exponent < STEEPEST else 0.0

    def corrected(self, read: float, window: RankWindow) -> float:
        """The exponent that is expected to read so; 0 for what is flatter than no structure, 6 for what is steeper than 6."""
        if read <= self.expected(0, window):
            return 0.0
        roots = self._read[window].solve(read, extrapolate=False)
        return float(roots.max()) if len(roots) else float(STEEPEST)


@lru_cache(maxsize=128)
def size_correction(n_rows: float, d: int, windows: tuple[RankWindow, ...]) -> SizeCorrection:
    """The correction, computed once: it takes longer than the spectrum of a small cloud."""
    return SizeCorrection(n_rows, d, windows)


def expected_eigenvalues(
    population: ArrayLike, n_rows: float, ranks: ArrayLike, counts: ArrayLike | None = None
) -> Floats:
    """The sample eigenvalues expected at some ranks: those with rank - 1/2 others above them.

    Args:
        population: shape (n_variances,), different population variances, positive, in any order.
        n_rows: rows N of the sample, more or fewer than d; of a centered sample, one less than there are.
        ranks: shape (n_ranks,), from 1 to min(N, d).
        counts: shape (n_variances,), along how many of the d axes each is the variance; along one each by default.

    Returns:
        Shape (n_ranks,), on the scale of the population: their total expectation is its trace.

    Raises:
        ValueError: a rank beyond min(N, d), where every eigenvalue is zero.
    """
    given = np.asarray(population, np.float64)
    order = np.argsort(given)[::-1]
    variances, times = given[order], (np.ones_like(given) if counts is None else np.asarray(counts, np.float64)[order])
    wanted, d = np.asarray(ranks, np.float64), times.sum()
    if wanted.max() > min(n_rows, d):
        raise ValueError(f"{n_rows} rows in {d:g} dimensions have no eigenvalue of rank {wanted.max():g}")
    aspect = np.sqrt(d / n_rows)
    below = np.full(len(wanted), variances[0] * min(0.0, 1.0 - aspect))
    above = np.full(len(wanted), variances[0] * (1.0 + aspect))
    for _ in range(BISECTIONS):
        middle = (below + above) / 2.0
        height = _height(middle, variances, times, n_rows)
        too_many = _count_above(middle, height, variances, times, n_rows) > wanted - 0.5
        below, above = np.where(too_many, middle, below), np.where(too_many, above, middle)
        if (above - below <= SAME_PLACE * np.abs(middle)).all():
            break
    middle = (below + above) / 2.0
    return _sample_eigenvalue(middle, _height(middle, variances, times, n_rows), variances, times, n_rows)


def expected_curve(population: ArrayLike, n_rows: float, last_rank: int) -> Floats:
    """The same at all ranks 1 ... last_rank, interpolated on log-log axes between some of them.

    Args:
        population: shape (d,), positive, descending; smooth beyond last_rank, where variances are taken together in groups.
        n_rows, last_rank: as above.
    """
    n_nodes = 1 + int(np.ceil(NODES_IN_FACTOR_E * np.log(last_rank)))
    spread = np.geomspace(1, last_rank, n_nodes), np.linspace(1, last_rank, NODES_IN_ALL)
    nodes = np.unique(np.concatenate(spread).round())
    variances, counts = _grouped_beyond(last_rank, population)
    logarithms = np.log(expected_eigenvalues(variances, n_rows, nodes, counts))
    if len(nodes) >= 4:
        logarithms = CubicSpline(np.log(nodes), logarithms)(np.log(np.arange(1, last_rank + 1)))
    curve: Floats = np.exp(logarithms)
    return curve


def _grouped_beyond(last_rank: int, population: ArrayLike) -> tuple[Floats, Floats]:
    """The first variances one by one, the means of groups of the others, and how many each stands for."""
    variances = np.asarray(population, np.float64)
    d = len(variances)
    n_groups = 1 + int(np.ceil(GROUPS_IN_FACTOR_E * np.log(d / last_rank)))
    further = np.geomspace(last_rank, d, n_groups, endpoint=False).round().astype(np.int64)
    starts = np.unique(np.concatenate([np.arange(last_rank), further]))
    starts = starts[starts < d]
    counts = np.diff(starts, append=d).astype(np.float64)
    return np.add.reduceat(variances, starts) / counts, counts


def _height(a: Floats, variances: Floats, times: Floats, n_rows: float) -> Floats:
    """b^2, shape (n_ranks,), for every a: the root s of (1/N) sum t_i^2 / ((a - t_i)^2 + s) = 1, 0 where the sum stays below 1.

    The reciprocal of the sum is concave in s, so Newton's method from below never passes the root. The nearest single
    variance gives the start, and keeps the sum finite there.
    """
    squares, distances = times * variances**2 / n_rows, (a[:, None] - variances) ** 2
    height: Floats = np.maximum(0.0, (squares - distances).max(1))
    for _ in range(NEWTON_STEPS):
        shares = squares / (distances + height[:, None])
        total = shares.sum(1)
        slope = (shares / (distances + height[:, None])).sum(1)
        step = np.where(total > 1.0, total * (total - 1.0) / slope, 0.0)
        height = height + step
        if (step <= TOLERANCE * height).all():
            break
    return height


def _count_above(a: Floats, height: Floats, variances: Floats, times: Floats, n_rows: float) -> Floats:
    """Sample eigenvalues above x = Re z, shape (n_ranks,)."""
    b = np.sqrt(height)
    angles = np.arctan2(b[:, None], a[:, None] - variances) @ times + (n_rows - times.sum()) * np.arctan2(b, a)
    x = _sample_eigenvalue(a, height, variances, times, n_rows)
    # Where b is 0 so is the last term, whatever a is: the origin is the only place where |w| could vanish.
    count: Floats = (angles - n_rows * x * b / np.maximum(a**2 + height, np.finfo(float).tiny)) / np.pi
    return count


def _sample_eigenvalue(a: Floats, height: Floats, variances: Floats, times: Floats, n_rows: float) -> Floats:
    """Re z at w = a + ib."""
    w = (a + 1j * np.sqrt(height))[:, None]
    x: Floats = (w[:, 0] * (1.0 + (variances / (w - variances)) @ times / n_rows)).real
    return x
