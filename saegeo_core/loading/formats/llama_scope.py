"""Folders of Language-Model-SAEs: Llama Scope (`hyperparams.json`, `checkpoints/final.safetensors`) and its successors.

The successors keep `config.json` beside `sae_weights.safetensors`, whose matrices are W_E and W_D or those of torch.nn.Linear.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import open_tensors
from saegeo_core.loading.weights import directions_of

if TYPE_CHECKING:
    import torch

CONFIGS = ("hyperparams.json", "config.json")
WEIGHTS = ("checkpoints/final.safetensors", "sae_weights.safetensors")
ARCHITECTURES = {"jumprelu": "jumprelu", "topk": "topk", "batchtopk": "batchtopk", "relu": "standard"}
"""Their activation functions, and what sae-lens calls SAEs of them."""
LOG_THRESHOLDS = ("log_jumprelu_threshold", "activation_function.log_jumprelu_threshold")


class LlamaScope:
    """A configuration that names `hook_point_in`, beside the weights."""

    name = "llama-scope"
    summary = f"a folder of Llama Scope: {' or '.join(CONFIGS)}, and {' or '.join(WEIGHTS)}"

    def recognises(self, path: Path) -> bool:
        """A folder with both files, or its weights, whose configuration says hook_point_in."""
        folder = folder_of(path)
        return folder is not None and "hook_point_in" in (configuration(folder) or {})

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a folder of Llama Scope")
        folder = folder_of(path) or path
        tensors = open_tensors(weights_of(folder))
        return StoredDirections(
            directions_of(tensors, rows), facts_of_hyperparameters(configuration(folder) or {}, rows)
        )

    def read_sae(self, path: Path) -> Any:
        """By its activation function, of the input scaled to a mean length of sqrt(d_in), as the SAE was trained.

        Where `sparsity_include_decoder_norm` says so, thresholds and the choice of the k largest are on activation x length of the
        decoder row.
        """
        folder = folder_of(path) or path
        config, weights = configuration(folder) or {}, weights_of(folder)
        arrays = all_arrays(weights)
        rule = _rule(config, arrays, weights)
        decoder = arrays.get("W_D", transposed(arrays, "decoder.weight"))
        encoder = arrays.get("W_E", transposed(arrays, "encoder.weight"))
        if encoder is None or decoder is None:
            return sae_from_arrays(ARCHITECTURES[rule], {"W_enc": encoder, "W_dec": decoder}, weights)
        scale, normalization = _input_scale(config, arrays, weights)
        own = {
            "W_enc": encoder * scale,
            "W_dec": decoder / scale,
            "b_enc": arrays.get("b_E", arrays.get("encoder.bias")),
            "b_dec": arrays.get("b_D", arrays.get("decoder.bias", decoder.new_zeros(decoder.shape[-1]))) / scale,
        }
        lengths = decoder.float().norm(dim=-1) if config.get("sparsity_include_decoder_norm", True) else None
        if rule == "jumprelu":
            threshold = _threshold(config, arrays, scale, weights).expand(encoder.shape[-1])
            own["threshold"] = threshold if lengths is None else threshold / lengths
        k: dict[str, Any] = {"k": config.get("top_k")} if rule == "topk" else {}
        sae = sae_from_arrays(
            ARCHITECTURES[rule],
            own,
            weights,
            subtracts_bias=bool(config.get("apply_decoder_bias_to_pre_encoder")),
            normalization=normalization,
            **k,
        )
        if rule == "topk" and lengths is not None:
            from saegeo_core.loading.contribution_top_k import ContributionTopK

            sae.activation_fn = ContributionTopK(k["k"], lengths)
        return sae


def folder_of(path: Path) -> Path | None:
    """The folder that a path is of: itself, or the one above its weights; None where there are no such weights."""
    candidates = [path] if path.is_dir() else [path.parent, path.parent.parent]
    for folder in candidates:
        inside = {folder / name for name in WEIGHTS if (folder / name).is_file()}
        if inside and (path.is_dir() or path in inside):
            return folder
    return None


def weights_of(folder: Path) -> Path:
    """The file with the matrices."""
    return next(folder / name for name in WEIGHTS if (folder / name).is_file())


def configuration(folder: Path) -> dict[str, Any] | None:
    """What the first of the configuration files says; None where there is none that can be read."""
    file = next((folder / name for name in CONFIGS if (folder / name).is_file()), None)
    try:
        return None if file is None else read_json_object(file)
    except SaegeoError:
        return None


def facts_of_hyperparameters(config: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """What a configuration says, by the field names of `SaeDescription`.

    The encoder reads activations scaled to a mean length of sqrt(d_in): `dataset_average_activation_norm` says from which.
    """
    hook_in, hook_out = config.get("hook_point_in"), config.get("hook_point_out")
    is_transcoder = hook_out is not None and hook_out != hook_in
    architecture = ARCHITECTURES.get(str(config.get("act_fn", "jumprelu")).lower(), config.get("act_fn"))
    return {
        "hook_name": hook_in,
        "architecture": f"{architecture}_transcoder" if is_transcoder else architecture,
        "d_sae": config.get("d_sae"),
        "d_in": None if is_transcoder and rows == "decoder" else config.get("d_model"),
        "l0": config.get("top_k") if architecture in ("topk", "batchtopk") else None,
        "training": {key: value for key, value in config.items() if value is not None},
    }


def _rule(config: Mapping[str, Any], arrays: "Mapping[str, torch.Tensor]", weights: Path) -> str:
    """The activation function: as the configuration names it; JumpReLU where it names none and thresholds are there."""
    has_threshold = "jump_relu_threshold" in config or any(name in arrays for name in LOG_THRESHOLDS)
    rule = str(config.get("act_fn") or ("jumprelu" if has_threshold else "relu")).lower()
    if config.get("use_glu_encoder"):
        raise SaegeoError(f"{weights} has a gated linear encoder, which sae-lens does not encode", "name another SAE")
    if rule == "batchtopk":
        raise SaegeoError(
            f"{weights} keeps the largest activations of a batch (batchtopk), and with other batches other ones",
            "turn it into a JumpReLU SAE first, as its library does before evaluation (act_fn jumprelu)",
        )
    if rule not in ARCHITECTURES:
        raise SaegeoError(f"{weights} is of activation {rule!r}", f"known are {', '.join(ARCHITECTURES)}")
    return rule


def _input_scale(config: Mapping[str, Any], arrays: "Mapping[str, torch.Tensor]", weights: Path) -> tuple[float, str]:
    """What activations are multiplied by, and what else is done to each of them."""
    kind, width = config.get("norm_activation", "dataset-wise"), config.get("d_model")
    if kind == "inference":
        return 1.0, "none"
    if kind == "token-wise":
        return 1.0, "token norm"
    length = _mean_length(config, arrays) if kind == "dataset-wise" else None
    if length is None or not isinstance(width, int):
        why = (
            "their mean length (dataset_average_activation_norm)" if kind == "dataset-wise" else "the length in a batch"
        )
        raise SaegeoError(
            f"{weights} reads activations scaled {kind}, and {why} is not in its files",
            "name it by its release, whose directory may know the factor, or save it with the factor folded in "
            "(norm_activation inference)",
        )
    return math.sqrt(width) / length, "none"


def _mean_length(config: Mapping[str, Any], arrays: "Mapping[str, torch.Tensor]") -> float | None:
    """The mean length of the activations in training: in the configuration, or as a number among the arrays."""
    told = config.get("dataset_average_activation_norm")
    length = told.get("in") if isinstance(told, dict) else None
    stored = arrays.get(f"dataset_average_activation_norm.{config.get('hook_point_in')}")
    if length is None and stored is not None and stored.ndim == 0:
        length = float(stored)
    return length if isinstance(length, int | float) and math.isfinite(length) and length > 0 else None


def _threshold(
    config: Mapping[str, Any], arrays: "Mapping[str, torch.Tensor]", scale: float, weights: Path
) -> "torch.Tensor":
    """One for each feature, by its logarithm, on scaled activations; or one for all, on activations as they are."""
    import torch

    for name in LOG_THRESHOLDS:
        if name in arrays:
            return arrays[name].float().exp()
    of_all = config.get("jump_relu_threshold")
    if not isinstance(of_all, int | float):
        raise SaegeoError(
            f"{weights} is a JumpReLU SAE whose thresholds are not there",
            f"its configuration should say jump_relu_threshold, or its file hold {LOG_THRESHOLDS[0]}",
        )
    return torch.tensor(float(of_all) * scale)
