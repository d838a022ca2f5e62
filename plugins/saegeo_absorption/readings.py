"""What each encoder reads along the decoders of kin, beyond what its own decoder explains.

An encoder of unit length is e_p = a_p d_p + r_p, with its decoder's direction d_p and a residual at right angles to it. Along the
decoder of a feature c of its kin it reads

    <e_p, d_c> = a_p cos(d_p, d_c) + <r_p, d_c>,

of which the first part is what the alignment alone gives. Where c has absorbed p, its decoder contains the direction of p, and p
does not fire beside it: <r_p, d_c> is below zero.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.statistics.projected_moments import projected_moments
from saegeo_core.statistics.reflected_directions import ReflectedDirections

PAIRS_AT_ONCE = 4096
LOWEST = -1.6448536
"""Standard deviations below the mean that a normal number stays under with probability .05."""


class KinPairs(NamedTuple):
    """Ordered pairs of kin: each unordered one twice.

    Attributes:
        parent: whose encoder reads, int64 (n_pairs,).
        child: whose decoder is read, int64 (n_pairs,).
        cosine: of their decoders, float64 (n_pairs,).
    """

    parent: Integers
    child: Integers
    cosine: Floats


class Residuals:
    """Residuals of encoders, ready to be reflected along their principal axes, in coordinates along these.

    Args:
        encoder, decoder: unit rows, (n, d_in) each.
        kin: of each feature, int64 (n,).
    """

    def __init__(self, encoder: Tensor, decoder: Tensor, kin: Integers) -> None:
        own = (encoder * decoder).sum(1, keepdim=True)
        residuals = encoder - own * decoder
        lengths = torch.linalg.vector_norm(residuals, dim=1, keepdim=True)
        self.alignment = own[:, 0].double().numpy(force=True)
        self.reflected = ReflectedDirections.of(residuals / lengths, kin)
        self._decoder = decoder @ self.reflected.axes
        self._lengths = lengths

    def readings(self, pairs: KinPairs, signs: Tensor | None = None) -> Floats:
        """<r_p, d_c> of every pair, float64 (n_pairs,): as the residuals are, or reflected.

        A reflected residual is put at right angles to its decoder again, and gets back its length.

        Args:
            pairs: of kin.
            signs: of the reflection, (d_in,).
        """
        parents, place = np.unique(pairs.parent, return_inverse=True)
        decoder, own = self._decoder[parents], replace(self.reflected, beside_mean=self.reflected.beside_mean[parents])
        rows = own.reflected(torch.ones(decoder.shape[1]) if signs is None else signs)
        if signs is not None:
            rows = rows - (rows * decoder).sum(1, keepdim=True) * decoder
            rows = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        rows = rows * self._lengths[parents]
        found = np.empty(len(pairs.parent))
        for some in row_slices(len(found), PAIRS_AT_ONCE):
            parent, child = (torch.from_numpy(one[some]) for one in (place, pairs.child))
            found[some] = (rows[parent] * self._decoder[child]).sum(1).double().numpy(force=True)
        return found

    def law(self, pairs: KinPairs) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each reading, float64 (n_pairs,), were residuals drawn with their covariance.

        With y what d_c has beside d_p, of unit residuals of mean m and covariance V a reading has mean <m, y> and variance y'Vy,
        over 1 - d_p'Vd_p because the residual is at right angles to d_p.
        """
        law = self.reflected.law
        moments = projected_moments(law.mean, law.variances)
        first, variances = (torch.from_numpy(one).to(self._decoder) for one in (moments.first, moments.variances))
        along = 1 - self._decoder.square() @ variances
        means, deviations = np.empty(len(pairs.parent)), np.empty(len(pairs.parent))
        for some in row_slices(len(means), PAIRS_AT_ONCE):
            parent, child = (torch.from_numpy(one[some]) for one in (pairs.parent, pairs.child))
            cosine = torch.from_numpy(pairs.cosine[some, None]).to(self._decoder)
            beside = self._decoder[child] - cosine * self._decoder[parent]
            lengths = self._lengths[parent, 0]
            means[some] = (lengths * (beside @ first)).numpy(force=True)
            variance = beside.square() @ variances / along[parent].clamp_min(1e-3)
            deviations[some] = (lengths * variance.clamp_min(1e-12).sqrt()).numpy(force=True)
        return means, deviations


def gaps(pairs: KinPairs, readings: Floats, alignment: Floats) -> Floats:
    """Of each feature the largest part of its own direction in one of its kin that it does not read, float64 (n,), 0 and above.

    cos(d_p, d_c) - <e_p, d_c> / a_p = -<r_p, d_c> / a_p, the largest over its kin; 0 where it has none.

    Args:
        pairs: of kin.
        readings: <r_p, d_c>, (n_pairs,).
        alignment: a_p, (n,), above zero for parents.
    """
    largest = np.zeros(len(alignment))
    np.maximum.at(largest, pairs.parent, -readings / alignment[pairs.parent])
    return largest
