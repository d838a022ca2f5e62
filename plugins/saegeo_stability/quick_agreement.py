"""The numbers of `agreement` from products as they pass by, for random dictionaries: cosines are not settled in float64.

Pairing thousands of features costs as much again as all products. Where there are more than `MOST_PAIRED`, a sample of so many of
the smaller dictionary is paired with the whole other one. That is another number than that of all features, for there is less
competition; but it ranks a dictionary among random ones as well, if it is taken of all of them alike.
"""

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.full_pairing import FullPairing, full_pairing, full_pairing_of
from saegeo_core.numerics.pairing_across import NearPairs

MOST_PAIRED = 2048


class QuickAgreement:
    """Two dictionaries, of which products are shown a few rows at a time.

    Args:
        shape: features of the smaller and of the larger dictionary.
        device: where the products are.
        is_turned: whether the larger one is the first, whose features `mmcs` and `mutual_share` are means over.
        shared_above: cosine above which a pair counts as shared.
        sample: ascending features of the smaller one that are paired; None for no pairing.
        in_full: whether a pairing of all features is made as well.
    """

    def __init__(
        self,
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
        self._of_smaller = torch.empty(n, device=device)
        self._partner = torch.empty(n, dtype=torch.int64, device=device)
        self._of_larger = torch.full((m,), -torch.inf, device=device)
        self._sample = None if sample is None else torch.from_numpy(sample).to(device)
        self._sampled = torch.empty(0 if sample is None else len(sample), m, device=device)
        self._near = [NearPairs(shape, device, absolute=absolute) for absolute in (False, True) if in_full]

    def look(self, rows: slice, products: Tensor) -> None:
        """See the products of some rows of the smaller dictionary with all of the larger, (n_rows, n_larger), in order."""
        best = products.max(1)
        self._of_smaller[rows], self._partner[rows] = best.values, best.indices
        torch.maximum(self._of_larger, products.amax(0), out=self._of_larger)
        if self._sample is not None:
            ends = torch.tensor([rows.start, rows.stop], device=self._sample.device)
            start, stop = torch.searchsorted(self._sample, ends).tolist()
            self._sampled[start:stop] = products[self._sample[start:stop] - rows.start]
        for near in self._near:
            near.look(rows, products)

    @property
    def nearest(self) -> Floats:
        """Largest product of each feature of the first dictionary."""
        return (self._of_larger if self._is_turned else self._of_smaller).double().numpy(force=True)

    def numbers(self) -> dict[str, float]:
        """Every number, those of pairings of the sample."""
        of_smaller, of_larger = (float(one.mean(dtype=torch.float64)) for one in (self._of_smaller, self._of_larger))
        n_mutual = int((self._of_smaller == self._of_larger[self._partner]).sum())
        found = {
            "mmcs": of_larger if self._is_turned else of_smaller,
            "mmcs_reverse": of_smaller if self._is_turned else of_larger,
            "mutual_share": n_mutual / len(self._of_larger if self._is_turned else self._of_smaller),
        }
        if self._sample is None:
            return found
        return found | self._of_pairings(full_pairing_of(self._sampled), full_pairing_of(self._sampled.abs()))

    def numbers_in_full(self) -> dict[str, float]:
        """Those of pairings of all features; nothing unless asked for."""
        if not self._near:
            return {}
        signed, absolute = (full_pairing(one.pairs(), one.shape, None) for one in self._near)
        return self._of_pairings(signed, absolute)

    def _of_pairings(self, signed: FullPairing, absolute: FullPairing) -> dict[str, float]:
        shared = signed.values > self._shared_above
        return {
            "pw_mcc": signed.value,
            "pw_mcc_absolute": absolute.value,
            "shared_share": float(np.mean(shared)),
        }
