"""What a whole spectrum says about how many dimensions a cloud fills. All are free of scale.

Each takes the eigenvalues of a covariance, shape (d,), not all of them zero.
"""

import numpy as np

from saegeo_core.numerics.arrays import Floats


def participation_ratio(eigenvalues: Floats) -> float:
    """(sum l)^2 / sum l^2: between 1 and d, which is isotropy."""
    shares = eigenvalues / eigenvalues.sum()
    return float(1.0 / (shares @ shares))


def effective_rank(eigenvalues: Floats) -> float:
    """Exponential of the entropy of the shares of variance (Roy and Vetterli 2007): between 1 and d, which is isotropy."""
    shares = eigenvalues[eigenvalues > 0.0] / eigenvalues.sum()
    return float(np.exp(-(shares @ np.log(shares))))


def relative_log_volume(eigenvalues: Floats) -> float:
    """Mean of ln(l / mean l), no eigenvalue being zero: never above 0, which is isotropy."""
    return float(np.mean(np.log(eigenvalues / eigenvalues.mean())))
