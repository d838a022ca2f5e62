"""Cheap products of unit rows, with a proven bound on how far each may lie from the true cosine.

To count the pairs beyond a threshold one need not know a cosine well, only on which side it lies. So the rows are
rounded to a format that the hardware multiplies fast (bfloat16 where it can, four times as fast as float32), and the few
products that the bound leaves in doubt are computed again in float64 from the vectors as stored. What is decided this
way is what float64 decides, whatever the format.

Short rows are multiplied twice as fast again as 8-bit integers, in units of a 127th of the largest entry of all. Their bound is
wider, and more is left in doubt, so that they serve where few pairs lie anywhere near the threshold.

The bound: let u, v be unit rows and u', v' the rounded ones. By Cauchy-Schwarz

    |u'.v' - u.v| <= |u' - u| |v'| + |v' - v|,

with the lengths of the rounding errors measured, not assumed. To it come the float32 sum over d_in terms, at most
d_in 2^-23 in any order of summation, and the rounding of the product to the format, relative to its size.
"""

from typing import Literal, TypeVar

import torch
from torch import Tensor

from saegeo_core.numerics.directions import ROWS_AT_ONCE, Directions, row_slices
from saegeo_core.numerics.side_by_side import side_by_side

Number = TypeVar("Number", float, Tensor)
ProductFormat = Literal["int8", "bfloat16", "float32", "float64"]

CUSHION = 2**-20
"""Covers that products and bounds are compared as float32."""


LARGEST_IN_BYTE = 2**7 - 1
BYTES_AT_ONCE = 64
"""Rows of 8-bit integers are as long as a multiple of so many."""

LONG_ROWS = 512
"""Rows from which the products, not the passes over them, take most of the time."""


def fastest_format(device: str | torch.device, d_in: int) -> ProductFormat:
    """The format for products of rows of length ``d_in`` on ``device``.

    bfloat16 for long rows on processors with instructions for it; float32 on the CPU otherwise. On accelerators
    float64: fast enough there, and no setting of theirs (TF32, sums in reduced precision) changes it.
    """
    if torch.device(device).type != "cpu":
        return "float64"
    return "bfloat16" if d_in >= LONG_ROWS and cpu_multiplies_bfloat16() else "float32"


def coarsest_format(device: str | torch.device) -> ProductFormat:
    """The fastest format for short rows, where a wide bound does no harm: 8-bit integers on processors that multiply these fast.

    Where there are tiles for bfloat16 (AMX) torch uses them, and those for 8-bit integers it does not: 256 dimensions took .8 ms
    a tile in bfloat16 and 2.7 to 4.2 in 8-bit integers.
    """
    if torch.device(device).type != "cpu":
        return "float64"
    capabilities = torch.cpu.get_capabilities()
    if capabilities.get("avx512_vnni") and not capabilities.get("amx_bf16"):
        return "int8"
    return "bfloat16" if cpu_multiplies_bfloat16() else "float32"


def cpu_multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for products of bfloat16 numbers."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class BoundedProducts:
    """Products of the unit rows of a matrix in a given format.

    Holds one copy of the rows in that format: 38 MB for 16,384 x 2,304 in 8-bit integers, 75 MB in bfloat16, 151 MB in float32.

    Attributes:
        error: bound on the error of any product before it is rounded to the format.

    Raises:
        ValueError: bfloat16 or int8 elsewhere than on the CPU: sums may be rounded there more coarsely than the bound allows.
    """

    def __init__(self, directions: Directions, product_format: ProductFormat) -> None:
        vectors = directions.vectors
        if product_format in ("bfloat16", "int8") and vectors.device.type != "cpu":
            raise ValueError(f"products in {product_format} have a proven error on the CPU only")
        dtype: torch.dtype = getattr(torch, product_format)
        n, width = vectors.shape
        self._step: float | None = None
        if dtype == torch.int8:
            self._step = _largest_entry(directions) / LARGEST_IN_BYTE
            width += -width % BYTES_AT_ONCE
        self._rounded = torch.zeros(n, width, dtype=dtype, device=vectors.device)
        self._rounding = torch.finfo(torch.float32 if self._step else dtype).eps / 2
        row_error = torch.empty_like(directions.norms)

        def round_rows(rows: slice) -> None:
            unit = directions.unit(rows)
            rounded = unit.to(dtype) if self._step is None else unit.div(self._step).round_().to(dtype)
            self._rounded[rows, : vectors.shape[1]] = rounded
            row_error[rows] = torch.linalg.vector_norm(rounded.double().mul_(self._step or 1.0).sub_(unit), dim=1)

        side_by_side(round_rows, row_slices(len(directions), ROWS_AT_ONCE), vectors.device)
        worst = row_error.max().item() if len(directions) else 0.0
        self.error = worst * (1 + worst) + worst + vectors.shape[1] * 2**-23 + CUSHION

    def tile(self, rows: slice, columns: slice) -> Tensor:
        """Products of two ranges of rows, shape (n_rows, n_columns), float32 numbers that the format holds."""
        return self._in_float32(self._multiplied(rows, columns))

    def rows_beyond(self, rows: slice, columns: slice, bound: float) -> tuple[Tensor, Tensor]:
        """Rows of a tile with some |product| above `bound`: their numbers in the tile, int64 (n,), and products, (n, n_columns).

        Passes that only read find them, and where they are few nothing more is done to the others.
        """
        products = self._multiplied(rows, columns)
        largest = self._in_float32(torch.stack([products.amax(1), products.amin(1)])).abs().amax(0)
        (beyond,) = (largest > bound).nonzero(as_tuple=True)
        return beyond, self._in_float32(products[beyond])

    def _multiplied(self, rows: slice, columns: slice) -> Tensor:
        """Products in the format, of 8-bit integers in 32-bit ones."""
        if self._step is None:
            return self._rounded[rows] @ self._rounded[columns].T
        return torch._int_mm(self._rounded[rows], self._rounded[columns].T)

    def _in_float32(self, products: Tensor) -> Tensor:
        """Whole numbers are at most 2^14 times the width, which float32 holds exactly up to 1,024."""
        return products.float() if self._step is None else products.float().mul_(self._step**2)

    def reach(self, size: Number) -> Number:
        """How far from a cosine of absolute value ``size`` a product must lie to be surely on the side it seems to be."""
        return (1 + 2 * self._rounding) * (self.error + self._rounding * size)


def _largest_entry(directions: Directions) -> float:
    """Of all unit rows, in absolute value; 1 where there are none."""
    largest = torch.zeros_like(directions.norms)

    def look(rows: slice) -> None:
        largest[rows] = directions.vectors[rows].abs().amax(1) / directions.norms[rows]

    side_by_side(look, row_slices(len(directions), ROWS_AT_ONCE), largest.device)
    return largest.max().item() if len(directions) else 1.0
