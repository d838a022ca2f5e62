"""Lobes found anew without each twentieth of the documents: what every interval that depends on lobes is made of.

A document bootstrap does not serve here: repeated documents change the lobes themselves, and its intervals miss the estimate.
Leaving documents out does not, and costs one count of all pairs for all groups together (each group is counted alone and
taken away from the whole), and one eigensolution for each group.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Labels = NDArray[np.int64]
CountBlocks = Callable[[NDArray[np.int64]], Tensor]
FindLobes = Callable[[Tensor, int], Labels]


def lobes_without_documents(count_blocks: CountBlocks, find_lobes: FindLobes, group_of_block: Labels) -> Labels:
    """The lobes that are found when one group of documents is left out, int64 (n_groups, n_features).

    Args:
        count_blocks: maps weights int64 (n_blocks,), 0 or 1, to co-occurrence counts (n_features, n_features) of the blocks
            of weight 1, as a tensor that may be changed.
        find_lobes: maps such counts and their number of blocks to labels (n_features,); may write over the counts.
        group_of_block: int64 (n_blocks,), from 0, from `document_groups`.
    """
    total = count_blocks(np.ones(len(group_of_block), np.int64))
    found = []
    for group in range(int(group_of_block.max()) + 1):
        left_out = group_of_block == group
        counts = count_blocks(left_out.astype(np.int64)).neg_().add_(total)
        found.append(find_lobes(counts, int((~left_out).sum())))
    return np.stack(found)
