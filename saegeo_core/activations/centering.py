"""Activations as a model with centered writing weights would give them.

TransformerLens can subtract from every weight that writes to the residual stream its mean over the width; layer norms undo it,
so the model is the same, but its residual stream has mean zero. SAEs trained there need the same from a plain model.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def center(activations: "Mapping[str, torch.Tensor]", hooks: Collection[str]) -> "dict[str, torch.Tensor]":
    """The activations (n_tokens, d_in) of every hook; at `hooks` each row without its mean, computed in float32."""
    return {hook: _centered(rows) if hook in hooks else rows for hook, rows in activations.items()}


def _centered(rows: "torch.Tensor") -> "torch.Tensor":
    exact = rows.float()
    return (exact - exact.mean(dim=1, keepdim=True)).to(rows.dtype)
