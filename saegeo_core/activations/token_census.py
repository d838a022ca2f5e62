"""Counting tokens that are not like the others.

Besides BOS, some tokens carry activations of enormous norm (attention sinks: the first tokens, a full stop, a line end).
They are tokens of the text, so they are kept; but a reader of firing statistics must know how many there were.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch

TIMES_THE_MEDIAN = 10.0


class TokenCensus:
    """Counts of tokens, for each hook, over the batches shown to it.

    A token counts as of high norm when the Euclidean norm of its activation is more than 10 times the median of its batch.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}
        self._high_norm: dict[str, torch.Tensor | int] = {}
        self._all_finite: dict[str, torch.Tensor | bool] = {}

    def add(self, activations: "Mapping[str, torch.Tensor]") -> None:
        """Count one batch. Counts stay on the device, so that it need not be waited for."""
        for hook, rows in activations.items():
            norms = rows.float().norm(dim=1)
            self._tokens[hook] = self._tokens.get(hook, 0) + len(rows)
            self._high_norm[hook] = self._high_norm.get(hook, 0) + (norms > TIMES_THE_MEDIAN * norms.median()).sum()
            self._all_finite[hook] = self._all_finite.get(hook, True) & norms.isfinite().all()

    def counts(self) -> dict[str, dict[str, int]]:
        """For each hook `tokens` and `high_norm`."""
        return {
            hook: {"tokens": tokens, "high_norm": int(self._high_norm[hook])} for hook, tokens in self._tokens.items()
        }

    def refuse_non_finite(self, advice: str) -> None:
        """Raise SaegeoError when an activation counted so far was NaN or infinite."""
        broken = [hook for hook, finite in self._all_finite.items() if not finite]
        if broken:
            raise SaegeoError(f"activations at {', '.join(broken)} hold NaN or infinity", advice)
