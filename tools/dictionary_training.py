"""One sparse dictionary: trained by sae-lens, turned into a JumpReLU, saved in half precision.

Training is sae-lens's own (`SAETrainer` on a `BatchTopKTrainingSAE`), and so is the conversion: a batch top-k dictionary
selects the k x batch largest activations of a whole batch, which at use becomes one threshold for all features. Decoder
norms are folded into the encoder there, so every saved decoder row is a unit vector and activations are in the units of the
model. Inputs are not normalized, hence nothing of the kind needs folding.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sae_lens import SAE, BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.config import SAETrainerConfig
from sae_lens.saes.sae import SAEMetadata
from sae_lens.training.sae_trainer import SAETrainer
from short_floats import rounded

_SPREAD_TOKENS = 65_536


@dataclass(frozen=True)
class Recipe:
    """How one dictionary is trained; `seed` sets its first weights and the order of the tokens."""

    d_sae: int
    k: int
    seed: int
    steps: int = 1000
    batch_tokens: int = 2048
    learning_rate: float = 4e-3
    warm_up_share: float = 0.05
    decay_share: float = 0.3
    decoder_init_norm: float = 0.1
    aux_loss_coefficient: float = 1.0
    dead_after_tokens: int = 200_000


class ThresholdBatchTopK(torch.nn.Module):
    """sae-lens's BatchTopK, written as the one threshold that the batch sets: the same selection, several times as fast.

    A partial partition replaces the sorted top-k over batch x d_sae numbers, which took most of a training step. It differs
    only where activations tie at the smallest one selected; then all of them stay.
    """

    def __init__(self, k: float) -> None:
        super().__init__()
        self.k = k

    def forward(self, pre_activations: torch.Tensor) -> torch.Tensor:
        n_selected = int(self.k * pre_activations.shape[:-1].numel())
        values = pre_activations.detach().float().numpy().ravel()
        smallest = np.partition(values, -n_selected)[-n_selected]
        just_below = float(np.nextafter(smallest, np.float32(-np.inf)))
        return torch.nn.functional.threshold(pre_activations, max(0.0, just_below), 0.0)


class _TrainingSAE(BatchTopKTrainingSAE):
    def get_activation_fn(self) -> ThresholdBatchTopK:
        return ThresholdBatchTopK(self.cfg.k)


def train(activations: torch.Tensor, recipe: Recipe) -> BatchTopKTrainingSAE:
    """Train on `activations`, (n_tokens, d_in) in any float type, reshuffled over all tokens in every epoch."""
    torch.manual_seed(recipe.seed)
    sae = _TrainingSAE(
        BatchTopKTrainingSAEConfig(
            d_in=activations.shape[1],
            d_sae=recipe.d_sae,
            k=recipe.k,
            decoder_init_norm=recipe.decoder_init_norm,
            aux_loss_coefficient=recipe.aux_loss_coefficient,
        )
    )
    # Starting from the mean, no feature has to spend itself on what all tokens share.
    sae.b_dec.data = _spread(activations).mean(dim=0)
    warm_up, decay = (round(share * recipe.steps) for share in (recipe.warm_up_share, recipe.decay_share))
    trainer = SAETrainer(
        SAETrainerConfig(
            total_training_samples=recipe.steps * recipe.batch_tokens,
            train_batch_size_samples=recipe.batch_tokens,
            lr=recipe.learning_rate,
            lr_end=recipe.learning_rate,
            lr_warm_up_steps=warm_up,
            lr_decay_steps=decay,
            # bfloat16 products are five times as fast on this kind of processor; weights and sums stay float32.
            autocast=True,
            dead_feature_window=recipe.dead_after_tokens // recipe.batch_tokens,
            # One window over the whole of training: sae-lens would otherwise draw a histogram for a logger not in use.
            feature_sampling_window=recipe.steps + 1,
        ),
        sae,
        _shuffled_batches(activations, recipe.batch_tokens, recipe.seed),
    )
    trainer.fit()
    return sae


def save(
    sae: BatchTopKTrainingSAE,
    activations: torch.Tensor,
    metadata: dict[str, Any],
    folder: Path,
    mantissa_bits: int = 10,
) -> None:
    """Write the inference form of `sae` to `folder` as a sae-lens folder with float16 weights.

    Of their ten bits after the leading one, encoder and decoder keep `mantissa_bits`; the others are zero, which an archive
    stores in no room.

    The threshold that sae-lens carries is a moving average of each batch's smallest selected activation, an extreme that
    trails the decaying learning rate. It is replaced by the one threshold at which the rounded weights fire k times per
    token on a sample of the training `activations`, so that all dictionaries of a release have the L0 they are named for.
    """
    k = sae.cfg.k
    with tempfile.TemporaryDirectory() as converted:
        sae.save_inference_model(converted)
        jumprelu = SAE.load_from_disk(converted)
    for parameter in jumprelu.parameters():
        parameter.data = parameter.data.half().float()
    for matrix in (jumprelu.W_enc, jumprelu.W_dec):
        matrix.data = rounded(matrix.data, mantissa_bits)
    jumprelu.threshold.data.fill_(_threshold_for_l0(jumprelu, activations, k))

    details = jumprelu.cfg.metadata.to_dict()
    jumprelu.cfg.metadata = SAEMetadata(**{**details, **metadata})
    # cfg.dtype stays float32: it is the precision to compute in, and sae-lens widens the stored weights to it on loading.
    for parameter in jumprelu.parameters():
        parameter.data = parameter.data.half()
    weights, _ = jumprelu.save_model(folder)
    weights.chmod(0o644)  # safetensors writes files that only their owner may read; this one ships


def measure(folder: Path, activations: torch.Tensor) -> dict[str, float]:
    """What the dictionary saved in `folder` does on text it never saw.

    `l0`: mean number of features firing per token. `fraction_of_variance_unexplained`: summed squared error of the
    reconstruction over the summed squared distance of the tokens from their mean. `dead_share`: share of features that fire
    on none of the tokens.
    """
    sae = SAE.load_from_disk(folder)
    mean = activations.mean(dim=0, dtype=torch.float64).float()
    fired = torch.zeros(sae.cfg.d_sae, dtype=torch.int64)
    error = total = 0.0
    with torch.no_grad():
        for chunk in activations.split(8192):
            rows = chunk.float()
            features = sae.encode(rows)
            fired += (features > 0).sum(dim=0)
            error += (sae.decode(features) - rows).double().square().sum().item()
            total += (rows - mean).double().square().sum().item()
    return {
        "l0": fired.sum().item() / len(activations),
        "fraction_of_variance_unexplained": error / total,
        "dead_share": (fired == 0).double().mean().item(),
    }


def _shuffled_batches(activations: torch.Tensor, batch_tokens: int, seed: int) -> Iterator[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(activations), generator=generator)
        for start in range(0, len(order) - batch_tokens + 1, batch_tokens):
            yield activations[order[start : start + batch_tokens]].float()


def _spread(activations: torch.Tensor) -> torch.Tensor:
    """Some 65,536 tokens at even distances, hence of every kind of text."""
    return activations[:: max(1, len(activations) // _SPREAD_TOKENS)].float()


@torch.no_grad()
def _threshold_for_l0(sae: Any, activations: torch.Tensor, l0: float) -> float:
    """The threshold above which, on average over tokens of every kind, `l0` features fire."""
    rows = _spread(activations)
    pre_activations = (rows - sae.b_dec) @ sae.W_enc + sae.b_enc
    n_firing = round(l0 * len(rows))
    return float(np.partition(pre_activations.numpy().ravel(), -n_firing)[-n_firing])
