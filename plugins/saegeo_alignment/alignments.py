"""The cosine of each row of one matrix with the same row of another, and what is made of all of them."""

from typing import NamedTuple

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


class PairSums(NamedTuple):
    """What the cosines of encoders with the decoders of other features add up to, made of sums over features.

    Sums over pairs are products of sums, and those of squares are inner products of second moments, so that mean and variance over
    all n (n - 1) pairs are exact.

    Attributes:
        n: features.
        own, own_square: sums of the cosines of encoders with their own decoders, which are no such pairs, and of their squares.
        encoder, decoder: sums of unit rows, (d,).
        encoder_moment, decoder_moment: sums of their outer products, (d, d).
    """

    n: int
    own: float
    own_square: float
    encoder: torch.Tensor
    decoder: torch.Tensor
    encoder_moment: torch.Tensor
    decoder_moment: torch.Tensor

    @classmethod
    def of(cls, encoder: torch.Tensor, decoder: torch.Tensor, own: Floats) -> "PairSums":
        """Of `unit_rows`, (n, d), and the cosines of those of one feature, (n,)."""
        own_sums = float(own.sum()), float((own**2).sum())
        return cls(len(own), *own_sums, encoder.sum(0), decoder.sum(0), encoder.T @ encoder, decoder.T @ decoder)

    def without(self, some: "PairSums") -> "PairSums":
        """Those of the features that are left where these are left out."""
        return PairSums(
            self.n - some.n,
            self.own - some.own,
            self.own_square - some.own_square,
            self.encoder - some.encoder,
            self.decoder - some.decoder,
            self.encoder_moment - some.encoder_moment,
            self.decoder_moment - some.decoder_moment,
        )

    @property
    def unrelated_threshold(self) -> float:
        """The cosine that an encoder and another decoder exceed with probability .01, if such cosines were normal."""
        n_pairs = self.n * (self.n - 1)
        mean = (float(self.encoder @ self.decoder) - self.own) / n_pairs
        square = (float((self.encoder_moment * self.decoder_moment).sum()) - self.own_square) / n_pairs
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
