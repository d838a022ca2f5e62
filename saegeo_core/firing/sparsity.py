"""L0, how many features are active on a token: measured where firing was given, else what the source of the SAE states.

Configurations state the k or the L0 of training, on other text and often by another rule than the one that fires now. Which number
counts is decided here alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.store import folder_of_sae, read_array_alone

if TYPE_CHECKING:
    from saegeo_core.firing.statistics import FiringStatistics

L0_RATIO = 1.25
"""Two L0 that differ by more than this factor are told apart."""


def mean_firing(firing: "FiringStatistics") -> float | None:
    """Mean number of features that fire on a token, > 0; None where tokens were not counted, or nothing fires."""
    return _mean(firing.token_counts, firing.n_tokens)


def measured_l0(firing: "FiringStatistics") -> float | None:
    """L0 from statistics of all features of an SAE, > 0.

    None as `mean_firing`, and where what is active need not fire: `fires_above` is not zero.
    """
    return mean_firing(firing) if _is_activity(firing.fires_above) else None


def stored_l0(path: str | Path, release: str, sae_id: str) -> float | None:
    """`measured_l0` of a harvest of that SAE, read without the rest of it; None where there is none."""
    try:
        facts, token_counts = read_array_alone(folder_of_sae(Path(path), release, sae_id), "token_counts")
    except SaegeoError:
        return None
    return _mean(token_counts, facts["n_tokens"]) if _is_activity(facts["fires_above"]) else None


def with_measured_l0(sae: SaeDescription, firing: "FiringStatistics") -> SaeDescription:
    """What is known of the SAE, with the L0 that firing statistics of all its features tell before the one that is stated."""
    l0 = measured_l0(firing)
    if l0 is None:
        return sae
    return sae.model_copy(update={"l0": l0, "l0_stated": stated_l0(sae), "l0_tokens": firing.n_tokens})


def stated_l0(sae: SaeDescription) -> float | None:
    """What the source of the SAE says."""
    return sae.l0_stated if sae.is_l0_measured else sae.l0


def contradicts_statement(sae: SaeDescription) -> bool:
    """Whether the L0 measured is another one than the L0 stated."""
    if sae.l0 is None or sae.l0_stated is None or not sae.is_l0_measured:
        return False
    return max(sae.l0, sae.l0_stated) > L0_RATIO * min(sae.l0, sae.l0_stated)


def statement_warning(sae: SaeDescription) -> str | None:
    """What a reader must know where measured and stated L0 differ by more than 25 %."""
    if not contradicts_statement(sae):
        return None
    return (
        f"L0 is {sae.l0:.3g} in the firing given ({sae.l0_tokens:,} tokens), and the source of the SAE states {sae.l0_stated:.3g}: "
        "the measured one is used"
    )


def _mean(token_counts: NDArray[Any] | None, n_tokens: int | None) -> float | None:
    return float(token_counts.sum()) / n_tokens or None if token_counts is not None and n_tokens else None


def _is_activity(fires_above: float | None) -> bool:
    return fires_above in (None, 0.0)
