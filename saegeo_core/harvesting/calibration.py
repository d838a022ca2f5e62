"""The controls of a harvest: calibrated once, on the first tokens of the corpus, and kept for when it goes on."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from saegeo_core.activations.source import ActivationSource
from saegeo_core.atomic_file import replacing
from saegeo_core.corpora.corpus import Corpus
from saegeo_core.firing.reflection import Reflection
from saegeo_core.harvesting.control import ControlDictionary, Controls, calibrated_controls
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shards import disk_errors_explained

#: Tokens from the beginning of the corpus that thresholds are set on. Text differs from document to document, and thresholds
#: set on too few documents are exceeded more often in others: by 12 % for 32,768 tokens of mixed text, by 3 % for these.
CALIBRATION_TOKENS = 1 << 17
#: Of them that many are kept, evenly spread: rates from 1 in 32,768 up are matched.
SAMPLED_TOKENS = 1 << 15


@torch.no_grad()
def controls_of(
    saes: Sequence[PlacedSae], source: ActivationSource, corpus: Corpus, settings: HarvestSettings, folder: Path
) -> list[Controls]:
    """For each SAE its controls, as many as the settings ask for: read from `folder`, or calibrated and kept there.

    Raises:
        SaegeoError: whatever source and corpus raise, an SAE that no control can be made for, too few tokens, or a full
            disk.
    """
    kept = kept_controls(saes, settings, folder)
    hooks = {placed.hook for placed, controls in zip(saes, kept, strict=True) if controls is None}
    first = first_activations(source, corpus, settings, hooks) if hooks else {}
    return [
        controls or _calibrated(placed, first[placed.hook], settings, _path(folder, number))
        for number, (placed, controls) in enumerate(zip(saes, kept, strict=True))
    ]


def kept_controls(saes: Sequence[PlacedSae], settings: HarvestSettings, folder: Path) -> list[Controls | None]:
    """For each SAE the controls that are kept in `folder`, or None; none at all where the settings ask for none."""
    if not settings.has_controls:
        return [Controls((), 0)] * len(saes)
    return [_read(_path(folder, number), placed, settings) for number, placed in enumerate(saes)]


class Sample:
    """Every token of a text as long as it is short, then every second, every fourth …: spread evenly, and bounded in number.

    Which tokens these are depends on nothing but how many there were.

    Attributes:
        n_seen: tokens of the text so far.
    """

    def __init__(self, d_in: int, most: int) -> None:
        self._rows = [torch.zeros(0, d_in)]
        self._most = most
        self._stride = 1
        self._n_kept = 0
        self.n_seen = 0

    def add(self, rows: torch.Tensor) -> None:
        """The activations (n_tokens, d_in) of the tokens that follow."""
        kept = rows[-self.n_seen % self._stride :: self._stride].float()
        self._rows.append(kept)
        self._n_kept += len(kept)
        self.n_seen += len(rows)
        while self._n_kept > self._most:
            self._rows = [self.activations()[::2].clone()]
            self._n_kept = len(self._rows[0])
            self._stride *= 2

    def activations(self) -> torch.Tensor:
        """Those kept, float32 (n_kept, d_in)."""
        return torch.cat([rows.to(self._rows[-1].device) for rows in self._rows])


def first_activations(
    source: ActivationSource, corpus: Corpus, settings: HarvestSettings, hooks: set[str]
) -> dict[str, Sample]:
    """Samples of the activations of the first tokens that will be harvested, one for each hook."""
    most = min(CALIBRATION_TOKENS, settings.tokens or CALIBRATION_TOKENS)
    samples = {hook: Sample(source.d_in[hook], SAMPLED_TOKENS) for hook in hooks}
    n_tokens = 0
    for batch in source.batches(islice(corpus.documents(), settings.documents)):
        for hook, sample in samples.items():
            sample.add(batch.activations[hook][: most - n_tokens])
        n_tokens += batch.n_tokens
        if n_tokens >= most:
            break
    return samples


def _calibrated(placed: PlacedSae, sample: Sample, settings: HarvestSettings, path: Path) -> Controls:
    drawn = calibrated_controls(
        placed.sae,
        sample.activations(),
        settings.fires_above,
        settings.seed,
        reflected=settings.control_draws,
        gaussian=settings.gaussian_draws,
    )
    controls = Controls(tuple(drawn), sample.n_seen)
    placed_anew = [control.directions for control in drawn]
    reflections = [one for one in placed_anew if isinstance(one, Reflection)]
    own = [one for one in placed_anew if not isinstance(one, Reflection)]
    with disk_errors_explained(path.parent), replacing(path) as file:
        np.savez(
            file,
            allow_pickle=False,
            axes=np.zeros((0, 0), np.float32) if controls.axes is None else controls.axes,
            signs=np.array([one.signs for one in reflections], np.int8),
            directions=np.array(own, np.float32),
            thresholds=np.stack([control.thresholds for control in drawn]),
            n_tokens=controls.n_tokens,
        )
    return controls


def _path(folder: Path, number: int) -> Path:
    return folder / f"controls-{number:05}.npz"


def _read(path: Path, placed: PlacedSae, settings: HarvestSettings) -> Controls | None:
    """The controls kept in a file, or None where there are none, they are damaged, or other ones than are asked for."""
    n_reflected, n_gaussian = settings.control_draws, settings.gaussian_draws
    n_features, d_in = placed.sae.cloud.n_features, placed.sae.d_in
    shapes: dict[str, tuple[int, ...]] = {"thresholds": (n_reflected + n_gaussian, n_features), "n_tokens": ()}
    if n_reflected:
        shapes |= {"axes": (d_in, d_in), "signs": (n_reflected, d_in)}
    if n_gaussian:
        shapes |= {"directions": (n_gaussian, n_features, d_in)}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
            is_as_asked = all(arrays[name].shape == shape for name, shape in shapes.items())
    except Exception:  # a damaged archive fails in many ways, zlib's and zipfile's among them
        return None
    if not is_as_asked:
        return None
    placed_anew = [*(Reflection(arrays["axes"], signs) for signs in arrays["signs"]), *arrays["directions"]]
    drawn = zip(placed_anew, arrays["thresholds"], strict=True)
    return Controls(tuple(ControlDictionary(*one) for one in drawn), int(arrays["n_tokens"]))
