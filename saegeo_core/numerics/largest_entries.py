"""The few largest entries of every row of a wide matrix, in about one pass over it.

`torch.topk` takes each row apart entry by entry. Here a row is first cut into groups, whose maxima take one vectorized pass;
the m largest entries can only lie in the m groups of largest maximum, and only these are looked into.
"""

import torch
from torch import Tensor

GROUP = 16
"""Entries of a group."""

LEAST_GROUPS = 8
"""Groups for each entry wanted, below which cutting a row into groups saves nothing."""


def largest_entries(matrix: Tensor, n_largest: int) -> tuple[Tensor, Tensor]:
    """The largest entries of each row, falling, and their columns: both (n_rows, n_largest).

    Which of several equal entries are taken is left open.

    Args:
        matrix: (n_rows, n_columns), floating.
        n_largest: at most n_columns.
    """
    height, width = matrix.shape
    n_groups = width // GROUP
    if n_groups < LEAST_GROUPS * n_largest:
        return matrix.topk(n_largest, dim=1)
    # A group is made of the entries n_groups apart, so that maxima are taken of whole stretches of a row at once.
    cut = matrix[:, : GROUP * n_groups].view(height, GROUP, n_groups)
    groups = cut.amax(1).topk(n_largest, dim=1).indices
    members = cut.gather(2, groups[:, None].expand(height, GROUP, n_largest)).view(height, -1)
    offsets = n_groups * torch.arange(GROUP, device=matrix.device)
    columns = (offsets[:, None] + groups[:, None]).view(height, -1)
    rest = torch.arange(GROUP * n_groups, width, device=matrix.device)
    members = torch.cat([members, matrix[:, GROUP * n_groups :]], 1)
    columns = torch.cat([columns, rest.expand(height, -1)], 1)
    values, chosen = members.topk(n_largest, dim=1)
    return values, columns.gather(1, chosen)
