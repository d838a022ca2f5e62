"""Products of the rows of a dictionary with those of another that is reflected along coordinates, in several ways at once.

Coordinates that change sign together in all of these reflections form a block. The products within each block are made once, and
every reflection adds them up with signs of its own: four reflections of four blocks cost the multiplications of one.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from saegeo_core.numerics.bounded_products import fastest_format
from saegeo_core.numerics.directions import row_slices

ENTRIES_AT_ONCE = 2**22


class ReflectedProducts:
    """Unit rows of two dictionaries, in the coordinates along which the second is reflected.

    Products are those of rows rounded to the quickest format (bfloat16 for long rows where the processor has it, float32
    otherwise), rounded once more in each block. In bfloat16 at 2,304 dimensions they are off by 5e-5 (root mean square), a four
    hundredth of the spread of such cosines.

    Args:
        first: (n_first, d_in).
        second: (n_second, d_in), on the same device.
    """

    def __init__(self, first: Tensor, second: Tensor) -> None:
        self.shape, self.d_in, self.device = (len(first), len(second)), first.shape[1], first.device
        self._first, self._second = first, second
        self._format: torch.dtype = getattr(torch, fastest_format(self.device, self.d_in))

    def tiles(self, signs: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Some rows of the first after the other, and their products with all of the second in each reflection.

        Float32 (n_reflections, n_rows, n_second), written over by the next.

        Args:
            signs: (n_reflections, d_in), 1 or -1: what each coordinate of the second is multiplied by.
        """
        n, m = self.shape
        common = signs[0]
        patterns, block = torch.unique(signs * common, dim=1, return_inverse=True)
        coordinates = [(block == number).nonzero()[:, 0] for number in range(patterns.shape[1])]
        sides = [
            (
                self._first[:, chosen.to(self.device)].to(self._format),
                (self._second[:, chosen.to(self.device)] * common[chosen].to(self._second)).to(self._format),
            )
            for chosen in coordinates
        ]
        patterns = patterns.to(self.device, torch.float32)
        height = max(1, ENTRIES_AT_ONCE // m)
        # Kept from tile to tile: asked for anew, memory takes longer to come than the multiplications do.
        product = torch.empty(height, m, dtype=self._format, device=self.device)
        within, added = (torch.zeros(size, height, m, device=self.device) for size in (len(sides), len(patterns)))
        for rows in row_slices(n, height):
            some = slice(0, rows.stop - rows.start)
            for number, (left, right) in enumerate(sides):
                within[number, some] = torch.mm(left[rows], right.T, out=product[some])
            torch.mm(patterns, within.flatten(1), out=added.flatten(1))
            yield rows, added[:, some]
