"""A folder written by sae-lens: `cfg.json` and `sae_weights.safetensors`."""

from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_lens_config import facts_of_config
from saegeo_core.cloud.source_facts import space_of_hook
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.activation_scaling import WHITENED, WHITENING, scaling_beside
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors

CONFIG = "cfg.json"
WEIGHTS = "sae_weights.safetensors"
UNFOLDED = ("expected_average_only_in", "covariance_whitening")
"""Scalings that sae-lens leaves to whoever encodes, by factors that the weights do not tell."""
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
        if not weights.with_name(CONFIG).exists():
            others = [file.name for file in sorted(weights.parent.glob("*.json"))]
            beside = f" ({', '.join(others)} is another library's)" if others else ""
            raise SaegeoError(
                f"{weights.parent} holds {WEIGHTS} and no {CONFIG}{beside}",
                f"copy {CONFIG} from where the SAE was saved; {weights} alone gives its decoder, of which nothing else is known",
            )
        config = read_json_object(weights.with_name(CONFIG))
        stored = StoredDirections(open_tensors(weights).directions(STORED[rows]), facts_of_config(config, rows))
        return _unwhitened(stored, weights, rows) if config.get("normalize_activations") == WHITENED else stored

    def read_sae(self, path: Path) -> Any:
        """As sae-lens loads it; what a checkpoint left beside its weights is folded in."""
        from sae_lens import SAE

        folder = path if path.is_dir() else path.parent
        try:
            sae = SAE.load_from_disk(folder, device="cpu", dtype="float32")
            if sae.cfg.normalize_activations in UNFOLDED:
                scaling_beside(folder / WEIGHTS).fold_into(sae)
        except SaegeoError:
            raise
        except OSError as error:
            raise SaegeoError(f"{folder} cannot be read: {error.strerror or error}") from error
        except Exception as error:  # whatever sae-lens meets in files that were not made here, passed on whole
            raise SaegeoError(
                f"sae-lens cannot make an SAE of {folder}: {type(error).__name__}: {' '.join(str(error).split())}",
                "what its cfg.json says and what its weights are must agree",
            ) from error
        return sae


def _unwhitened(stored: StoredDirections, weights: Path, rows: Rows) -> StoredDirections:
    """The directions in the space of the activations themselves; where the files do not tell the way back, that is said."""
    scaling = scaling_beside(weights)
    if scaling.whitening is None:
        facts = stored.facts
        space = space_of_hook(str(facts.get("hook_name") or ""), str(facts.get("architecture")), rows)
        return StoredDirections(stored.vectors, {**facts, "space": f"whitened {space or 'activations'}"})
    training = {**stored.facts["training"], "unwhitened_with": WHITENING}
    return StoredDirections(scaling.undone(stored.vectors, rows), {**stored.facts, "training": training})
