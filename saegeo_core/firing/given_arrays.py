"""The arrays of firing statistics: which there are, in what number types they are kept, and how those given become these."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.cooccurrence import LARGEST_WEIGHT, Weights

Features = NDArray[Any] | slice

PER_FEATURE: Mapping[str, type[np.generic]] = {
    "feature_ids": np.int64,
    "counts": np.int64,
    "token_counts": np.int64,
    "activation_sum": np.float64,
    "activation_sum_of_squares": np.float64,
    "activation_max": np.float32,
}
PER_BLOCK: Mapping[str, type[np.generic]] = {
    "document_of_block": np.int64,
    "label_of_block": np.int32,
    "tokens_of_block": np.int32,
}
PER_DOCUMENT: Mapping[str, type[np.generic]] = {"group_of_document": np.int64}
ARRAYS = {**PER_FEATURE, **PER_BLOCK, **PER_DOCUMENT}


def refuse_writing(values: NDArray[Any]) -> NDArray[Any]:
    """The same numbers, which nobody can write to by this name: what one analysis did to them the next would measure."""
    if not values.flags.writeable:  # a memory-mapped file stays one
        return values
    view = values.view()
    view.flags.writeable = False
    return view


def as_matrix_of_bits(fired: NDArray[Any]) -> NDArray[Any]:
    """A matrix (n_blocks, n_features) of 0 and 1.

    Raises:
        SaegeoError: it is something else.
    """
    matrix = np.asarray(fired)
    if matrix.ndim != 2:
        raise SaegeoError(f"the incidence has shape {matrix.shape}", "give a matrix, blocks by features")
    if matrix.dtype.kind not in "biu" or (
        matrix.dtype != bool and matrix.size and not 0 <= matrix.min() <= matrix.max() <= 1
    ):
        raise SaegeoError(
            "the incidence holds more than 0 and 1", "give booleans: whether the feature fired in the block"
        )
    return matrix


def as_attributes(known: dict[str, Any]) -> dict[str, Any]:
    """The arrays in the number types they are kept in, numbers as Python's; labels given as texts become numbers and names."""
    labels = known.get("label_of_block")
    if labels is not None and np.asarray(labels).dtype.kind == "U":
        names, numbers = np.unique(np.asarray(labels), return_inverse=True)
        known = {**known, "label_of_block": numbers, "label_names": tuple(names.tolist())}
    attributes = {}
    for name, value in known.items():
        if name in ARRAYS and value is not None:
            attributes[name] = np.asarray(value).astype(ARRAYS[name], copy=False)
        else:
            attributes[name] = value.item() if isinstance(value, np.generic) else value
    return attributes


def as_numbers(features: Features, n_features: int) -> Integers:
    """The places of features that are given as a mask (n_features,), as numbers or as a slice: int64.

    Raises:
        SaegeoError: a mask of another length, or numbers that are none of theirs.
    """
    chosen = np.asarray(features) if not isinstance(features, slice) else np.arange(n_features)[features]
    if chosen.dtype == bool:
        if chosen.shape != (n_features,):
            raise SaegeoError(f"a mask of shape {chosen.shape} was given for {n_features} features")
        return np.flatnonzero(chosen)
    if chosen.size == 0:
        return np.zeros(0, np.int64)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= n_features:
        raise SaegeoError(
            f"features are numbered from 0 to {n_features - 1}",
            "give a mask, a slice or an array of such numbers",
        )
    return chosen.astype(np.int64)


def as_weights(weights: NDArray[Any], n_blocks: int) -> Weights:
    """How often each block counts, int64 (n_blocks,).

    Raises:
        SaegeoError: not as many whole numbers in the range that counting allows.
    """
    given = np.asarray(weights)
    whole = given.shape == (n_blocks,) and given.dtype.kind in "iub"
    if not whole or given.min() < 0 or given.max() > LARGEST_WEIGHT:
        raise SaegeoError(
            f"the weights are not {n_blocks} whole numbers from 0 to {LARGEST_WEIGHT}",
            "give one for each block",
        )
    return given.astype(np.int64)
