"""How a worker comes by what is read: as the harvest itself did, by name; or what it has not by name it is sent, once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.source import ActivationSource, LiesInFiles
from saegeo_core.cloud.sent_cloud import SentCloud, SentTensor
from saegeo_core.harvesting.control import Controls
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.loading.whole_sae import whole_sae


class Opening(Protocol):
    """How SAEs and activations are opened by name, in any process."""

    def saes(self) -> Sequence[PlacedSae]:
        """The SAEs.

        Raises:
            SaegeoError: one is not there.
        """
        ...

    def source(self, saes: Sequence[PlacedSae], model: Path | None = None) -> ActivationSource:
        """The source of the activations that they read; `model` is a folder to take in place of the one named.

        Raises:
            SaegeoError: it is not there.
        """
        ...


@dataclass(frozen=True)
class SentSae:
    """An SAE at its hook, as plain values and bytes: its settings as sae-lens has them, its weights, its directions."""

    config: Mapping[str, Any]
    weights: Mapping[str, SentTensor]
    cloud: SentCloud
    hook: str

    @classmethod
    def of(cls, placed: PlacedSae) -> "SentSae":
        """An SAE that is here."""
        module = placed.sae.module
        weights = {name: SentTensor.of(tensor) for name, tensor in _tensors(module).items()}
        return cls(module.cfg.to_dict(), weights, SentCloud.of(placed.sae.cloud), placed.hook)

    def placed(self, device: str) -> PlacedSae:
        """The SAE, on `device`."""
        from sae_lens import SAE

        module: Any = SAE.from_dict({**self.config, "device": "cpu"})
        for name, tensor in _tensors(module).items():
            tensor.data = self.weights[name].tensor()
        return PlacedSae(whole_sae(self.cloud.cloud(), module, device=device), self.hook)


@dataclass(frozen=True)
class Sent:
    """What workers are sent that have it not by name.

    Attributes:
        saes: the SAEs.
        controls: of each, its controls.
        model: the files of the model by their names; none where a source is not made of files.
    """

    saes: tuple[SentSae, ...]
    controls: tuple[Controls, ...]
    model: Mapping[str, NDArray[np.uint8]]

    @classmethod
    def of(cls, saes: Sequence[PlacedSae], source: ActivationSource, controls: Sequence[Controls]) -> "Sent":
        """What is here."""
        files = {}
        if isinstance(source, LiesInFiles):
            with TemporaryDirectory() as folder:
                source.write_to(Path(folder))
                files = {path.name: np.fromfile(path, np.uint8) for path in Path(folder).iterdir()}
        return cls(tuple(map(SentSae.of, saes)), tuple(controls), files)

    @contextmanager
    def model_folder(self) -> Iterator[Path | None]:
        """A folder with the model's files, as long as this lasts; None where there are none."""
        if not self.model:
            yield None
            return
        with TemporaryDirectory() as folder:
            for name, content in self.model.items():
                content.tofile(Path(folder) / name)
            yield Path(folder)


def _tensors(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}
