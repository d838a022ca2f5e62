"""Documents shared out among a few groups, one of which at a time is left out by a jackknife."""

import numpy as np
from numpy.typing import NDArray


def document_groups(
    document_of_block: NDArray[np.int64], rng: np.random.Generator, *, n_groups: int = 20
) -> NDArray[np.int64]:
    """The group of each block (n_blocks,), whole documents to a group, groups of about equal numbers of blocks.

    Documents in random order, the longest first, go to the group that is smallest so far.

    Args:
        document_of_block: int64 (n_blocks,), pieces of one source being one document.
        rng: draws the order of documents of equal length.
        n_groups: how many; fewer where there are fewer documents.
    """
    _, document, lengths = np.unique(document_of_block, return_inverse=True, return_counts=True)
    group_of, filled = np.empty(len(lengths), np.int64), np.zeros(n_groups, np.int64)
    for one in np.lexsort((rng.random(len(lengths)), -lengths)):
        group_of[one] = filled.argmin()
        filled[group_of[one]] += lengths[one]
    return group_of[document]
