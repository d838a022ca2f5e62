"""An SAE's L0 in a few words."""

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.firing.sparsity import contradicts_statement
from saegeo_core.rendering.numbers import significant

UNKNOWN = "unknown"


def l0_text(sae: SaeDescription, *, only_unlike: bool = False) -> str:
    """For example: 32.6; unknown; or 93.9 (stated 8), where both are known; `only_unlike` where they contradict each other."""
    if sae.l0 is None:
        return UNKNOWN
    measured = significant(sae.l0, 3)
    if sae.l0_stated is None or not sae.is_l0_measured or (only_unlike and not contradicts_statement(sae)):
        return measured
    return f"{measured} (stated {significant(sae.l0_stated, 3)})"
