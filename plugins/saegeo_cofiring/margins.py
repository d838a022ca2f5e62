"""How often two features would fire together if each fired as often as it does, and each block were as rich as it is, by chance.

Of all laws of an incidence with given margins on average the least committed makes entries independent, with

    P(feature i fires in block b) = 1 / (1 + exp(-a_i - r_b)),

a_i and r_b such that the expected margins are the observed ones (the bipartite configuration model; Saracco et al. 2017). Two
features then fire together in a number of blocks with mean m = sum_b p_ib p_jb. That features keep their frequency exactly takes
from its variance. With w = p (1 - p) what is left is

    v = sum_b w_ib w_jb + V_j(p_i) + V_i(p_j),    V_j(p_i) = sum_b w_jb (p_ib - mean of p_i under the weights w_jb)^2,

for blocks all equally rich the hypergeometric variance. That blocks keep their richness binds single pairs little, where there are
many features.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit

from saegeo_core.numerics.arrays import Floats, Integers

LEVELS = 32
"""Of richness, at most: blocks of like richness share one."""

ITERATIONS, CONVERGED = 200, 1e-6
LARGEST_LOGIT, LARGEST_STEP = 40.0, 2.0
NEAR = 0.9
"""Of the mean to the count, from which on the likelihood ratio is a difference of nearly equal numbers."""
LEAST_UNIT = 1e-6
"""Variance over mean: where margins leave a count no room, a variance is rounding alone."""


@dataclass(frozen=True, eq=False)
class MarginsKept:
    """The law of features that fire by chance in blocks of several levels of richness.

    Attributes:
        together: p, (n_features, n_levels), times the root of the blocks of each level, as the others are.
        varying: w, likewise.
        squared: p^2, likewise.
        total: sum_b w_ib, (n_features,).
    """

    together: torch.Tensor
    varying: torch.Tensor
    squared: torch.Tensor
    total: torch.Tensor

    @classmethod
    def of(cls, counts: Integers, richness: Integers, device: str = "cpu") -> "MarginsKept":
        """Of features that fire in so many blocks, (n_features,), and blocks in which so many features fire, (n_blocks,)."""
        kinds, kind_of = np.unique(counts, return_inverse=True)
        levels, n_blocks = richness_levels(richness)
        n_alike = np.bincount(kind_of).astype(float)
        p = margin_probabilities(kinds.astype(float), n_alike, levels, n_blocks)[kind_of]
        w = p * (1 - p)
        made = (*(one * np.sqrt(n_blocks) for one in (p, w, p**2)), np.maximum(w @ n_blocks, np.finfo(np.float32).tiny))
        return cls(*(torch.from_numpy(one.astype(np.float32)).to(device) for one in made))

    def moments(self, rows: slice, columns: slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance of the counts of pairs of two ranges of features, float32 (n_rows, n_columns) both."""
        p_rows, w_rows, squares_rows = self.together[rows], self.varying[rows], self.squared[rows]
        p_columns, w_columns, squares_columns = self.together[columns], self.varying[columns], self.squared[columns]
        variance = (
            torch.cat([w_rows, squares_rows, w_rows], 1) @ torch.cat([w_columns, w_columns, squares_columns], 1).T
        )
        variance -= (p_rows @ w_columns.T).square_().div_(self.total[columns])
        variance -= (w_rows @ p_columns.T).square_().div_(self.total[rows][:, None])
        return p_rows @ p_columns.T, variance.clamp_min_(0)


def richness_levels(richness: Integers) -> tuple[Floats, Floats]:
    """Mean richness of each level, ascending, and how many blocks it has; (n_levels,) both, of (n_blocks,)."""
    ordered = np.sort(richness).astype(float)
    values, numbers = np.unique(ordered, return_counts=True)
    if len(values) <= LEVELS:
        return values, numbers.astype(float)
    parts = np.array_split(ordered, LEVELS)
    return np.array([part.mean() for part in parts]), np.array([float(len(part)) for part in parts])


def margin_probabilities(counts: Floats, n_alike: Floats, richness: Floats, n_blocks: Floats) -> Floats:
    """P that a feature of each kind fires in a block of each level, (n_kinds, n_levels), by Newton's steps on a and r in turn.

    Args:
        counts: blocks in which a feature of each kind fires, (n_kinds,).
        n_alike: features of that kind, (n_kinds,).
        richness: features that fire in a block of each level, (n_levels,).
        n_blocks: blocks of that level, (n_levels,).
    """
    share_of_blocks, share_of_features = counts / n_blocks.sum(), richness / n_alike.sum()
    tiny = np.finfo(float).tiny
    of_feature = np.log(np.maximum(share_of_blocks, tiny)) - np.log(np.maximum(1 - share_of_blocks, tiny))
    of_block = np.log(np.maximum(share_of_features, tiny)) - np.log(np.maximum(1 - share_of_features, tiny))
    of_feature, of_block = (np.clip(one, -LARGEST_LOGIT, LARGEST_LOGIT) for one in (of_feature, of_block))
    of_block -= n_blocks @ of_block / n_blocks.sum()
    for _ in range(ITERATIONS):
        probabilities = expit(of_feature[:, None] + of_block)
        missing = counts - probabilities @ n_blocks
        of_feature = _stepped(of_feature, missing, (probabilities * (1 - probabilities)) @ n_blocks)
        probabilities = expit(of_feature[:, None] + of_block)
        lacking = richness - n_alike @ probabilities
        of_block = _stepped(of_block, lacking, n_alike @ (probabilities * (1 - probabilities)))
        if max(np.abs(missing / (counts + 1)).max(), np.abs(lacking / (richness + 1)).max()) < CONVERGED:
            break
    return np.asarray(expit(of_feature[:, None] + of_block))


def upper_normal_score(counted: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
    """The z that a normal number exceeds with the probability that so large a count has; far below 0 where nothing is counted.

    The count is taken for a Poisson one in units of variance / mean, whose upper tail is the lower one of a gamma law. Near its
    mean the cube root of a gamma number is all but normal (Wilson and Hilferty 1931), further out the modified signed root of its
    likelihood ratio is (Barndorff-Nielsen 1986).
    """
    unit = (variance / mean).clamp_min_(LEAST_UNIT)
    shape = ((counted - 0.5) / unit + 0.5).clamp_(min=1e-3)
    ratio = mean / (unit * shape)
    near = 3 * shape.sqrt() * (1 - 1 / (9 * shape) - ratio.pow(1 / 3))
    signed_root = (2 * shape * (ratio - 1 - ratio.log())).sqrt()
    far = signed_root + ((1 - ratio) * shape.sqrt() / signed_root).log() / signed_root
    return torch.where(ratio < NEAR, far, near)


def _stepped(logits: Floats, missing: Floats, slope: Floats) -> Floats:
    """Newton's step, of two at most."""
    step = np.clip(missing / np.maximum(slope, 1e-12), -LARGEST_STEP, LARGEST_STEP)
    stepped: Floats = np.clip(logits + step, -LARGEST_LOGIT, LARGEST_LOGIT)
    return stepped
