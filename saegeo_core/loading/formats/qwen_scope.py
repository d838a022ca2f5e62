"""Qwen Scope: `layerN.sae.pt` in a repository whose name tells the model, the width and k."""

import re
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import open_tensors

FILE = re.compile(r"layer(\d+)\.sae\.pt")
REPOSITORY = re.compile(r"SAE-Res-(?P<model>[^/]+)-W\d+K-L0_(?P<k>\d+)")
"""On the hub and in its cache."""
STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "columns"}, "encoder": {"W_enc": "rows"}}


class QwenScope:
    """W_dec (d_in, d_sae); W_enc (d_sae, d_in)."""

    name = "qwen-scope"
    summary = "layerN.sae.pt of Qwen Scope, in a folder called as its repository, SAE-Res-MODEL-W32K-L0_50"

    def recognises(self, path: Path) -> bool:
        """By name."""
        return path.is_file() and FILE.fullmatch(path.name) is not None

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a file of Qwen Scope")
        named, repository = FILE.fullmatch(path.name), _repository(path)
        facts: dict[str, Any] = {"architecture": "topk"}
        if named:
            facts |= {"hook_name": f"blocks.{named[1]}.hook_resid_post", "hf_hook_name": f"model.layers.{named[1]}"}
        if repository:
            facts |= {"model": f"Qwen/{repository['model']}", "l0": int(repository["k"])}
        return StoredDirections(open_tensors(path).directions(STORED[rows]), facts)

    def read_sae(self, path: Path) -> Any:
        """Top-k of the input as it is."""
        repository = _repository(path)
        if repository is None:
            raise SaegeoError(
                f"how many features of {path} fire at once (k) is told by the name of its repository alone",
                f"put it into a folder of that name, for example SAE-Res-Qwen3-1.7B-Base-W32K-L0_50/{path.name}",
            )
        arrays = all_arrays(path)
        own = {"b_enc": arrays.get("b_enc"), "b_dec": arrays.get("b_dec")}
        own |= {name: transposed(arrays, name) for name in ("W_enc", "W_dec")}
        return sae_from_arrays("topk", own, path, k=int(repository["k"]))


def _repository(path: Path) -> re.Match[str] | None:
    return REPOSITORY.search(path.absolute().parent.as_posix())
