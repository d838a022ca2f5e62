"""A batch top-k dictionary trained with sparse products: for 4,096 features three times as fast as dense ones on one core.

Of the products of a step only the encoder's is dense. What follows touches k of the d_sae features of a token: decoding, and the
gradients of decoder, encoder and activations, are products with a sparse matrix of batch x k entries.

The recipe is Gao et al. (2024, "Scaling and evaluating sparse autoencoders"): decoder rows of unit norm, an encoder that starts
as the decoder's transpose, an auxiliary loss by which features that have long been silent learn what the others leave; with
BatchTopK (Bussmann et al., 2024) in place of a top-k for every token. Activations are scaled to a mean square of one per
dimension, which `train` undoes in the weights it returns.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from torch.nn.functional import normalize

_SAMPLE_TOKENS = 65_536


@dataclass(frozen=True)
class SparseRecipe:
    """How one dictionary is trained; `seed` sets its first weights and the order of the tokens."""

    d_sae: int
    k: int
    seed: int
    steps: int
    batch_tokens: int = 1024
    learning_rate: float = 1e-3
    warm_up_share: float = 0.02
    decay_share: float = 0.5
    aux_features: int = 256
    aux_loss_coefficient: float = 1 / 32
    dead_after_tokens: int = 200_000


class _Reconstruction(torch.autograd.Function):
    """What the k x batch largest activations of a batch add up to, and how often each feature is among them."""

    @staticmethod
    def forward(  # noqa: PLR0917 (autograd passes arguments by position)
        context: Any,
        rows: torch.Tensor,
        encoder: torch.Tensor,
        encoder_bias: torch.Tensor,
        decoder: torch.Tensor,
        n_selected: int,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`rows` (batch, d_in), `encoder` and `decoder` both (d_sae, d_in): the reconstruction, and counts (d_sae,)."""
        features = largest(torch.addmm(encoder_bias, rows, encoder.T), n_selected)
        context.save_for_backward(rows, encoder, decoder, features)
        counts = torch.bincount(features.col_indices(), minlength=len(decoder))
        context.mark_non_differentiable(counts)
        return features @ decoder, counts

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, encoder, decoder, features = context.saved_tensors
        of_features = torch.sparse.sampled_addmm(features, gradient.contiguous(), decoder.T, beta=0.0)
        by_feature = of_features.t().to_sparse_csr()
        of_bias = torch.zeros(len(encoder)).index_add_(0, of_features.col_indices().long(), of_features.values())
        of_decoder = features.t().to_sparse_csr() @ gradient
        return of_features @ encoder, by_feature @ rows, of_bias, of_decoder, None


