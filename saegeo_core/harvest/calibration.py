"""The controls of a harvest: calibrated once, on the first tokens of the corpus, and kept for when it goes on."""

import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from saegeo_core.atomic_file import replacing
from saegeo_core.harvest.activation_source import ActivationSource
from saegeo_core.harvest.belonging import PlacedSae
from saegeo_core.harvest.control import CALIBRATION_TOKENS, ControlDictionary, Controls, calibrated_controls
from saegeo_core.harvest.corpus import Corpus
from saegeo_core.harvest.settings import HarvestSettings
from saegeo_core.harvest.shards import disk_errors_explained


@torch.no_grad()
def controls_of(
    saes: Sequence[PlacedSae], source: ActivationSource, corpus: Corpus, settings: HarvestSettings, folder: Path
) -> list[Controls]:
    """For each SAE its controls, as many as the settings ask for: read from `folder`, or calibrated and kept there.

    Raises:
        SaegeoError: whatever source and corpus raise, an SAE that no control can be made for, too few tokens, or a full
            disk.
    """
    if not settings.control_draws:
        return [Controls((), 0)] * len(saes)
    paths = [folder / f"controls-{number:05}.npz" for number in range(len(saes))]
    kept = [_read(path) for path in paths]
    hooks = {placed.hook for placed, controls in zip(saes, kept, strict=True) if controls is None}
    first = first_activations(source, corpus, settings, hooks) if hooks else {}
    return [
        controls or _calibrated(placed, first[placed.hook], settings, path)
        for placed, controls, path in zip(saes, kept, paths, strict=True)
    ]


def first_activations(
    source: ActivationSource, corpus: Corpus, settings: HarvestSettings, hooks: set[str]
) -> dict[str, torch.Tensor]:
    """The activations of the first tokens that will be harvested, for each hook a float32 tensor (n_tokens, d_in)."""
    most = min(CALIBRATION_TOKENS, settings.tokens or CALIBRATION_TOKENS)
    gathered: dict[str, list[torch.Tensor]] = {hook: [] for hook in hooks}
    n_tokens = 0
    for batch in source.batches(islice(corpus.documents(), settings.documents)):
        for hook in hooks:
            gathered[hook].append(batch.activations[hook][: most - n_tokens].float())
        n_tokens += batch.n_tokens
        if n_tokens >= most:
            break
    return {hook: torch.cat(rows) if rows else torch.zeros(0, source.d_in[hook]) for hook, rows in gathered.items()}


def _calibrated(placed: PlacedSae, activations: torch.Tensor, settings: HarvestSettings, path: Path) -> Controls:
    controls = calibrated_controls(placed.sae, activations, settings.fires_above, settings.seed, settings.control_draws)
    with disk_errors_explained(path.parent), replacing(path) as file:
        np.savez(
            file,
            allow_pickle=False,
            directions=np.stack([control.directions for control in controls.dictionaries]),
            thresholds=np.stack([control.thresholds for control in controls.dictionaries]),
            n_tokens=controls.n_tokens,
        )
    return controls


def _read(path: Path) -> Controls | None:
    """The controls kept in a file, or None where there are none or they are damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            draws = zip(stored["directions"], stored["thresholds"], strict=True)
            return Controls(tuple(ControlDictionary(*draw) for draw in draws), int(stored["n_tokens"]))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
