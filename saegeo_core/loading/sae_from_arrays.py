"""SAEs of sae-lens made of arrays that other libraries wrote: which activation, and whether the decoder's bias comes off first.

A decoder matrix means the same everywhere; an encoder does not. Each library's rule is spelled out here, from its own `encode`,
and what is not known to follow one of them is refused rather than guessed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import named_file
from saegeo_core.loading.formats import dictionary_learning, gemma_scope, sparsify
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors

if TYPE_CHECKING:
    import torch

Tensors = dict[str, "torch.Tensor"]

#: dictionary_learning's class: architecture, and whether `encode` subtracts the decoder's bias.
TRAINED_AS = {
    "AutoEncoder": ("standard", True),
    "GatedAutoEncoder": ("gated", True),
    "AutoEncoderTopK": ("topk", True),
    "BatchTopKSAE": ("jumprelu", True),
    "MatryoshkaBatchTopKSAE": ("jumprelu", True),
    "JumpReluAutoEncoder": ("jumprelu", False),
}
#: What dictionary_learning calls them, and sae-lens. AutoEncoderTopK also stores a threshold that its `encode` ignores.
BIASES = {
    "encoder.bias": "b_enc",
    "b_enc": "b_enc",
    "bias": "b_dec",
    "decoder_bias": "b_dec",
    "b_dec": "b_dec",
    "gate_bias": "b_gate",
    "mag_bias": "b_mag",
    "r_mag": "r_mag",
}


def gemma_scope_sae(path: Path) -> Any:
    """A JumpReLU SAE or transcoder from Gemma Scope's `params.npz` or `params.safetensors`; the input is taken as it is.

    A transcoder is told by its folder's name, or by the affine connection that passes its input on.

    Raises:
        SaegeoError: an array is missing or damaged.
    """
    inside = (named_file(path, name) for name in gemma_scope.WEIGHTS)
    weights = next(filter(None, inside), path)
    tensors = _all_tensors(weights)
    named = {"W" + name[1:] if name.startswith("w_") else name: tensor for name, tensor in tensors.items()}
    own = {name: named.get(name) for name in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")}
    if "affine_skip_connection" in tensors:
        return _sae("jumprelu_skip_transcoder", {**own, "W_skip": tensors["affine_skip_connection"].T}, path)
    is_transcoder = any("transcoder" in part for part in weights.absolute().parts[-4:-1])
    return _sae("jumprelu_transcoder" if is_transcoder else "jumprelu", own, path)


def dictionary_learning_sae(path: Path) -> Any:
    """An SAE from dictionary_learning's `ae.pt`; the `config.json` beside it says of which class.

    Raises:
        SaegeoError: no configuration, a class not known here, or an array that is missing or damaged.
    """
    weights = dictionary_learning.weights_in(path) or path
    config = dictionary_learning.config_of(weights)
    trainer = None if config is None else read_json_object(config).get("trainer")
    trained_as = trainer.get("dict_class") if isinstance(trainer, dict) else None
    if not isinstance(trainer, dict) or trained_as not in TRAINED_AS:
        raise SaegeoError(
            f"how {weights} encodes is unknown: "
            + (f"its class is {trained_as!r}" if trained_as else f"there is no {dictionary_learning.CONFIG} beside it"),
            f"known classes: {', '.join(TRAINED_AS)}",
        )
    architecture, subtracts_bias = TRAINED_AS[trained_as]
    tensors = _all_tensors(weights)
    named = {BIASES[name]: tensor for name, tensor in tensors.items() if name in BIASES}
    for name, linear in (("W_enc", "encoder.weight"), ("W_dec", "decoder.weight")):
        matrix = tensors.get(name, _transposed(tensors, linear))
        if matrix is not None:
            named[name] = matrix
    if architecture == "jumprelu" and "threshold" in tensors and "b_enc" in named:
        named["threshold"] = tensors["threshold"].expand_as(named["b_enc"])
    k = {"k": trainer.get("k")} if architecture == "topk" else {}
    return _sae(architecture, named, weights, apply_b_dec_to_input=subtracts_bias, **k)


def sparsify_sae(path: Path) -> Any:
    """A TopK SAE from a folder of EleutherAI's sparsify; the decoder's bias comes off the input.

    Raises:
        SaegeoError: a transcoder, another activation than top-k, or an array that is missing or damaged.
    """
    weights = named_file(path, sparsify.WEIGHTS) or path
    config = read_json_object(weights.with_name(sparsify.CONFIG))
    rule = config.get("activation", "topk")
    if config.get("transcode") or config.get("signed") or rule != "topk":
        what = (
            "a transcoder"
            if config.get("transcode")
            else f"of activation {'signed ' * bool(config.get('signed'))}{rule}"
        )
        raise SaegeoError(f"{weights} is {what}, which sae-lens does not encode", "name a top-k SAE of sparsify")
    tensors = _all_tensors(weights)
    named = {"b_enc": tensors.get("encoder.bias"), "b_dec": tensors.get("b_dec"), "W_dec": tensors.get("W_dec")}
    named["W_enc"] = _transposed(tensors, "encoder.weight")
    return _sae("topk", named, weights, apply_b_dec_to_input=True, k=config.get("k"))


def _sae(
    architecture: str,
    weights: "Mapping[str, torch.Tensor | None]",
    path: Path,
    *,
    apply_b_dec_to_input: bool = False,
    **config: Any,
) -> Any:
    from sae_lens import SAE

    given = {name: tensor.detach().float().contiguous() for name, tensor in weights.items() if tensor is not None}
    missing = sorted({"W_enc", "W_dec", *weights} - given.keys())
    if missing:
        raise SaegeoError(f"{path} holds no {' and no '.join(missing)}: it cannot encode", "it may be cut short")
    d_in, d_sae = given["W_enc"].shape
    if architecture.endswith("transcoder"):
        config["d_out"] = given["W_dec"].shape[-1]
    try:
        sae = SAE.from_dict(
            {
                "architecture": architecture,
                "d_in": d_in,
                "d_sae": d_sae,
                "dtype": "float32",
                "device": "cpu",
                "apply_b_dec_to_input": apply_b_dec_to_input,
                "normalize_activations": "none",
                "reshape_activations": "none",
                "metadata": {},
                **config,
            }
        )
        sae.load_state_dict(given, assign=True)
    except (RuntimeError, TypeError, ValueError) as error:  # arrays of other shapes, missing or unknown ones
        reason = " ".join(str(error).split())
        raise SaegeoError(f"the arrays of {path} make no {architecture} SAE: {reason}") from error
    return sae


def _all_tensors(path: Path) -> Tensors:
    file = open_tensors(path)
    return {name: file.read(name) for name in file.shapes}


def _transposed(tensors: Tensors, name: str) -> "torch.Tensor | None":
    return tensors[name].T if name in tensors else None
