"""What firing statistics can and cannot be. Counts that no text gives would turn into plausible numbers further on: refuse them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.firing.statistics import FiringStatistics

SIDE = 2048


def refuse_inconsistent(firing: "FiringStatistics", per_feature: Iterable[str], per_block: Iterable[str]) -> None:
    """Check that everything known fits together. Looks at vectors only; matrices are checked where they are read.

    Raises:
        SaegeoError: naming the first thing that does not.
    """
    n_features, n_blocks = firing.n_features, firing.n_blocks
    _require(n_blocks > 0, f"firing statistics need blocks of text, and there are {n_blocks}")
    _require(
        (firing.fired is None) != (firing.pair_counts is None), "give either what fired in each block, or pair counts"
    )
    if firing.fired is not None:
        shape = (firing.fired.n_blocks, firing.fired.n_features)
        _require(
            shape == (n_blocks, n_features),
            f"an incidence {shape} does not fit {n_blocks} blocks, {n_features} features",
        )
    if firing.pair_counts is not None:
        shape = firing.pair_counts.shape
        _require(shape == (n_features, n_features), f"pair counts {shape} do not fit {n_features} features")
    for names, length, what in ((per_feature, n_features, "features"), (per_block, n_blocks, "blocks")):
        for name in names:
            values = getattr(firing, name)
            fits = values is None or values.shape == (length,)
            _require(fits, f"{name} has shape {getattr(values, 'shape', None)}, and there are {length} {what}")
    _require(
        _within(firing.counts, 0, n_blocks),
        f"a feature is said to fire in more than all {n_blocks} blocks, or fewer than none",
    )
    if firing.token_counts is not None:
        enough = bool((firing.token_counts >= firing.counts).all())
        _require(enough, "a feature is said to fire on fewer tokens than blocks")
        if firing.n_tokens is not None:
            _require(
                _within(firing.token_counts, 0, firing.n_tokens),
                f"a feature is said to fire on more than all {firing.n_tokens} tokens",
            )
    for name in ("activation_sum", "activation_sum_of_squares", "activation_max"):
        values = getattr(firing, name)
        _require(values is None or bool(np.isfinite(values).all()), f"{name} holds NaN or infinity")
    _require(
        firing.fires_above is None or bool(np.isfinite(firing.fires_above)),
        "the firing threshold is not a finite number",
    )
    _refuse_unknown_texts(firing)


def _refuse_unknown_texts(firing: "FiringStatistics") -> None:
    documents, groups, labels = firing.document_of_block, firing.group_of_document, firing.label_of_block
    _require(documents is None or bool((documents >= 0).all()), "documents are numbered from 0")
    if groups is not None:
        fits = documents is not None and groups.ndim == 1 and _within(documents, 0, len(groups) - 1)
        _require(fits, f"groups are known for {len(groups)} documents, and blocks belong to others")
    if labels is not None:
        last = len(firing.label_names) - 1
        _require(
            _within(labels, -1, last), f"labels run from -1 to {labels.max()}, and there are {last + 1} label names"
        )


def refuse_impossible_pairs(counts: NDArray[Any], n_blocks: int) -> None:
    """Check that a square matrix of whole numbers can count the pairs of `n_blocks` blocks.

    Symmetric, 0 <= C_ij <= C_ii <= T, and no fewer than C_ii + C_jj - T: both features fire in a block where neither can
    be missing.

    Raises:
        SaegeoError: naming the first rule that is broken.
    """
    alone = counts.diagonal().astype(np.int64)
    _require(
        _within(alone, 0, n_blocks), f"a feature is counted in more than all {n_blocks} blocks, or in fewer than none"
    )
    for top in range(0, len(counts), SIDE):
        for left in range(top, len(counts), SIDE):
            rows, columns = slice(top, top + SIDE), slice(left, left + SIDE)
            tile = counts[rows, columns]
            _require(np.array_equal(tile, counts[columns, rows].T), "the pair counts are not symmetric")
            most = np.minimum(alone[rows, None], alone[columns])
            least = np.maximum(alone[rows, None] + alone[columns] - n_blocks, 0)
            _require(bool((tile <= most).all()), "a pair is counted in more blocks than one of its features")
            _require(
                bool((tile >= least).all()), f"a pair is counted in fewer blocks than possible, given {n_blocks} blocks"
            )


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    return not len(values) or bool(low <= values.min() and values.max() <= high)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SaegeoError(otherwise, "the statistics are damaged or put together wrongly: harvest again")
