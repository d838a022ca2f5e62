"""A folder written by EleutherAI's sparsify: `cfg.json` and `sae.safetensors`."""

from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import open_tensors

CONFIG = "cfg.json"
WEIGHTS = "sae.safetensors"
STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "rows"}, "encoder": {"encoder.weight": "rows"}}


class Sparsify:
    """W_dec (num_latents, d_in); encoder.weight (num_latents, d_in). `num_latents: 0` means expansion_factor x d_in.

    The folder is named after the module it was trained on, `layers.5` or `layers.5.mlp`; a `config.json` beside the
    folders, where there is one, names the model.
    """

    name = "sparsify"
    summary = f"a folder of EleutherAI's sparsify: {CONFIG} and {WEIGHTS}"

    def recognises(self, path: Path) -> bool:
        """A folder with the weights, or the weights with their configuration beside them."""
        weights = named_file(path, WEIGHTS)
        return weights is not None and (path.is_dir() or weights.with_name(CONFIG).is_file())

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a sparsify folder")
        weights = named_file(path, WEIGHTS) or path / WEIGHTS
        config = read_json_object(weights.with_name(CONFIG))
        run = weights.parent.with_name("config.json")
        is_transcoder = bool(config.get("transcode"))
        return StoredDirections(
            open_tensors(weights).directions(STORED[rows]),
            {
                "model": read_json_object(run).get("model") if run.is_file() else None,
                "hf_hook_name": weights.parent.name,
                "architecture": "transcoder" if is_transcoder else config.get("activation", "topk"),
                "d_sae": config.get("num_latents") or _product(config.get("expansion_factor"), config.get("d_in")),
                "d_in": None if is_transcoder and rows == "decoder" else config.get("d_in"),
                "l0": config.get("k"),
                "training": config,
            },
        )

    def read_sae(self, path: Path) -> Any:
        """Top-k; of an SAE the decoder's bias comes off the input, of a transcoder it does not."""
        weights = named_file(path, WEIGHTS) or path
        config = read_json_object(weights.with_name(CONFIG))
        rule = f"{'signed ' * bool(config.get('signed'))}{config.get('activation', 'topk')}"
        if rule != "topk":
            raise SaegeoError(f"{weights} is of activation {rule}, which sae-lens does not encode", "name a top-k SAE")
        is_transcoder = bool(config.get("transcode"))
        arrays = all_arrays(weights)
        named = {"b_enc": arrays.get("encoder.bias"), "b_dec": arrays.get("b_dec"), "W_dec": arrays.get("W_dec")}
        named["W_enc"] = transposed(arrays, "encoder.weight")
        if is_transcoder and "activation" not in config and named["b_dec"] is not None and named["b_dec"].any():
            raise SaegeoError(
                f"{weights} was written by a version of sparsify whose transcoders took the decoder's bias off their input; "
                "later versions read the same file otherwise",
                "load it with the version that you hold to be right and save it again: SparseCoder.save_to_disk",
            )
        return sae_from_arrays("topk", named, weights, subtracts_bias=not is_transcoder, k=config.get("k"))


def _product(factor: object, width: object) -> int | None:
    return factor * width if isinstance(factor, int) and isinstance(width, int) else None
