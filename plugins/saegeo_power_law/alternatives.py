"""Other laws that fall as a power law does over a short window, and how well each foretells ranks it was not fitted to.

Every law is linear in its parameters for the logarithm of the eigenvalue, so each is one least-squares fit:

    power law          a + b ln k
    exponential        a + b k
    lognormal          a + b q(k), q the normal quantile of 1 - (k - 1/2)/d: the variances are those of a lognormal law
    broken power law   a + b ln k + c max(0, ln(k / break)), at the break that fits best
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from saegeo_power_law.exponent import Window

Floats = NDArray[np.float64]

POWER_LAW = "power_law"
BLOCKS = 5
BREAKS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Where the broken power law may break, as shares of the window on a logarithmic axis."""


def designs(window: Window, d: int) -> dict[str, list[Floats]]:
    """For each law its design matrix, shape (n_ranks, n_parameters); one for every break of the broken power law."""
    ranks = window.ranks.astype(float)
    logarithm, one = np.log(ranks), np.ones(len(ranks))
    breaks = [logarithm[0] + share * (logarithm[-1] - logarithm[0]) for share in BREAKS]
    return {
        POWER_LAW: [np.stack([one, logarithm], 1)],
        "exponential": [np.stack([one, ranks], 1)],
        "lognormal": [np.stack([one, ndtri(1.0 - (ranks - 0.5) / d)], 1)],
        "broken_power_law": [np.stack([one, logarithm, np.maximum(0.0, logarithm - at)], 1) for at in breaks],
    }


def fitted_curves(eigenvalues: Floats, window: Window) -> dict[str, Floats]:
    """Each law fitted to the whole window, shape (n_ranks,)."""
    target = np.log(window.of(eigenvalues))
    everywhere = np.ones(len(target), bool)
    return {
        name: np.exp(_predicted(candidates, target, everywhere))
        for name, candidates in designs(window, len(eigenvalues)).items()
    }


def held_out_errors(eigenvalues: Floats, window: Window) -> dict[str, float]:
    """Root mean square error of each law's ln eigenvalue in blocks of ranks that were left out of its fit.

    The window is cut into five runs of ranks, equally long on the logarithmic axis, each left out in turn. Single ranks
    would be foretold by their neighbors whatever the law, for eigenvalues are sorted.
    """
    position = np.log(window.ranks / window.first) / np.log((window.last + 1) / window.first)
    block = (BLOCKS * position).astype(int)
    truth = np.log(window.of(eigenvalues))
    errors = {}
    for name, candidates in designs(window, len(eigenvalues)).items():
        squares = 0.0
        for number in np.unique(block):
            out = block == number
            squares += float(((_predicted(candidates, truth, ~out) - truth)[out] ** 2).sum())
        errors[name] = float(np.sqrt(squares / len(truth)))
    return errors


def power_law_gain(eigenvalues: Floats, window: Window) -> float:
    """Held-out error of the best alternative, less the power law's: above 0 where the power law foretells best."""
    errors = held_out_errors(eigenvalues, window)
    return min(error for name, error in errors.items() if name != POWER_LAW) - errors[POWER_LAW]


def _predicted(candidates: list[Floats], target: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """Ln eigenvalue at every rank of the window, by the candidate that fits best where `fitted`."""
    predictions = [columns @ np.linalg.lstsq(columns[fitted], target[fitted], rcond=None)[0] for columns in candidates]
    return min(predictions, key=lambda predicted: float(((predicted - target)[fitted] ** 2).sum()))
