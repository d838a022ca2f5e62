"""The arrays of firing statistics: which there are, in what number types they are kept, and how those given become these."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError

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
