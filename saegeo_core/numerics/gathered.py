"""What tiles leave behind, gathered in room that is kept.

Small arrays that outlive a tile would lie in the memory it leaves, which the next tile then cannot use: memory grew by every tile.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

FIRST_ROOM = 2**16


class Gathered:
    """Columns of equal length that are added to.

    Args:
        dtypes: of each column.
        device: where they lie.
    """

    def __init__(self, dtypes: Sequence[torch.dtype], device: str | torch.device = "cpu") -> None:
        self._room = [torch.empty(FIRST_ROOM, dtype=dtype, device=device) for dtype in dtypes]
        self._n = 0

    def add(self, *parts: Tensor) -> None:
        """Add as many values to each column, (n_added,)."""
        stop = self._n + len(parts[0])
        if stop > len(self._room[0]):
            self._room = [torch.cat([one[: self._n], one.new_empty(2 * stop - self._n)]) for one in self._room]
        for one, part in zip(self._room, parts, strict=True):
            one[self._n : stop] = part
        self._n = stop

    @property
    def columns(self) -> list[Tensor]:
        """All that was added, (n,) each."""
        return [one[: self._n] for one in self._room]
