"""Temporal SAEs: a folder with `conf.yaml` and `latest_ckpt.safetensors`."""

from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.tensor_files import open_tensors
from saegeo_core.loading.yaml_files import read_yaml_object

WEIGHTS, CONFIG = "latest_ckpt.safetensors", "conf.yaml"
STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"D": "rows"}, "encoder": {"E": "columns"}}


class Temporal:
    """D (d_sae, d_in); E (d_in, d_sae), unless the weights are tied."""

    name = "temporal"
    summary = f"a folder of temporal SAEs: {CONFIG} and {WEIGHTS}"

    def recognises(self, path: Path) -> bool:
        """The weights with their configuration beside them."""
        weights = named_file(path, WEIGHTS)
        return weights is not None and weights.with_name(CONFIG).is_file()

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a temporal SAE")
        weights = named_file(path, WEIGHTS) or path
        config = read_yaml_object(weights.with_name(CONFIG))
        llm, sae = ({**part} if isinstance(part := config.get(name), dict) else {} for name in ("llm", "sae"))
        return StoredDirections(
            open_tensors(weights).directions(STORED[rows]),
            {"architecture": "temporal", "d_in": llm.get("dimin"), "l0": sae.get("kval_topk")},
        )
