"""A folder written by sae-lens: `cfg.json` and `sae_weights.safetensors`."""

from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_lens_config import facts_of_config
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors

CONFIG = "cfg.json"
WEIGHTS = "sae_weights.safetensors"
STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "rows"}, "encoder": {"W_enc": "columns"}}


class SaeLensFolder:
    """W_dec (d_sae, d_in), or (d_sae, d_out) for a transcoder; W_enc (d_in, d_sae)."""

    name = "sae-lens"
    summary = f"a folder of SAE.save_model: {CONFIG} and {WEIGHTS}"

    def recognises(self, path: Path) -> bool:
        """A folder with the weights, or the weights with their configuration beside them."""
        weights = named_file(path, WEIGHTS)
        return weights is not None and (path.is_dir() or weights.with_name(CONFIG).is_file())

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a sae-lens folder")
        weights = named_file(path, WEIGHTS) or path / WEIGHTS
        facts = facts_of_config(read_json_object(weights.with_name(CONFIG)), rows)
        return StoredDirections(open_tensors(weights).directions(STORED[rows]), facts)