def largest(values: torch.Tensor, n_selected: int) -> torch.Tensor:
    """The `n_selected` largest entries of a dense matrix, those of them that are positive, as a sparse CSR one.

    Where entries tie at the smallest one selected, all of them are.
    """
    flat = values.numpy().ravel()
    positive = flat[flat > _guess(flat, n_selected)]
    if len(positive) < n_selected:
        positive = flat[flat > 0]
    smallest = np.partition(positive, -n_selected)[-n_selected] if len(positive) > n_selected else np.float32(0)
    chosen = np.flatnonzero(flat >= max(smallest, np.finfo(np.float32).tiny))
    row, column = np.divmod(chosen, values.shape[1])
    starts = np.searchsorted(row, np.arange(len(values) + 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse", UserWarning)  # that sparse tensors may change
        return torch.sparse_csr_tensor(
            torch.from_numpy(starts), torch.from_numpy(column), torch.from_numpy(flat[chosen]), size=values.shape
        )


def _guess(flat: np.ndarray, n_selected: int) -> float:
    """A bound that some more than `n_selected` entries exceed, from a sample: the partition is then of few numbers."""
    sample = flat[:: max(1, len(flat) // 65_536)]
    n_wanted = math.ceil(1.5 * n_selected * len(sample) / len(flat)) + 10
    return max(0.0, float(np.partition(sample, -n_wanted)[-n_wanted])) if n_wanted < len(sample) else 0.0


def train(activations: torch.Tensor, recipe: SparseRecipe) -> BatchTopKTrainingSAE:
    """Train on `activations`, (n_tokens, d_in) in any float type, reshuffled over all tokens in every pass."""
    generator = torch.Generator().manual_seed(recipe.seed)
    sample = activations[:: max(1, len(activations) // _SAMPLE_TOKENS)].float()
    mean = sample.mean(dim=0)
    scale = 1 / (sample - mean).square().mean().sqrt().item()
    decoder = normalize(torch.randn(recipe.d_sae, activations.shape[1], generator=generator), dim=1).requires_grad_()
    encoder = decoder.detach().clone().requires_grad_()
    encoder_bias = torch.zeros(recipe.d_sae, requires_grad=True)
    # Starting from the mean, no feature has to spend itself on what all tokens share.
    decoder_bias = (mean * scale).requires_grad_()
    parameters = [encoder, encoder_bias, decoder, decoder_bias]
    optimizer = torch.optim.Adam(parameters, lr=recipe.learning_rate, betas=(0.9, 0.999), eps=1e-8, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, recipe))
    silent_for = torch.zeros(recipe.d_sae, dtype=torch.int64)
    batches = _batches(activations, recipe, generator)
    for _ in range(recipe.steps):
        batch = next(batches) * scale
        rows = batch - decoder_bias
        explained, counts = _Reconstruction.apply(rows, encoder, encoder_bias, decoder, recipe.k * len(batch))
        error = rows - explained
        silent_for = torch.where(counts > 0, 0, silent_for + len(batch))
        loss = error.square().sum(dim=1).mean()
        dead = torch.nonzero(silent_for > recipe.dead_after_tokens)[:, 0]
        if len(dead):
            silent = encoder[dead], encoder_bias[dead], decoder[dead]
            loss = loss + _auxiliary_loss(rows.detach(), error.detach(), silent, recipe)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
    return _as_sae(recipe, parameters, scale)


def _auxiliary_loss(
    rows: torch.Tensor, error: torch.Tensor, silent: tuple[torch.Tensor, ...], recipe: SparseRecipe
) -> torch.Tensor:
    """The squared error left when silent features, as many as `aux_features` for a token, explain the error of the others."""
    encoder, encoder_bias, decoder = silent
    values = torch.addmm(encoder_bias, rows, encoder.T)
    n_taken = min(recipe.aux_features, len(decoder))
    top = values.topk(n_taken, dim=1)
    taken = torch.zeros_like(values).scatter(1, top.indices, top.values.relu())
    share = n_taken / recipe.aux_features
    return recipe.aux_loss_coefficient * share * (taken @ decoder - error).square().sum(dim=1).mean()


def _share_of_rate(step: int, recipe: SparseRecipe) -> float:
    """Linear warm-up, then a plateau, then linear decay to zero."""
    warm_up = max(1, round(recipe.warm_up_share * recipe.steps))
    decay = max(1, round(recipe.decay_share * recipe.steps))
    return min(1.0, (step + 1) / warm_up, (recipe.steps - step) / decay)


def _batches(activations: torch.Tensor, recipe: SparseRecipe, generator: torch.Generator) -> Any:
    while True:
        order = torch.randperm(len(activations), generator=generator)
        for start in range(0, len(order) - recipe.batch_tokens + 1, recipe.batch_tokens):
            yield activations[order[start : start + recipe.batch_tokens]].float()


def _as_sae(recipe: SparseRecipe, parameters: list[torch.Tensor], scale: float) -> BatchTopKTrainingSAE:
    """sae-lens's object with these weights, in the units of the model."""
    encoder, encoder_bias, decoder, decoder_bias = (parameter.detach() for parameter in parameters)
    config = BatchTopKTrainingSAEConfig(
        d_in=encoder.shape[1],
        d_sae=recipe.d_sae,
        k=recipe.k,
        aux_loss_coefficient=recipe.aux_loss_coefficient,
        decoder_init_norm=1.0,
    )
    sae = BatchTopKTrainingSAE(config)
    sae.W_enc.data, sae.W_dec.data = encoder.T.contiguous(), decoder.clone()
    sae.b_enc.data, sae.b_dec.data = encoder_bias / scale, decoder_bias / scale
    return sae
