"""p-values of many tests, corrected for their number. scipy.stats has the first, and takes most of a second to import."""

import numpy as np

from saegeo_core.numerics.arrays import Floats


def benjamini_hochberg(pvalues: Floats) -> Floats:
    """p-values corrected for the share of false rejections among all (Benjamini and Hochberg, 1995), shape (n,) as given."""
    order = np.argsort(pvalues)
    n = len(pvalues)
    corrected = np.minimum.accumulate((pvalues[order] * (n / np.arange(1, n + 1)))[::-1])[::-1]
    return _put_back(np.minimum(corrected, 1.0), order)


def holm(pvalues: Floats) -> Floats:
    """p-values corrected for the chance of any false rejection (Holm, 1979), shape (n,) as given."""
    order = np.argsort(pvalues)
    corrected = np.maximum.accumulate(pvalues[order] * np.arange(len(pvalues), 0, -1))
    return _put_back(np.minimum(corrected, 1.0), order)


def _put_back(ordered: Floats, order: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> Floats:
    back: Floats = np.empty(len(order))
    back[order] = ordered
    return back
