"""How many Gaussian rows would be as noisy a sample as these: what the laws for Gaussian samples are to be asked with.

Sampling noise in a covariance comes from the fourth powers of the lengths of rows. Dictionaries depart from Gaussian rows in both
directions: rows of one length carry less noise, rows of unlike lengths more. Neither is large (unit rows in d dimensions
count 1 + 2/d times), but the nulls of statistics of a whole spectrum are that narrow: counted as Gaussian, uniform
directions would lie one standard deviation off in participation ratio.
"""

import numpy as np
from numpy.typing import NDArray


def effective_rows(squared_lengths: NDArray[np.float64], participation_ratio: float) -> float:
    """Degrees of freedom of the Gaussian sample whose second spectral moment has the same excess in expectation.

    With lengths r, E tr S^2 - tr C^2 = (E r^4 - tr C^2) / N; Gaussian rows have E r^4 = (tr C)^2 (1 + 2 / PR). So N rows count
    as N (1 + 2 / PR) (E r^2)^2 / E r^4, and taking the mean off costs one. Never less than one.

    Args:
        squared_lengths: shape (N,), of the rows about their mean, not all zero.
        participation_ratio: PR of the covariance: d for a structureless null with the same lengths.
    """
    relative = squared_lengths / squared_lengths.mean()
    return max(1.0, len(relative) / float(np.mean(relative**2)) * (1.0 + 2.0 / participation_ratio) - 1.0)
