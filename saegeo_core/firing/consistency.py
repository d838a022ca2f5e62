"""What firing statistics can and cannot be. Counts that no text gives would turn into plausible numbers further on: refuse them.

Looks at vectors and shapes; matrices are looked at where they are read (`refuse_impossible_pairs`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError

SIDE = 2048


def refuse_misfits(
    n_features: int,
    n_blocks: int,
    *,
    incidence_shape: tuple[int, int] | None,
    pairs_shape: tuple[int, ...] | None,
    per_feature: Mapping[str, NDArray[Any] | None],
    per_block: Mapping[str, NDArray[Any] | None],
) -> None:
    """Check that arrays have the lengths that N features in T blocks ask for.

    Args:
        n_features, n_blocks: N and T.
        incidence_shape: (n_blocks, n_features) of what fired, or None where only pairs were counted.
        pairs_shape: of the pair counts, or None where what fired is known.
        per_feature, per_block: arrays by name, None where unknown.

    Raises:
        SaegeoError: naming the first thing that does not fit.
    """
    _require(n_blocks > 0, f"firing statistics need blocks of text, and there are {n_blocks}")
    _require((incidence_shape is None) != (pairs_shape is None), "give either what fired in each block, or pair counts")
    _require(
        incidence_shape in (None, (n_blocks, n_features)),
        f"an incidence {incidence_shape} does not fit {n_blocks} blocks, {n_features} features",
    )
    _require(
        pairs_shape in (None, (n_features, n_features)),
        f"pair counts {pairs_shape} do not fit {n_features} features",
    )
    for arrays, length, what in ((per_feature, n_features, "features"), (per_block, n_blocks, "blocks")):
        for name, values in arrays.items():
            fits = values is None or values.shape == (length,)
            _require(fits, f"{name} has shape {getattr(values, 'shape', None)}, and there are {length} {what}")


def refuse_impossible_counts(
    counts: NDArray[Any], token_counts: NDArray[Any] | None, n_blocks: int, n_tokens: int | None
) -> None:
    """Check that features can fire in so many blocks, `counts` (N,), and on so many tokens, `token_counts` (N,).

    Raises:
        SaegeoError: naming the first thing that cannot be.
    """
    _require(
        _within(counts, 0, n_blocks),
        f"a feature is said to fire in more than all {n_blocks} blocks, or fewer than none",
    )
    if token_counts is None:
        return
    _require(bool((token_counts >= counts).all()), "a feature is said to fire on fewer tokens than blocks")
    _require(
        n_tokens is None or _within(token_counts, 0, n_tokens),
        f"a feature is said to fire on more than all {n_tokens} tokens",
    )


def refuse_non_finite(activations: Mapping[str, NDArray[Any] | None], fires_above: float | None) -> None:
    """Check that what is known of activations, arrays by name, and the threshold of firing are finite.

    Raises:
        SaegeoError: naming the first that is not.
    """
    for name, values in activations.items():
        _require(values is None or bool(np.isfinite(values).all()), f"{name} holds NaN or infinity")
    _require(fires_above is None or bool(np.isfinite(fires_above)), "the firing threshold is not a finite number")


def refuse_unknown_texts(
    document_of_block: NDArray[Any] | None,
    group_of_document: NDArray[Any] | None,
    label_of_block: NDArray[Any] | None,
    label_names: Sequence[str],
) -> None:
    """Check that every block is of a document whose group is known, and has a label that has a name.

    Raises:
        SaegeoError: naming the first thing that is not known.
    """
    documents, groups, labels = document_of_block, group_of_document, label_of_block
    _require(documents is None or bool((documents >= 0).all()), "documents are numbered from 0")
    if groups is not None:
        fits = documents is not None and groups.ndim == 1 and _within(documents, 0, len(groups) - 1)
        _require(fits, f"groups are known for {len(groups)} documents, and blocks belong to others")
    if labels is not None:
        last = len(label_names) - 1
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
