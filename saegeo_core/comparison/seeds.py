"""Seeds of one configuration: SAEs trained alike but for chance. Their spread is what an interval from one SAE cannot contain.

An interval of a metric speaks of the one SAE it was measured on. Training again gives other features, and the metric moves.
Where several seeds are in the table, the variance between them beyond their own sampling variance is added.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from saegeo_core.comparison.differences import Variance

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae

IS_SEED = re.compile(r"(^|_)seed$")
IS_OUTCOME = re.compile(r"dead_(share|features|fraction)|explained|minutes|seconds|wandb|checkpoint")


def configuration_of(sae: "MeasuredSae | None") -> str | None:
    """All that decides the training but its seed, as text; None where no seed is told, so that nothing can be said.

    What training came out with (dead features, variance explained, minutes) is no part of it.
    """
    if sae is None or not _seeds(sae.training):
        return None
    trained = sae.model_dump(include={"model", "hook_name", "d_sae", "d_in", "architecture", "rows"})
    return json.dumps([trained, _decided(sae.training)], sort_keys=True)


def seed_groups(saes: "Sequence[MeasuredSae | None]") -> list[tuple[int, ...]]:
    """For each SAE the places of all seeds of its configuration, its own included; alone where there is no other."""
    alike: dict[str, list[int]] = {}
    for place, sae in enumerate(saes):
        alike.setdefault(configuration_of(sae) or f"alone {place}", []).append(place)
    groups: list[tuple[int, ...]] = [(place,) for place in range(len(saes))]
    for places in alike.values():
        if len({_seed_text(saes[place]) for place in places}) == len(places):
            for place in places:
                groups[place] = tuple(places)
    return groups


def between_seeds(estimates: Sequence[float], standard_errors: Sequence[float]) -> Variance:
    """Variance between seeds beyond what their own sampling errors make of them, never below zero.

    The estimates spread by the training and by the sampling both, so the mean sampling variance is taken off.
    """
    spread = float(np.var(estimates, ddof=1))
    sampling = float(np.mean(np.square(standard_errors)))
    return Variance(max(0.0, spread - sampling), len(estimates) - 1)


def _seed_text(sae: "MeasuredSae | None") -> str:
    return json.dumps(_seeds(sae.training) if sae else {}, sort_keys=True)


def _seeds(training: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in training.items() if IS_SEED.search(key) and value is not None}


def _decided(notes: Any) -> Any:
    if not isinstance(notes, Mapping):
        return notes
    return {key: _decided(value) for key, value in notes.items() if not (IS_SEED.search(key) or IS_OUTCOME.search(key))}
