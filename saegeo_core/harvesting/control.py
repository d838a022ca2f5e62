"""The control: an untrained dictionary that reads the same activations and fires as often as the SAE, feature by feature.

Its directions are drawn from the angular Gaussian that has the decoder's mean and covariance; nothing in them was learned
but these. Its encoder is tied to them: a feature's activation is the projection on its direction, less a threshold. Firing
rates come from a first part of the corpus: ranked by how high their projections reach, the control's features take over
the rates of the SAE's features, ranked by rate, so that the feature that reaches highest fires as often as the one that
fires most. A statistic which such a dictionary reaches as well says nothing about the SAE.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.control_directions import ControlGaussian, control_generator
from saegeo_core.loading.whole_sae import WholeSae

#: Projections that exist together while thresholds are looked for: 64 MB, and four times that while they are sorted.
ENTRIES_AT_ONCE = 1 << 24


@dataclass(frozen=True, eq=False)
class ControlDictionary:
    """An untrained dictionary.

    Attributes:
        directions: float32 array (n_features, d_in), unit rows.
        thresholds: float32 array (n_features,): a feature fires where its projection is greater.
    """

    directions: NDArray[np.float32]
    thresholds: NDArray[np.float32]

    @property
    def n_features(self) -> int:
        """Number of features."""
        return len(self.directions)


@dataclass(frozen=True, eq=False)
class Controls:
    """The untrained dictionaries of one SAE, and the tokens of text that their thresholds come from."""

    dictionaries: tuple[ControlDictionary, ...]
    n_tokens: int


def draw_directions(cloud: FeatureCloud, seed: int, draws: int) -> list[NDArray[np.float32]]:
    """Several draws of unit directions, each float32 (n_features, d_in) with one for each row of the cloud."""
    gaussian = ControlGaussian.matched_to(cloud)
    generators = [control_generator(cloud.digest, seed, draw) for draw in range(draws)]
    return [gaussian.draw(cloud.n_features, rng) for rng in generators]


def firing_rates(sae: WholeSae, activations: torch.Tensor, fires_above: float) -> NDArray[np.float64]:
    """For each feature of the SAE's cloud the share of tokens, rows of (n_tokens, d_in), that it fires on."""
    fired = torch.zeros(sae.n_features, dtype=torch.int64, device=activations.device)
    height = max(1, ENTRIES_AT_ONCE // sae.n_features)
    for start in range(0, len(activations), height):
        fired += (sae.module.encode(activations[start : start + height]) > fires_above).sum(0)
    rates: NDArray[np.float64] = fired.cpu().numpy()[sae.cloud.feature_ids] / len(activations)
    return rates


@dataclass(frozen=True)
class Projections:
    """Projections of tokens on directions, made for some directions at a time.

    Attributes:
        tokens: (n_tokens, d_in), activations as an encoder reads them; at least two.
        directions: (n_features, d_in).
    """

    tokens: torch.Tensor
    directions: torch.Tensor

    def __iter__(self) -> Iterator[tuple[slice, torch.Tensor]]:
        """Slices of the features, with their projections (n_features of the slice, n_tokens)."""
        height = max(1, ENTRIES_AT_ONCE // len(self.tokens))
        for start in range(0, len(self.directions), height):
            features = slice(start, start + height)
            yield features, self.directions[features] @ self.tokens.T


def matched_thresholds(projections: Projections, rates: NDArray[np.float64]) -> NDArray[np.float32]:
    """Thresholds, float32 (n_features,), that projections exceed as often as the rates say, matched in rank.

    Features are ranked by the value that their projections exceed at the mean rate. A threshold lies in the middle between
    two neighboring values, so rates are met exactly; one that is never to be exceeded lies half a gap above the highest.
    """
    n_tokens = len(projections.tokens)
    at_mean_rate = min(max(1, round(float(rates.mean()) * n_tokens)), n_tokens)
    reach = np.concatenate(
        [values.kthvalue(n_tokens + 1 - at_mean_rate, dim=1).values.cpu().numpy() for _, values in projections]
    )
    times = np.empty(len(rates), np.int64)
    times[np.argsort(-reach, kind="stable")] = np.rint(np.sort(rates)[::-1] * n_tokens)
    thresholds = np.empty(len(rates), np.float32)
    for features, values in projections:
        highest_first = values.sort(dim=1, descending=True).values
        n_above = torch.from_numpy(times[features]).to(values.device)[:, None]
        lowest_above = highest_first.gather(1, (n_above - 1).clamp(min=0))
        highest_below = highest_first.gather(1, n_above.clamp(max=n_tokens - 1))
        lowest_above += (n_above == 0) * (highest_first[:, :1] - highest_first[:, 1:2])
        highest_below -= (n_above == n_tokens) * 1.0
        thresholds[features] = ((lowest_above + highest_below) / 2).squeeze(1).cpu().numpy()
    return thresholds


def calibrated_controls(
    sae: WholeSae, activations: torch.Tensor, fires_above: float, seed: int, draws: int
) -> list[ControlDictionary]:
    """Untrained dictionaries that fire on `activations` (n_tokens, d_in) as often as the SAE.

    Raises:
        SaegeoError: the SAE is a transcoder, whose directions live in another space than the one it reads; or fewer than two
            tokens.
    """
    if sae.cloud.d_in != sae.d_in or "transcoder" in sae.architecture:
        raise SaegeoError(
            f"{sae.description.spec} is a transcoder: it reads one space and writes another, and no encoder can be tied to "
            "its directions",
            "leave out --control",
        )
    if len(activations) < 2:
        raise SaegeoError("a control needs at least two tokens to set thresholds on", "name a longer corpus")
    rates = firing_rates(sae, activations, fires_above)
    read = sae.module.process_sae_in(activations)
    return [
        ControlDictionary(
            directions, matched_thresholds(Projections(read, torch.from_numpy(directions).to(read.device)), rates)
        )
        for directions in draw_directions(sae.cloud, seed, draws)
    ]


def control_module(sae: WholeSae, control: ControlDictionary, fires_above: float) -> Any:
    """A sae-lens SAE that encodes as the control does: scaling and bias of the input are those of the SAE.

    Activations are such that `> fires_above` is where the projection is greater than the threshold.
    """
    from sae_lens import SAE

    config = sae.module.cfg
    device = sae.module.b_dec.device
    module: Any = SAE.from_dict(
        {
            "architecture": "standard",
            "d_in": sae.d_in,
            "d_sae": control.n_features,
            "dtype": "float32",
            "device": str(device),
            "apply_b_dec_to_input": config.apply_b_dec_to_input,
            "normalize_activations": config.normalize_activations,
            "reshape_activations": "none",
            "metadata": {},
        }
    )
    module.requires_grad_(False)
    module.W_dec.data = module.W_dec.data[:0].clone()
    module.b_dec.data = sae.module.b_dec.data
    module.W_enc.data = torch.from_numpy(control.directions).to(device).T.contiguous()
    module.b_enc.data = fires_above - torch.from_numpy(control.thresholds).to(device)
    return module
