"""SAEs of releases for programs: one object each, null where the directory does not say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from saegeo_core.cloud.sae_names import layer_in, site_in, width_in
from saegeo_core.json_text import json_text

if TYPE_CHECKING:
    from saegeo_core.loading.release_directory import ReleaseEntry


def releases_json(entries: "Sequence[ReleaseEntry]") -> str:
    """A list, in the order given. Layer, width and site are what names tell."""
    saes = [
        {
            "sae": str(entry),
            "release": entry.release,
            "sae_id": entry.sae_id,
            "model": entry.model,
            "layer": layer_in(entry.sae_id),
            "width": width_in(str(entry)),
            "site": site_in(str(entry)),
            "l0": entry.l0,
            "source": entry.source,
            "repository": entry.repository,
            "path": entry.path,
        }
        for entry in entries
    ]
    return json_text(saes)
