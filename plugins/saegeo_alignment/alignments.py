"""The cosine of each row of one matrix with the same row of another, and what is made of all of them."""

import numpy as np
import torch

from saegeo_core.numerics.arrays import Floats

UNRELATED_ONCE_IN = 2.3263479
"""Standard deviations above the mean that a normal number reaches with probability .01."""
FINEST = 1e-12


def own_cosines(encoder: torch.Tensor, decoder: torch.Tensor) -> Floats:
    """The cosine between each of the `unit_rows` of two matrices, (n, d): float64 (n,), in [-1, 1]."""
    cosines: Floats = (encoder * decoder).sum(1).clamp(-1, 1).numpy(force=True)
    return cosines


def unrelated_threshold(encoder: torch.Tensor, decoder: torch.Tensor, own: Floats) -> float:
    """The cosine that an encoder and the decoder of another feature exceed with probability .01, if such cosines were normal.

    Their mean and variance over all n (n - 1) pairs are exact: sums over pairs are products of sums, and those of squares are inner
    products of second moments.

    Args:
        encoder, decoder: `unit_rows`, (n, d).
        own: the cosines of the rows with each other, (n,), which are left out.
    """
    n = len(own)
    n_pairs = n * (n - 1)
    mean = (float(encoder.sum(0) @ decoder.sum(0)) - own.sum()) / n_pairs
    square = (float(((encoder.T @ encoder) * (decoder.T @ decoder)).sum()) - (own**2).sum()) / n_pairs
    return float(mean + UNRELATED_ONCE_IN * np.sqrt(max(square - mean**2, 0.0)))


def two_groups_gain(cosines: Floats) -> float | None:
    """(BIC of one normal law - BIC of two) / 2n of Fisher's z of cosines (n,), in nats; None where they are all alike.

    Schwarz's criterion (1978); positive where two groups describe them better. Begun at the quartiles, so that no chance is in it.
    """
    from sklearn.mixture import GaussianMixture

    z = np.arctanh(np.clip(cosines, FINEST - 1, 1 - FINEST))[:, None]
    quartiles = np.quantile(z, (0.25, 0.75))[:, None]
    if not quartiles[0, 0] < quartiles[1, 0]:
        return None
    begun = {
        "weights_init": [0.5, 0.5],
        "means_init": quartiles,
        "precisions_init": np.full((2, 1, 1), 4 / z.var()),
    }
    one = GaussianMixture(1, random_state=0).fit(z).bic(z)
    two = GaussianMixture(2, random_state=0, max_iter=1000, tol=1e-5, **begun).fit(z).bic(z)
    return float((one - two) / (2 * len(z)))
