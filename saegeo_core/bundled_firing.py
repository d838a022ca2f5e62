"""The firing statistics that come with the bundled SAEs, so that functional metrics run with no harvest."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saegeo_core.firing_statistics import FiringStatistics

BUNDLED = Path(__file__).parent / "bundled"


def has_bundled_firing(release: str, sae_id: str) -> bool:
    """Whether firing statistics of that SAE come with saegeo."""
    return (_folder(release, sae_id) / "manifest.json").exists()


def bundled_firing(release: str, sae_id: str) -> "FiringStatistics | None":
    """The firing statistics of a bundled SAE; None for any other SAE."""
    from saegeo_core.firing_store import read_firing

    return read_firing(_folder(release, sae_id)) if has_bundled_firing(release, sae_id) else None


def _folder(release: str, sae_id: str) -> Path:
    return BUNDLED / release / "firing" / sae_id
