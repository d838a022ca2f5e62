"""Tensors and clouds as plain values and bytes, for processes that cannot read them from where they lie."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.cloud.feature_cloud import FeatureCloud


@dataclass(frozen=True)
class SentTensor:
    """A tensor as bytes, which processes of one machine may share."""

    content: NDArray[np.uint8]
    dtype: torch.dtype
    shape: tuple[int, ...]

    @classmethod
    def of(cls, tensor: torch.Tensor) -> "SentTensor":
        """A tensor, wherever it is."""
        content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        return cls(content, tensor.dtype, tuple(tensor.shape))

    def tensor(self) -> torch.Tensor:
        """The tensor, on the CPU, over the very bytes. Nobody may write to it."""
        if not self.content.size:
            return torch.empty(self.shape, dtype=self.dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that the bytes cannot be written to
            return torch.from_numpy(self.content).view(self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class SentCloud:
    """A cloud as bytes."""

    directions: SentTensor
    feature_ids: NDArray[np.int64]
    norms: NDArray[np.float64]
    described: SaeDescription
    labels: tuple[str, ...] | None
    n_zero_rows: int

    @classmethod
    def of(cls, cloud: FeatureCloud) -> "SentCloud":
        """A cloud that is here."""
        return cls(
            SentTensor.of(cloud.vectors),
            np.asarray(cloud.feature_ids),
            cloud.norms,
            cloud.sae,
            cloud.labels,
            cloud.n_zero_rows,
        )

    def cloud(self) -> FeatureCloud:
        """The cloud, over the very bytes."""
        return FeatureCloud(
            self.directions.tensor(), self.feature_ids, self.norms, self.described, self.labels, self.n_zero_rows
        )
