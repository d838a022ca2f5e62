"""sae-lens's configuration of an SAE, read as facts. The same words lie in a folder's `cfg.json` and in an SAE in memory."""

from collections.abc import Mapping
from typing import Any

from saegeo_core.cloud.description import Rows

# Told by fields of their own, or of no interest once trained.
NOT_TRAINING_NOTES = frozenset(
    [
        "metadata",
        "d_in",
        "d_out",
        "d_sae",
        "device",
        "dtype",
        "architecture",
        "model_name",
        "hook_name",
        "hook_point",
        "hf_hook_name",
        "layer",
        "l0",
        "neuronpedia_id",
    ]
)


def facts_of_config(config: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """Facts by the field names of `SaeDescription`.

    Since version 6 the model and the hook are in `metadata`; before, they lay beside the widths, and top-k was an
    activation function instead of an architecture. `k` is the L0 that a top-k rule selects.
    """
    metadata = config.get("metadata")
    known = {**config, **metadata} if isinstance(metadata, Mapping) else dict(config)
    architecture = known.get("architecture") or "standard"
    k = known.get("k")
    if known.get("activation_fn_str", known.get("activation_fn")) == "topk":
        architecture = "topk"
        kwargs = known.get("activation_fn_kwargs")
        k = kwargs.get("k") if isinstance(kwargs, Mapping) else k
    writes_elsewhere = rows == "decoder" and known.get("d_out") is not None
    return {
        "model": known.get("model_name"),
        "hook_name": known.get("hook_name") or known.get("hook_point"),
        "hf_hook_name": known.get("hf_hook_name"),
        "layer": known.get("layer"),
        "architecture": architecture,
        "d_sae": known.get("d_sae"),
        "d_in": known.get("d_out") if writes_elsewhere else known.get("d_in"),
        "l0": known.get("l0") or k,
        "neuronpedia_id": known.get("neuronpedia_id"),
        "training": {key: value for key, value in known.items() if value is not None and key not in NOT_TRAINING_NOTES},
    }
