"""Facts from a source become a SaeDescription: what is unknown is left out, what contradicts the weights is refused."""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from saegeo_core.cloud.description import Rows, SaeDescription
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch

LAYER = re.compile(r"(?:blocks|layers?|h)\.(\d+)(?:\.|$)")
WHOLE_BLOCK = re.compile(r"(?:blocks|layers?|h)\.\d+(?:\.output)?$")
SPACES = {
    "resid": "residual",
    "mlp": "mlp",
    "feedforward": "mlp",
    "attn": "attention",
    "hook_z": "attention",
    "embed": "embedding",
}


def describe(
    vectors: "torch.Tensor", facts: Mapping[str, Any], rows: Rows, *, spec: str, release: str, sae_id: str
) -> SaeDescription:
    """What is known of the SAE whose directions are `vectors`.

    Layer and space, where the source does not tell them, are read from the name of the hook.

    Args:
        vectors: (n_features, d_in).
        facts: what the source says, by the field names of `SaeDescription`; None or a missing name is unknown.
        rows: whether they are the "decoder" or the "encoder" directions.
        spec, release, sae_id: what the SAE is called.

    Raises:
        SaegeoError: the facts contradict the shape of the weights, or are of the wrong type.
    """
    shape = tuple(vectors.shape)
    if len(shape) != 2 or 0 in shape:
        raise SaegeoError(f"the directions of {spec} have shape {shape}: there is nothing to measure")
    d_sae, d_in = shape
    known = {name: value for name, value in facts.items() if value is not None}
    stated = known.pop("d_sae", d_sae), known.pop("d_in", d_in)
    if stated != (d_sae, d_in):
        raise SaegeoError(
            f"the configuration of {spec} says {stated[0]} features in {stated[1]} dimensions; "
            f"its {rows} holds {d_sae} in {d_in}",
            "weights and configuration do not belong together, or the weights are transposed",
        )
    if not _is_known_l0(known.get("l0")):
        known.pop("l0", None)
    hook = str(known.get("hook_name") or known.get("hf_hook_name") or "")
    known.setdefault("layer", layer_of_hook(hook))
    known.setdefault("space", space_of_hook(hook, str(known.get("architecture")), rows))
    try:
        return SaeDescription.model_validate(
            known
            | {"spec": spec, "release": release, "sae_id": sae_id, "d_sae": d_sae, "d_in": d_in, "rows": rows}
            | {"dtype": str(vectors.dtype).removeprefix("torch.")}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise SaegeoError(
            f"what the source of {spec} says of {'.'.join(map(str, first['loc']))} cannot be used: {first['input']!r}",
            first["msg"],
        ) from error


def layer_of_hook(hook_name: str) -> int | None:
    """The number after `blocks.`, `layers.`, `layer.` or `h.`."""
    found = LAYER.search(hook_name)
    return int(found[1]) if found else None


def space_of_hook(hook_name: str, architecture: str, rows: Rows) -> str | None:
    """Where the directions live. A transcoder reads one space and writes another."""
    if "transcoder" in architecture:
        return "transcoder output" if rows == "decoder" else "transcoder input"
    if WHOLE_BLOCK.search(hook_name):
        return "residual"
    return next((space for word, space in SPACES.items() if word in hook_name), None)


def _is_known_l0(l0: Any) -> bool:
    """A positive number. sae-lens writes 0.0 where it does not know."""
    return isinstance(l0, int | float) and not isinstance(l0, bool) and math.isfinite(l0) and l0 > 0
