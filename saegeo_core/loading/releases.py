"""What can be named, without loading any of it: the SAEs of all releases, looked through by a pattern."""

from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.loading.release_directory import ReleaseEntry, list_releases

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("release", "sae_id", "model", "l0", "variance_explained", "source", "repository", "neuronpedia_id")


def matching_saes(pattern: str | None = None) -> list[ReleaseEntry]:
    """The SAEs that `list_releases` finds.

    Raises:
        SaegeoError: none; what resembles the pattern is named.
    """
    entries = list_releases(pattern)
    if not entries:
        known = sorted({entry.release for entry in list_releases(None)})
        raise SaegeoError(f"no release or SAE matches {pattern!r}", near_matches(pattern or "", known))
    return entries


def releases(pattern: str | None = None) -> "pd.DataFrame":
    """The SAEs that can be named, one a row; nothing is loaded or downloaded.

    Columns: `sae` (what to type: `release:sae_id`), `release`, `sae_id`, `model`, `l0`, `variance_explained`, `source` ("bundled",
    or "sae-lens" for its directory), `repository` (on the Hugging Face hub), `neuronpedia_id` (its dashboard). What is not known
    is missing.

    Args:
        pattern: a glob or a part of `release:sae_id` or of the model's name; None for all.

    Raises:
        SaegeoError: nothing matches.
    """
    import pandas as pd

    entries = matching_saes(pattern)
    lines = [{"sae": str(entry), **{name: getattr(entry, name) for name in COLUMNS}} for entry in entries]
    return pd.DataFrame(lines).astype({"l0": float, "variance_explained": float})
