"""What a whole spectrum says about how many dimensions a cloud fills. All are free of scale.

Each takes the eigenvalues of a covariance, shape (d,), not all of them zero; beside each its derivative by every
eigenvalue, shape (d,), 0 by those that are zero.
"""

import numpy as np

from saegeo_core.numerics.arrays import Floats


def participation_ratio(eigenvalues: Floats) -> float:
    """(sum l)^2 / sum l^2: between 1 and d, which is isotropy."""
    shares = eigenvalues / eigenvalues.sum()
    return float(1.0 / (shares @ shares))


def participation_ratio_slopes(eigenvalues: Floats) -> Floats:
    """2 (PR / sum l) (1 - PR l / sum l)."""
    shares = eigenvalues / eigenvalues.sum()
    ratio = 1.0 / (shares @ shares)
    return np.where(eigenvalues > 0.0, 2.0 * ratio / eigenvalues.sum() * (1.0 - ratio * shares), 0.0)


def effective_rank(eigenvalues: Floats) -> float:
    """Exponential of the entropy of the shares of variance (Roy and Vetterli 2007): between 1 and d, which is isotropy."""
    shares = eigenvalues[eigenvalues > 0.0] / eigenvalues.sum()
    return float(np.exp(-(shares @ np.log(shares))))


def effective_rank_slopes(eigenvalues: Floats) -> Floats:
    """-(rank / sum l) (ln p + H), p the share of the eigenvalue and H the entropy of all."""
    shares = eigenvalues / eigenvalues.sum()
    logarithms = np.log(np.where(shares > 0.0, shares, 1.0))
    entropy = -(shares @ logarithms)
    return np.where(shares > 0.0, -np.exp(entropy) / eigenvalues.sum() * (logarithms + entropy), 0.0)


def relative_log_volume(eigenvalues: Floats) -> float:
    """Mean of ln(l / mean l), no eigenvalue being zero: never above 0, which is isotropy."""
    return float(np.mean(np.log(eigenvalues / eigenvalues.mean())))


def relative_log_volume_slopes(eigenvalues: Floats) -> Floats:
    """(1 / d) (1 / l - 1 / mean l)."""
    slopes: Floats = (1.0 / eigenvalues - 1.0 / eigenvalues.mean()) / len(eigenvalues)
    return slopes
