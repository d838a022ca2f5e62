"""Directions of an SAE named `release:sae_id`: bundled, or of a release on the hub."""

from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_lens_object import directions_of_object
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import StoredDirections
from saegeo_core.loading.formats import circuit_tracer
from saegeo_core.loading.formats.circuit_tracer import refuse_decoder_rows
from saegeo_core.loading.formats.gemma_scope import GemmaScope
from saegeo_core.loading.formats.sae_lens_folder import SaeLensFolder
from saegeo_core.loading.hub_files import explained, fetch, refuse_if_offline
from saegeo_core.loading.hub_recipes import RECIPES, Asked, Recipe
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.release_directory import ReleaseEntry
from saegeo_core.loading.tensor_files import open_tensors

CROSS_LAYER = "mntss_clt_layer_transcoder"


def read_entry(entry: ReleaseEntry, rows: Rows) -> StoredDirections:
    """The decoder (or encoder) directions of a named SAE, and what its files and its directory say of it.

    Only the file that holds them is downloaded and only the one matrix mapped; where sae-lens keeps a family in a way
    not known here, it loads the SAE whole, and `training["loaded_with"]` says so.

    Raises:
        SaegeoError: the decoder of a cross-layer transcoder, a file that cannot be had, or one that is damaged.
    """
    if entry.source == "bundled":
        return SaeLensFolder().read(Path(entry.repository) / entry.path, rows, None)
    recipe = RECIPES.get(entry.loader)
    if entry.loader == CROSS_LAYER or (entry.loader == "gemma_3" and "clt" in entry.path):
        refuse_decoder_rows(str(entry), rows)
        stored = _read_cross_layer(entry)
    else:
        stored = _read_by_recipe(entry, recipe, rows) if recipe else _read_with_sae_lens(entry, rows)
    return StoredDirections(stored.vectors, _joined(entry, stored.facts))


def _read_cross_layer(entry: ReleaseEntry) -> StoredDirections:
    """The directions that one layer of a cross-layer transcoder reads."""
    if entry.loader == CROSS_LAYER:
        fetch(entry.repository, circuit_tracer.CONFIG)  # lies beside the weights then, and is read with them
        weights = fetch(entry.repository, f"W_enc_{entry.path}.safetensors")
        return circuit_tracer.CrossLayerTranscoder().read(weights, "encoder", None)
    return GemmaScope().read(fetch(entry.repository, f"{entry.path}.safetensors"), "encoder", None)


def _read_by_recipe(entry: ReleaseEntry, recipe: Recipe, rows: Rows) -> StoredDirections:
    # The small file first: when something is missing, it shows before gigabytes are downloaded.
    config: dict[str, Any] = {}
    if recipe.config is not None:
        config = read_json_object(fetch(entry.repository, recipe.config.format(path=entry.path)))
    facts = recipe.facts(Asked(entry, config, rows))
    weights = fetch(entry.repository, recipe.weights.format(path=entry.path))
    return StoredDirections(open_tensors(weights).directions(recipe.stored[rows]), facts)


def _read_with_sae_lens(entry: ReleaseEntry, rows: Rows) -> StoredDirections:
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from sae_lens import SAE

    try:
        sae = SAE.from_pretrained(entry.release, entry.sae_id, device="cpu")
    except LocalEntryNotFoundError as error:
        refuse_if_offline(entry.repository, entry.path)
        raise explained(error, entry.repository, entry.path) from error
    except HfHubHTTPError as error:
        raise explained(error, entry.repository, entry.path) from error
    except Exception as error:  # whatever sae-lens meets in files that were not made here
        raise SaegeoError(f"sae-lens cannot load {entry}: {type(error).__name__}: {error}") from error
    vectors, facts = directions_of_object(sae, rows)
    facts["training"]["loaded_with"] = "sae-lens, whole SAE"
    return StoredDirections(vectors, facts)


def _joined(entry: ReleaseEntry, facts: dict[str, Any]) -> dict[str, Any]:
    """The directory's word on the model and the figures goes before the file's; what neither knows stays unknown."""
    training = {**facts.get("training", {}), **entry.notes}
    if entry.variance_explained is not None:
        training["variance_explained"] = entry.variance_explained
    from_directory = {"model": entry.model, "l0": entry.l0, "neuronpedia_id": entry.neuronpedia_id}
    return facts | {name: value for name, value in from_directory.items() if value is not None} | {"training": training}
