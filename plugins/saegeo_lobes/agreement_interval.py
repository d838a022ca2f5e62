"""How well the agreement is known: lobes found anew without each twentieth of the documents.

A document bootstrap does not serve here: repeated documents change the lobes themselves, and its intervals miss the estimate.
Leaving documents out does not, and costs one count of all pairs for all groups together (each group is counted alone and
taken away from the whole), and one eigensolution for each group.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.statistics.resampling import Resampled, delete_group_jackknife
from saegeo_lobes.agreement import Agreement

Labels = NDArray[np.int64]
CountBlocks = Callable[[NDArray[np.int64]], Tensor]
FindLobes = Callable[[Tensor, int], Labels]


def agreement_interval(
    count_blocks: CountBlocks, find_lobes: FindLobes, geometric: Labels, group_of_block: Labels, *, level: float = 0.95
) -> Resampled:
    """Delete-group jackknife of the adjusted mutual information between refitted lobes and fixed geometric labels.

    Args:
        count_blocks: maps weights int64 (n_blocks,), 0 or 1, to co-occurrence counts (n_features, n_features) of the blocks
            of weight 1, as a tensor that may be changed.
        find_lobes: maps such counts and their number of blocks to labels (n_features,); may write over the counts.
        geometric: int64 (n_features,), labels that do not depend on text.
        group_of_block: int64 (n_blocks,), from `document_groups`.
        level: nominal coverage.

    Raises:
        SaegeoError: fewer than two groups of documents.
    """
    n_blocks = len(group_of_block)
    total = count_blocks(np.ones(n_blocks, np.int64))

    def agreement_of(kept: NDArray[np.int64]) -> float:
        left_out = np.ones(n_blocks, np.int64)
        left_out[kept] = 0
        counts = count_blocks(left_out).neg_().add_(total)
        return Agreement(find_lobes(counts, len(kept)), geometric).adjusted_mutual_information

    return delete_group_jackknife(agreement_of, group_of_block, level=level)
