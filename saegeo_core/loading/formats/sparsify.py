"""A folder written by EleutherAI's sparsify: `cfg.json` and `sae.safetensors`."""

from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
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


def _product(factor: object, width: object) -> int | None:
    return factor * width if isinstance(factor, int) and isinstance(width, int) else None
