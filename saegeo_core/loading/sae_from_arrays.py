"""SAEs of sae-lens made of arrays that other libraries wrote: which activation, and whether the decoder's bias comes off first.

A decoder matrix means the same everywhere; an encoder does not. Each file format knows its library's rule, from the library's own
`encode`, and hands over its arrays by sae-lens's names and the rule in sae-lens's words.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.tensor_files import open_tensors

if TYPE_CHECKING:
    import torch

NORMALIZATIONS = {"none": "none", "layer norm": "layer_norm", "token norm": "constant_norm_rescale"}
"""What is done to each activation before it is encoded: nothing; mean 0 and deviation 1; length sqrt(d_in)."""


def sae_from_arrays(
    architecture: str,
    weights: "Mapping[str, torch.Tensor | None]",
    path: Path,
    *,
    subtracts_bias: bool = False,
    normalization: str = "none",
    **config: Any,
) -> Any:
    """An SAE of sae-lens, float32 on the CPU, by arrays and the rule of its `encode`.

    Args:
        architecture: as sae-lens calls it: "standard", "topk", "jumprelu", "gated", "transcoder" …
        weights: by sae-lens's names and shapes: W_enc (d_in, d_sae), W_dec (d_sae, d_out), b_enc, threshold (d_sae,), b_dec
            (d_out,). None stands for an array that was looked for and is not there.
        path: where they are from, for messages.
        subtracts_bias: whether `encode` takes b_dec off its input.
        normalization: a key of NORMALIZATIONS.
        config: what else the architecture has: `k` of "topk".

    Raises:
        SaegeoError: an array is missing, or they make no such SAE.
    """
    from sae_lens import SAE

    given = {name: tensor.detach().float().contiguous() for name, tensor in weights.items() if tensor is not None}
    missing = sorted({"W_enc", "W_dec", *weights} - given.keys())
    if missing:
        raise SaegeoError(f"{path} holds no {' and no '.join(missing)}: it cannot encode", "it may be cut short")
    k = config.get("k", 1)
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise SaegeoError(
            f"how many features of {path} fire at once (k) is not told, or as {k!r}", "its configuration should say it"
        )
    _refuse_unlike_shapes(given, path)
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
                "apply_b_dec_to_input": subtracts_bias,
                "normalize_activations": NORMALIZATIONS[normalization],
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


def _refuse_unlike_shapes(given: "Mapping[str, torch.Tensor]", path: Path) -> None:
    """One number for each feature, or each dimension written to, as the encoder and the decoder count them."""
    if given["W_enc"].ndim != 2 or given["W_dec"].ndim != 2:
        return  # sae-lens knows such SAEs, or says why not
    n_features, n_dimensions = given["W_enc"].shape[1], given["W_dec"].shape[1]
    for name, n, what in (
        ("b_enc", n_features, "features"),
        ("threshold", n_features, "features"),
        ("b_dec", n_dimensions, "dimensions"),
    ):
        if name in given and tuple(given[name].shape) != (n,):
            raise SaegeoError(
                f"{name} of {path} has shape {tuple(given[name].shape)}, and the SAE has {n} {what}: it has one number for each",
                "it may be of another SAE, or reduced to one number: copy the file again",
            )


def all_arrays(path: Path) -> "dict[str, torch.Tensor]":
    """Every array of a file, by its name there.

    Raises:
        SaegeoError: not a container known here, missing, or damaged.
    """
    file = open_tensors(path)
    return {name: file.read(name) for name in file.shapes}


def transposed(arrays: "Mapping[str, torch.Tensor]", *names: str) -> "torch.Tensor | None":
    """The first of some matrices that is there, turned: weights of torch.nn.Linear are (outputs, inputs)."""
    return next((arrays[name].T for name in names if name in arrays), None)
