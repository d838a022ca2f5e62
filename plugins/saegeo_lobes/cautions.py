"""Sentences the reader of a calibrated report must see: what was left out, and what cannot be concluded without it."""

from collections.abc import Iterator, Sequence

from saegeo_core import FiringStatistics
from saegeo_lobes.dictionary import ANGULAR, Dictionary, Settings
from saegeo_lobes.live_features import LiveFeatures

LARGEST_RESIDUAL = 1e-3
"""Of eigenvectors: the normalised affinity has norm 1, and its eigenvalues of interest differ by hundredths."""


def of_features(live: LiveFeatures, asked: Sequence[int], settings: Settings) -> Iterator[str]:
    """Features and numbers of lobes that were left out, and whether the matrix of all pairs was."""
    reasons = {"never fire": live.n_dead, "fire too rarely": live.n_rare, "are silent too rarely": live.n_constant}
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    if told:
        yield f"features left out: {told}"
    impossible = [str(k) for k in asked if k not in settings.n_clusters]
    if impossible:
        yield f"not looked for: {', '.join(impossible)} lobes; {live.n_live} live features allow at most {live.n_live // 2}"
    if ANGULAR not in settings.geometries:
        yield (
            f"a matrix of all pairs exceeds {settings.dense_bytes / 1e9:g} GB: lobes come from each feature's 30 most alike "
            "partners, and there is no angular affinity"
        )


def of_solver(dictionaries: Sequence[Dictionary]) -> Iterator[str]:
    """Eigenvectors that are not known well."""
    for one in dictionaries:
        for name, residual in one.residuals().items():
            if residual > LARGEST_RESIDUAL:
                yield f"eigenvectors of {name} are known to {residual:.1e} only: clusters of it may differ in detail"


def of_controls(firing: FiringStatistics, n_used: int) -> Iterator[str]:
    """Controls that are not there, or could not be used."""
    if not firing.controls_from:
        yield (
            "no control was harvested: geometry and co-firing are tied by construction, so without an untrained dictionary "
            "nothing here says what training did (saegeo harvest … --control random)"
        )
    elif n_used < len(firing.controls_from):
        yield f"controls left out for too few live features: {len(firing.controls_from) - n_used}"
