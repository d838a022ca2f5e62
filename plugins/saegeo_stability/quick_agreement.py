"""The numbers of `agreement` from products as they pass by, for random dictionaries: cosines are not settled in float64.

Pairing thousands of features costs as much again as all products. Where there are more than `MOST_PAIRED`, a sample of so many of
the smaller dictionary is paired with the whole other one. That is another number than that of all features, for there is less
competition; but it ranks a dictionary among random ones as well, if it is taken of all of them alike. Where the other one is at
least twice the sample, each feature is paired with one of its dozen nearest, of all of them alike too, so that no matrix is kept.
"""

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.full_pairing import NEAREST, FullPairing, Pairs, distinct, full_pairing, full_pairing_of
from saegeo_core.numerics.pairing_across import NearPairs

MOST_PAIRED = 2048
COLUMNS_AT_ONCE = 1024


class QuickAgreement:
    """A dictionary beside several others of one size, of which products are shown a few rows at a time.

    Args:
        n_others: how many.
        shape: features of the smaller and of the larger dictionary.
        device: where the products are.
        is_turned: whether the larger one is the first, whose features `mmcs` and `mutual_share` are means over.
        shared_above: cosine above which a pair counts as shared.
        sample: ascending features of the smaller one that are paired; None for no pairing.
        in_full: whether a pairing of all features with the last of the others is made as well.
    """

    def __init__(
        self,
        n_others: int,
        shape: tuple[int, int],
        device: str | torch.device = "cpu",
        *,
        is_turned: bool,
        shared_above: float,
        sample: Integers | None,
        in_full: bool = False,
    ) -> None:
        n, m = shape
        self._is_turned, self._shared_above = is_turned, shared_above
        self._of_smaller = torch.empty(n_others, n, device=device)
        self._partner = torch.empty(n_others, n, dtype=torch.int64, device=device)
        self._of_larger = torch.full((n_others, m), -torch.inf, device=device)
        self._sample = None if sample is None else torch.from_numpy(sample).to(device)
        n_sampled = 0 if sample is None else len(sample)
        self._is_kept = 2 * n_sampled > m
        self._sampled = torch.empty(n_others, n_sampled, m if self._is_kept else 0, device=device)
        near = 2, n_others, n_sampled, 0 if self._is_kept else min(NEAREST, m) + 1
        self._near_column, self._near_value = (
            torch.empty(near, dtype=torch.int64, device=device),
            torch.empty(near, device=device),
        )
        self._in_full = [NearPairs(shape, device, absolute=absolute) for absolute in (False, True) if in_full]

    def look(self, rows: slice, products: Tensor) -> None:
        """See the products of some rows of the smaller dictionary with the larger, (n_others, n_rows, n_larger), in order."""
        self._of_smaller[:, rows], self._partner[:, rows] = _largest(products)
        torch.maximum(self._of_larger, products.amax(1), out=self._of_larger)
        if self._sample is not None:
            ends = torch.tensor([rows.start, rows.stop], device=self._sample.device)
            some = slice(*torch.searchsorted(self._sample, ends).tolist())
            seen = products[:, self._sample[some] - rows.start]
            if self._is_kept:
                self._sampled[:, some] = seen
            else:
                for kind, values in enumerate((seen, seen.abs())):
                    columns, largest = _nearest_and_own(values, self._sample[some])
                    self._near_column[kind, :, some], self._near_value[kind, :, some] = columns, largest
        for near in self._in_full:
            near.look(rows, products[-1])

    @property
    def nearest(self) -> Floats:
        """Largest product of each feature of the first dictionary with one of the last of the others."""
        return (self._of_larger if self._is_turned else self._of_smaller)[-1].double().numpy(force=True)

    def numbers(self, watch: Watch = iter) -> list[dict[str, float]]:
        """Every number of each of the others, those of pairings of the sample; `watch` sees the others one by one."""
        of_smaller, of_larger = (one.mean(1, dtype=torch.float64) for one in (self._of_smaller, self._of_larger))
        is_mutual = self._of_smaller == self._of_larger.gather(1, self._partner)
        n_first = (self._of_larger if self._is_turned else self._of_smaller).shape[1]
        of_first, of_second = (of_larger, of_smaller) if self._is_turned else (of_smaller, of_larger)
        columns = {"mmcs": of_first, "mmcs_reverse": of_second, "mutual_share": is_mutual.sum(1) / n_first}
        found = [dict(zip(columns, row, strict=True)) for row in torch.stack([*columns.values()], 1).tolist()]
        if self._sample is None:
            return found
        return [found[number] | self._of_pairings(*self._pairings(number)) for number in watch(range(len(found)))]

    def numbers_in_full(self) -> dict[str, float]:
        """Those of pairings of all features with the last of the others; nothing unless asked for."""
        if not self._in_full:
            return {}
        signed, absolute = (full_pairing(one.pairs(), one.shape, None) for one in self._in_full)
        return self._of_pairings(signed, absolute)

    def _pairings(self, number: int) -> tuple[FullPairing, FullPairing]:
        """Of the sample, signed and absolute."""
        if self._is_kept:
            values = self._sampled[number]
            return full_pairing_of(values), full_pairing_of(values.abs())
        return self._paired(0, number), self._paired(1, number)

    def _paired(self, kind: int, number: int) -> FullPairing:
        """Of the sample, each feature with one of those gathered."""
        columns, values = (one[kind, number].numpy(force=True) for one in (self._near_column, self._near_value))
        rows = np.arange(len(columns)).repeat(columns.shape[1])
        shape = len(columns), self._of_larger.shape[1]
        return full_pairing(
            distinct(Pairs(rows, columns.ravel(), values.ravel().astype(np.float64)), shape), shape, None
        )

    def _of_pairings(self, signed: FullPairing, absolute: FullPairing) -> dict[str, float]:
        shared = signed.values > self._shared_above
        return {
            "pw_mcc": signed.value,
            "pw_mcc_absolute": absolute.value,
            "shared_share": float(np.mean(shared)),
        }


def _largest(products: Tensor) -> tuple[Tensor, Tensor]:
    """The largest of each row, and its column, (n_others, n_rows) each: columns in parts, for numbers alone are found quicker."""
    m = products.shape[2]
    if m % COLUMNS_AT_ONCE:
        best = products.max(2)
        return best.values, best.indices
    parts = products.view(*products.shape[:2], -1, COLUMNS_AT_ONCE)
    best = parts.amax(3).max(2)
    within = parts.gather(2, best.indices[..., None, None].expand(-1, -1, 1, COLUMNS_AT_ONCE))[:, :, 0].argmax(2)
    return best.values, best.indices * COLUMNS_AT_ONCE + within


def _nearest_and_own(products: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Columns of the largest of each row, and of its own number, so that all rows can be paired, and their values."""
    largest = products.topk(min(NEAREST, products.shape[2]), dim=2)
    own = numbers[None, :, None].expand(len(products), -1, 1)
    return torch.cat([largest.indices, own], 2), torch.cat([largest.values, products.gather(2, own)], 2)
