"""What each metric of the SAE is judged by: the controls first, then permutations of its own features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent, NullComparison
from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_lobes.control_null import Estimates, control_null, estimates_of, estimates_of_halves
from saegeo_lobes.dictionary import ANGULAR
from saegeo_lobes.estimates import AtK
from saegeo_lobes.permutation_nulls import Permutations, of_association

Draws = dict[str, NDArray[np.float64]]

NO_NULL = Absent("none of its nulls can be computed here")


@dataclass(frozen=True)
class Judges:
    """The nulls of one SAE.

    Attributes:
        controls: every metric of each control.
        halves: every metric of random halves of the only control; empty where there are several, or none.
        permuted: metric to null model to draws.
    """

    controls: Sequence[Estimates]
    halves: Sequence[Estimates]
    permuted: dict[str, Draws]

    def of(self, name: str, estimate: float | Absent) -> tuple[NullComparison, ...] | Absent:
        """The nulls of a metric, the judging one first."""
        if isinstance(estimate, Absent):
            return estimate
        first = control_null(name, estimate, self.controls, self.halves)
        others = [drawn_null(model, estimate, draws) for model, draws in self.permuted.get(name, {}).items()]
        return (*([first] if first else []), *others) or NO_NULL


def draw_judges(
    at: AtK,
    controls: Sequence[AtK],
    permutations: Permutations,
    n_random: int,
    rng: np.random.Generator,
) -> Judges:
    """Draw every null.

    Args:
        at: the SAE.
        controls: its controls.
        permutations: of its features.
        n_random: random dictionaries that the probe is tried on.
        rng: halves the control and draws whatever is not a permutation of features.
    """
    halves = estimates_of_halves(controls[0], rng) if len(controls) == 1 else []
    permuted = {
        "ami": permutations.of_agreement(at.graph_agreement),
        "neighbor_phi_excess": permutations.of_neighbor_phi(at),
        "decoding_balanced_accuracy": permutations.of_accuracy(at, n_random, rng),
        "cramers_v": permutations.of_cramers_v(at.graph_agreement),
        "lobe_text_association": of_association(at, len(permutations.stratified), rng),
    }
    if ANGULAR in at.dictionary.settings.geometries:
        permuted["ami_angular"] = permutations.of_agreement(at.agreement_with(ANGULAR, at.lobes))
    return Judges([estimates_of(one) for one in controls], halves, permuted)
