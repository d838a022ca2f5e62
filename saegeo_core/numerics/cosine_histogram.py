"""Histogram of cosines that were rounded to bfloat16, with edges that the rounding respects.

A bfloat16 number stands for every number that rounds to it. So the occurrences of each of its 65,536 bit patterns are
counted, which is fast, and gathered into bins whose edges lie halfway between neighboring bfloat16 numbers: rounding
moves nothing across such an edge.
"""

from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BINS_PER_UNIT = 128
"""Bins of 1/128 hold at least two bfloat16 numbers each, all the way to 1."""

N_CODES = 1 << 16


class CosineHistogram:
    """Counts of cosines on [-1, 1], filled tile by tile, from any thread."""

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self._occurrences = torch.zeros(N_CODES, dtype=torch.int64, device=device)
        self._lock = Lock()

    def add(self, cosines: Tensor) -> None:
        """Count cosines of any shape. Those beyond an end, by an error in computing them, count in the last bin."""
        codes = cosines.bfloat16().view(torch.uint16).int()
        occurrences = torch.bincount(codes.flatten(), minlength=N_CODES)
        with self._lock:
            self._occurrences += occurrences

    def counts(self) -> NDArray[np.int64]:
        """Shape (256,), from -1 to 1; the sum is the number of cosines added."""
        seen = np.flatnonzero(self._occurrences.numpy(force=True))
        values = _bfloat16(seen)
        bins = np.minimum(np.abs(values) * BINS_PER_UNIT, BINS_PER_UNIT - 1).astype(np.int64)
        bins = np.where(np.signbit(values), BINS_PER_UNIT - 1 - bins, BINS_PER_UNIT + bins)
        counts = np.zeros(2 * BINS_PER_UNIT, dtype=np.int64)
        np.add.at(counts, bins, self._occurrences.numpy(force=True)[seen])
        return counts

    @staticmethod
    def edges() -> NDArray[np.float64]:
        """Shape (257,): -1, 0, 1 and between them the numbers half a bfloat16 spacing inside the multiples of 1/128."""
        multiples = np.arange(1, BINS_PER_UNIT) / BINS_PER_UNIT
        just_below = _bfloat16((multiples.astype(np.float32).view(np.uint32) >> 16) - 1)
        positive = np.concatenate([(multiples + just_below) / 2, [1.0]])
        return np.concatenate([-positive[::-1], [0.0], positive])


def _bfloat16(codes: NDArray[np.integer]) -> NDArray[np.float64]:
    """The numbers with these bit patterns, which are the upper half of their float32 bit patterns."""
    return (codes.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
