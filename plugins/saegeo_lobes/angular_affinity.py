"""The paper's geometric affinity, one minus the angle as a share of half a turn.

Its text says cosine; its code takes the arc cosine. Between directions in many dimensions all angles lie near a right one and
all affinities near one half, so that the clusters follow what all features share rather than who is near whom.
"""

import torch
from torch import Tensor

ROWS_AT_ONCE = 256


def angular_affinity(rows: Tensor) -> Tensor:
    """1 - arccos(w_i . w_j) / pi of all pairs, float32 (n_features, n_features), in [0, 1].

    Args:
        rows: (n_features, d_in), multiplied as they are: give unit rows. Products beyond -1 and 1 are clipped, as published.
    """
    rows = rows.float()
    affinity = torch.empty(len(rows), len(rows), device=rows.device)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        affinity[some] = (rows[some] @ rows.T).clamp_(-1, 1).acos_().div_(-torch.pi).add_(1)
    return affinity
