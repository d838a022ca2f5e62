"""e2e_sae's checkpoints: the SAEs of several places of a model in one PyTorch file, each under the name of its hook."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import array_names, open_tensors
from saegeo_core.loading.yaml_files import read_yaml_object

ENCODER, DECODER = "encoder.0.weight", "decoder.weight"
CONFIG = "final_config.yaml"


class E2eSae:
    """encoder.0.weight (d_sae, d_in) and decoder.weight (d_in, d_sae), behind `blocks-6-hook_resid_pre.`."""

    name = "e2e-sae"
    summary = f"a checkpoint of e2e_sae, a PyTorch file with HOOK.{ENCODER}; {CONFIG} beside it names the model"

    def recognises(self, path: Path) -> bool:
        """By the names of its arrays."""
        return bool(_hooks(array_names(path)))

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a checkpoint of e2e_sae")
        tensors = open_tensors(path)
        hook = _only_hook(tensors.shapes, path)
        stored: Mapping[str, Layout] = (
            {f"{hook}.{DECODER}": "columns"} if rows == "decoder" else {f"{hook}.{ENCODER}": "rows"}
        )
        config = path.with_name(CONFIG)
        known = read_yaml_object(config) if config.is_file() else {}
        return StoredDirections(
            tensors.directions(stored),
            {
                "model": known.get("tlens_model_name"),
                "hook_name": hook.replace("-", "."),
                "architecture": "standard",
                "training": {key: value for key, value in known.items() if isinstance(value, str | int | float)},
            },
        )

    def read_sae(self, path: Path) -> Any:
        """ReLU of the input as it is."""
        arrays = all_arrays(path)
        hook = _only_hook(arrays, path)
        own = {name.removeprefix(f"{hook}."): array for name, array in arrays.items()}
        named = {"b_enc": own.get("encoder.0.bias"), "b_dec": own.get("decoder.bias")}
        named |= {"W_enc": transposed(own, "encoder.0.weight"), "W_dec": transposed(own, DECODER)}
        return sae_from_arrays("standard", named, path)


def _hooks(names: Any) -> list[str]:
    """The places that the file has SAEs of."""
    found = (name.removesuffix(f".{ENCODER}") for name in names if name.endswith(f".{ENCODER}"))
    return sorted(hook for hook in found if "hook_" in hook and "." not in hook)


def _only_hook(names: Any, path: Path) -> str:
    hooks = _hooks(names)
    if len(hooks) > 1:
        raise SaegeoError(
            f"{path} holds the SAEs of {len(hooks)} places: {', '.join(hooks)}",
            f"type --decoder-key {hooks[0]}.{DECODER} for the first; to harvest it, save it alone: "
            f"torch.save({{name: saes[name] for name in saes if name.startswith('{hooks[0]}')}}, 'one.pt')",
        )
    return hooks[0]
