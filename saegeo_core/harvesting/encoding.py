"""A dictionary's own `encode`, piece by piece: never more dense numbers at once than a stated budget allows.

A million features times a few thousand tokens fill any memory, and nearly all of these numbers are zero. So tokens are
encoded a few at a time and, where no feature looks at another, features as well: `encode` is then called with columns of the
weights in place of the whole. Which pieces there are is decided by shapes alone, so the same tokens give the same bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from saegeo_core.errors import SaegeoError

#: Tokens that are encoded at once: enough to keep the device busy, few enough that a CPU holds the result in its cache.
TOKENS_AT_ONCE = {"cpu": 256, "cuda": 8192}
#: Bytes that the numbers of one piece may take together, the copies made while encoding and counting included.
BUDGET = {"cpu": 1 << 30, "cuda": 2 << 30}
#: At their height encoding and counting hold seven float32 copies of a piece, and a few bytes more.
BYTES_PER_ENTRY = 32

#: Weights that have a place for each feature along the last axis, in the architectures that encode feature by feature.
WEIGHTS_OF_FEATURES = frozenset(["W_enc", "b_enc", "threshold", "b_gate", "r_mag", "b_mag"])


class Piece(NamedTuple):
    """Activations, float32 tensor (n_tokens, n_features), of some rows of a unit and some features."""

    rows: slice
    features: slice
    activations: torch.Tensor


@dataclass(frozen=True)
class Layout:
    """How much is encoded at once.

    Attributes:
        block_tokens: tokens in a block.
        n_blocks: blocks in a unit.
        budget: bytes for the numbers of one piece.
    """

    block_tokens: int
    n_blocks: int
    budget: int

    @classmethod
    def on(cls, device: str, block_tokens: int) -> "Layout":
        """What suits a kind of device, "cpu" or "cuda"."""
        return cls(block_tokens, max(1, TOKENS_AT_ONCE[device] // block_tokens), BUDGET[device])

    @property
    def n_rows(self) -> int:
        """Tokens in a unit."""
        return self.block_tokens * self.n_blocks


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Something that encodes: an SAE, or an untrained dictionary.

    Attributes:
        module: has `encode`, from activations (n_tokens, d_in) to (n_tokens, n_features).
        hook: the place in the model that it reads.
        n_features: number of features.
        is_feature_wise: whether a feature can be encoded without the others.
        device: where it is.
    """

    module: Any
    hook: str
    n_features: int
    is_feature_wise: bool
    device: torch.device

    def zeros(self, dtype: torch.dtype, *shape: int) -> torch.Tensor:
        """A tensor (*shape, n_features) where the dictionary is."""
        return torch.zeros(*shape, self.n_features, dtype=dtype, device=self.device)


class Encoder:
    """Encodes units, in pieces that the layout's budget has room for."""

    def __init__(self, dictionary: Dictionary, layout: Layout) -> None:
        self.dictionary = dictionary
        self.n_rows = layout.n_rows
        self.block_tokens = layout.block_tokens
        self.rows_at_once, self.features_at_once = layout.n_rows, dictionary.n_features
        most_entries = layout.budget // BYTES_PER_ENTRY
        if dictionary.is_feature_wise:
            self.features_at_once = min(dictionary.n_features, max(1, most_entries // layout.n_rows))
        else:
            self._encode_at_once(most_entries // dictionary.n_features)

    def pieces(self, unit: torch.Tensor) -> Iterator[Piece]:
        """All rows of `unit`, a tensor (n_rows, d_in), encoded. A piece holds whole blocks, or rows of one block."""
        for rows in self._row_slices():
            for first in range(0, self.dictionary.n_features, self.features_at_once):
                features = slice(first, min(first + self.features_at_once, self.dictionary.n_features))
                yield Piece(rows, features, self._encode(unit[rows], features))

    def halve(self) -> None:
        """From now on encode half as many tokens at once.

        Raises:
            SaegeoError: it was a single one.
        """
        if self.rows_at_once == 1:
            raise SaegeoError(
                f"there is no memory to encode one token with {self.dictionary.n_features} features",
                "harvest fewer SAEs at once, or type --device cpu",
            )
        self._encode_at_once(self.rows_at_once // 2)

    def _encode_at_once(self, n_rows: int) -> None:
        """Whole blocks, or less than one."""
        n_rows = min(self.n_rows, max(1, n_rows))
        self.rows_at_once = n_rows - n_rows % self.block_tokens if n_rows > self.block_tokens else n_rows

    def _row_slices(self) -> Iterator[slice]:
        run = max(self.block_tokens, self.rows_at_once)
        for start in range(0, self.n_rows, run):
            stop = min(start + run, self.n_rows)
            for first in range(start, stop, self.rows_at_once):
                yield slice(first, min(first + self.rows_at_once, stop))

    def _encode(self, rows: torch.Tensor, features: slice) -> torch.Tensor:
        module = self.dictionary.module
        if features == slice(0, self.dictionary.n_features):
            activations: torch.Tensor = module.encode(rows)
        else:
            weights = {
                f"module.{name}": weight[..., features]
                for name, weight in module.named_parameters()
                if name in WEIGHTS_OF_FEATURES
            }
            activations = torch.func.functional_call(_Encode(module), weights, (rows,))
        dense = activations.to_dense() if activations.is_sparse else activations
        return dense.float()


class _Encode(torch.nn.Module):
    """A module whose call is another's `encode`, for which functional_call can exchange the weights."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Encode."""
        activations: torch.Tensor = self.module.encode(rows)
        return activations
