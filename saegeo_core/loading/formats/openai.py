"""OpenAI's sparse autoencoders: a PyTorch file with `pre_bias` and `latent_bias` that also names its activation."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import array_names, open_tensors
from saegeo_core.loading.weights import directions_of

PLACE = re.compile(r"(?P<model>[^/]+)/(?P<location>[a-z_]+?)(?:_v\d\w*)?/autoencoders/(?P<layer>\d+)\.pt")
"""Where its library keeps them: `gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt`."""
HOOKS = {
    "mlp_post_act": "mlp.hook_post",
    "resid_delta_attn": "hook_attn_out",
    "resid_post_attn": "hook_resid_mid",
    "resid_delta_mlp": "hook_mlp_out",
    "resid_post_mlp": "hook_resid_post",
}
"""Its names of places in a block."""


class OpenAI:
    """encoder.weight (d_sae, d_in) and decoder.weight (d_in, d_sae); the file says "ReLU", or "TopK" and k."""

    name = "openai"
    summary = "a PyTorch file with pre_bias, latent_bias, encoder.weight and decoder.weight"

    def recognises(self, path: Path) -> bool:
        """By the names of its arrays."""
        return {"pre_bias", "latent_bias", "encoder.weight"} <= array_names(path)

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a file of OpenAI's sparse autoencoders")
        tensors = open_tensors(path)
        activation, k = _activation(tensors.notes)
        architecture = {"ReLU": "standard", "TopK": "topk"}.get(activation, activation)
        return StoredDirections(directions_of(tensors, rows), {"architecture": architecture, "l0": k, **_place(path)})

    def read_sae(self, path: Path) -> Any:
        """ReLU of the input, or the k largest after layer norm: its library ties the norm to top-k. pre_bias comes off first."""
        activation, k = _activation(open_tensors(path).notes)
        after = open_tensors(path).notes.get("activation_state_dict.postact_fn", "ReLU")
        if activation not in ("ReLU", "TopK") or after != "ReLU":
            raise SaegeoError(
                f"{path} is of activation {activation} {'' if after == 'ReLU' else f'with {after} behind it'}".rstrip()
                + ", whose activations may be negative",
                "known are ReLU, and TopK with ReLU behind it",
            )
        arrays = all_arrays(path)
        own = {
            "W_enc": transposed(arrays, "encoder.weight"),
            "W_dec": transposed(arrays, "decoder.weight"),
            "b_enc": arrays.get("latent_bias"),
            "b_dec": arrays.get("pre_bias"),
        }
        if activation == "ReLU":
            return sae_from_arrays("standard", own, path, subtracts_bias=True)
        return sae_from_arrays("topk", own, path, subtracts_bias=True, normalization="layer norm", k=k)


def _activation(notes: Mapping[str, Any]) -> tuple[str, int | None]:
    """The name of the activation and its k. Files that do not say are of its first release, all ReLU."""
    return str(notes.get("activation", "ReLU")), notes.get("activation_state_dict.k")


def _place(path: Path) -> dict[str, Any]:
    """The model and the hook, where the file lies as its library keeps it."""
    place = PLACE.search(path.absolute().as_posix())
    if place is None or place["location"] not in HOOKS:
        return {}
    return {"model": place["model"], "hook_name": f"blocks.{place['layer']}.{HOOKS[place['location']]}"}
