"""All that a harvest encodes with: SAEs and their controls, by the names that shards have for them."""

from collections.abc import Sequence

import torch

from saegeo_core.harvesting.control import Controls, control_module
from saegeo_core.harvesting.encoding import Dictionary
from saegeo_core.harvesting.placed_sae import PlacedSae


def dictionaries_of(
    saes: Sequence[PlacedSae], controls: Sequence[Controls], fires_above: float, device: torch.device
) -> dict[str, Dictionary]:
    """The SAEs, on `device`, and behind each its controls: "0", "0.0", "0.1", …, "1" and so on."""
    dictionaries = {}
    for number, (placed, drawn) in enumerate(zip(saes, controls, strict=True)):
        sae, hook = placed.sae, placed.hook
        dictionaries[f"{number}"] = Dictionary(sae.module, hook, sae.n_features, sae.is_feature_wise, device)
        for draw, control in enumerate(drawn.dictionaries):
            module = control_module(sae, control, fires_above)
            dictionaries[f"{number}.{draw}"] = Dictionary(module, hook, control.n_features, True, device)
    return dictionaries


def is_control(name: str) -> bool:
    """Whether a shard has that name for a control."""
    return "." in name
