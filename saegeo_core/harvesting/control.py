"""Controls: untrained dictionaries that read the same activations, each of their features as often on as one feature of the SAE.

A *reflected* control is the SAE itself, encoder and decoder reflected together along the principal axes of the activations (see
`Reflection`). It keeps every cosine, families and pairs of encoder and decoder included, and the variance that each feature meets.

A *Gaussian* control has directions drawn from the angular Gaussian with the decoder's mean and covariance, and an encoder tied to
them. It keeps less: families and an encoder of its own are gone.

Feature i of either fires as often as feature i of the SAE: its threshold lies at that quantile of its own projections. Rates
matched in any other order, by rank say, would give a control a correlation of rate and place of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.firing.control_directions import ControlGaussian, control_generator
from saegeo_core.firing.reflection import Reflection, principal_axes, random_signs
from saegeo_core.loading.whole_sae import WholeSae
from saegeo_core.numerics.directions import row_slices

#: Projections that exist together while thresholds are looked for: 64 MB.
ENTRIES_AT_ONCE = 1 << 24


@dataclass(frozen=True, eq=False)
class ControlDictionary:
    """An untrained dictionary.

    Attributes:
        directions: the reflection that makes encoder and decoder of the SAE's; or unit rows of its own, float32 (n_features, d_in).
        thresholds: float32 array (n_features,): a feature fires where its projection is greater.
    """

    directions: Reflection | NDArray[np.float32]
    thresholds: NDArray[np.float32]

    @property
    def n_features(self) -> int:
        """Number of features."""
        return len(self.thresholds)


@dataclass(frozen=True, eq=False)
class Controls:
    """The untrained dictionaries of one SAE, reflected ones first, and the tokens of text that their thresholds come from."""

    dictionaries: tuple[ControlDictionary, ...]
    n_tokens: int

    @property
    def axes(self) -> NDArray[np.float32] | None:
        """Those that its reflected dictionaries are reflected along; None where there are none."""
        reflections = (one.directions for one in self.dictionaries if isinstance(one.directions, Reflection))
        return next((one.axes for one in reflections), None)


def draw_reflections(axes: NDArray[np.float32], cloud_digest: str, seed: int, draws: int) -> list[Reflection]:
    """Reflections along axes, float32 (d_in, d_in)."""
    generators = (control_generator(cloud_digest, seed, draw, "reflected") for draw in range(draws))
    return [Reflection(axes, random_signs(len(axes), rng)) for rng in generators]


def encoder_rows(sae: WholeSae) -> torch.Tensor:
    """What each feature of the SAE's cloud projects activations on, (n_features, d_in); its direction where it has no encoder."""
    weights = getattr(sae.module, "W_enc", None)
    if weights is None:
        return sae.cloud.vectors.to(sae.module.b_dec.device)
    rows: torch.Tensor = weights.detach().T[torch.from_numpy(np.asarray(sae.cloud.feature_ids)).to(weights.device)]
    return rows


def rows_read(sae: WholeSae, directions: Reflection | NDArray[np.float32]) -> torch.Tensor:
    """What each feature of a control projects activations on, float32 (n_features, d_in), where the SAE is."""
    encoder = encoder_rows(sae)
    if isinstance(directions, Reflection):
        return directions.of(encoder)
    return torch.from_numpy(directions).to(encoder.device)


def firing_rates(sae: WholeSae, activations: torch.Tensor, fires_above: float) -> NDArray[np.float64]:
    """For each feature of the SAE's cloud the share of tokens, rows of (n_tokens, d_in), that it fires on."""
    fired = torch.zeros(sae.n_features, dtype=torch.int64, device=activations.device)
    height = max(1, ENTRIES_AT_ONCE // sae.n_features)
    for start in range(0, len(activations), height):
        fired += (sae.module.encode(activations[start : start + height]) > fires_above).sum(0)
    rates: NDArray[np.float64] = fired.cpu().numpy()[sae.cloud.feature_ids] / len(activations)
    return rates


def thresholds_at(tokens: torch.Tensor, rows: torch.Tensor, rates: NDArray[np.float64]) -> NDArray[np.float32]:
    """Thresholds, float32 (n_features,), that projections on each row exceed as often as its rate says.

    A threshold lies in the middle between two neighboring values, so rates are met exactly; one that is never to be exceeded lies
    half a gap above the highest.

    Args:
        tokens: (n_tokens, d_in), activations as an encoder reads them; at least two.
        rows: (n_features, d_in).
        rates: shares of the tokens, (n_features,).
    """
    times = np.rint(rates * len(tokens)).astype(np.int64)
    projections = (row for values in _projections(tokens, rows) for row in values.numpy(force=True))
    return np.array([_threshold(row, n) for row, n in zip(projections, times, strict=True)], np.float32)


def _projections(tokens: torch.Tensor, rows: torch.Tensor) -> Iterator[torch.Tensor]:
    """Of some rows at a time, (n_rows, n_tokens)."""
    for some in row_slices(len(rows), max(1, ENTRIES_AT_ONCE // len(tokens))):
        yield rows[some] @ tokens.T


def _threshold(values: NDArray[np.float32], n_above: int) -> float:
    """What `n_above` of the values (n_tokens,) exceed."""
    n = len(values)
    if n_above == n:
        return float(values.min()) - 0.5
    place = n - max(n_above, 1)
    below, above = (float(value) for value in np.partition(values, [place - 1, place])[[place - 1, place]])
    return (above + below) / 2 if n_above else above + (above - below) / 2


def calibrated_controls(
    sae: WholeSae, activations: torch.Tensor, fires_above: float, seed: int, *, reflected: int, gaussian: int
) -> list[ControlDictionary]:
    """Untrained dictionaries whose features fire on `activations` (n_tokens, d_in) as often as the SAE's.

    Raises:
        SaegeoError: the SAE is a transcoder, whose directions live in another space than the one it reads; or fewer than two
            tokens.
    """
    if sae.cloud.d_in != sae.d_in or "transcoder" in sae.architecture:
        raise SaegeoError(
            f"{sae.description.spec} is a transcoder: it reads one space and writes another, so its directions can neither be "
            "reflected with its encoder nor have one tied to them",
            "leave out --control",
        )
    if len(activations) < 2:
        raise SaegeoError("a control needs at least two tokens to set thresholds on", "name a longer corpus")
    rates = firing_rates(sae, activations, fires_above)
    read = sae.module.process_sae_in(activations)
    digest, n_features = sae.cloud.digest, sae.cloud.n_features
    axes = principal_axes(read) if reflected else np.zeros((0, 0), np.float32)
    law = ControlGaussian.matched_to(sae.cloud) if gaussian else None
    drawn: list[Reflection | NDArray[np.float32]] = [*draw_reflections(axes, digest, seed, reflected)]
    drawn += [law.draw(n_features, control_generator(digest, seed, draw)) for draw in range(gaussian) if law]
    return [ControlDictionary(one, thresholds_at(read, rows_read(sae, one), rates)) for one in drawn]


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
    module.W_enc.data = rows_read(sae, control.directions).T.contiguous()
    module.b_enc.data = fires_above - torch.from_numpy(control.thresholds).to(device)
    return module
