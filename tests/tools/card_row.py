"""How the card of a bundled release tells the measured figures of a dictionary."""

from collections.abc import Mapping
from typing import Any


def card_row(sae_id: str, facts: Mapping[str, Any]) -> str:
    """The row of its table, from what `release.json` says of the dictionary."""
    return (
        f"| `{sae_id}` | `{facts['hook_name']}` | {facts['d_sae']:,} | {facts['l0']:.1f} "
        f"| {facts['fraction_of_variance_unexplained']:.3f} | {facts['dead_share']:.1%} |".replace("%", " %")
    )
