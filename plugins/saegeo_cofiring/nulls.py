"""What the numbers are compared with: incidences of the same margins, untrained dictionaries, and modules that change places."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from saegeo_cofiring.curveball import curveball_draws
from saegeo_cofiring.graph import graph_of_strongest
from saegeo_cofiring.modules import modularity, modules_of, pairs_in_one
from saegeo_cofiring.sample import PairsSeen, Sample, counted_lists, fired_lists
from saegeo_core import Absent
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.k_means_runs import adjusted_rand_indices
from saegeo_core.statistics.permutation import frequency_strata, permutations_within

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

PERMUTATIONS = 199


@dataclass(frozen=True, eq=False)
class MarginsDrawn:
    """Numbers of the sample, and of incidences of the same margins.

    Attributes:
        of_sample: by name.
        of_draws: by name, (n_draws,) each.
        n_joined: pairs of the sample that are joined.
        n_false: pairs of a draw that score as much, on average.
    """

    of_sample: dict[str, float]
    of_draws: dict[str, Floats]
    n_joined: int
    n_false: float

    @classmethod
    def of(
        cls,
        sample: Sample,
        seen: PairsSeen,
        rng: np.random.Generator,
        *,
        n_draws: int,
        fdr: float,
        n_partners: int,
        seed: int,
        device: str,
        progress: "Progress",
    ) -> "MarginsDrawn":
        """Draw so many; in every one pairs are found at the same false-discovery rate, and as many pairs make its graph."""
        least = seen.least(fdr)
        n_joined = seen.n_beyond(least)

        def numbers_of(one: PairsSeen) -> dict[str, float]:
            numbers = {
                "mean_squared_phi": one.mean_squared_phi,
                "joined_pairs": one.n_beyond(one.least(fdr)) / sample.n_pairs,
            }
            if not n_joined:
                return numbers
            graph = graph_of_strongest(one.phis, one.scores, n_joined, n_partners)
            return {**numbers, "modularity": modularity(graph, modules_of(graph, seed))}

        drawn, beyond = [], []
        incidences = curveball_draws(fired_lists(sample.firing), rng, n_draws)
        for fired in progress(incidences, n_draws, "incidences of the same margins"):
            one = sample.seen(counted_lists(fired, device))
            drawn.append(numbers_of(one))
            beyond.append(one.n_beyond(least))
        of_sample = numbers_of(seen)
        of_draws = {name: np.array([one[name] for one in drawn]) for name in of_sample}
        return cls(of_sample, of_draws, n_joined, float(np.mean(beyond)))

    def table(self) -> pd.DataFrame:
        """A row for every draw, after one for the sample."""
        columns = {name: [self.of_sample[name], *values] for name, values in self.of_draws.items()}
        n_draws = len(self.of_draws["mean_squared_phi"])
        return pd.DataFrame({"incidence": ["observed", *(f"draw {draw}" for draw in range(1, n_draws + 1))], **columns})


def permuted_in_kin(
    modules: Integers, kin: Integers, counts: Integers, rng: np.random.Generator
) -> tuple[float, Floats] | Absent:
    """Share of the pairs of one kin that lie in one module, and the same with modules permuted, (n_draws,).

    Args:
        modules, kin: labels from 0 of features that have a module, (n,).
        counts: blocks in which each fires, (n,): modules change places among features of like frequency.
        rng: permutes.
    """
    together = pairs_in_one(kin, modules) if len(modules) else None
    if together is None:
        return Absent("no two features that are joined to others are of one kin")
    permuted = permutations_within(frequency_strata(counts, rng), rng, PERMUTATIONS)
    return together, np.array([pairs_in_one(kin, modules[order]) for order in permuted], float)


def permuted_beside_lobes(
    modules: Integers, lobes: Integers, counts: Integers, rng: np.random.Generator
) -> tuple[float, Floats]:
    """Adjusted Rand index of modules with lobes, and the same with modules permuted, (n_draws,); arguments as above."""
    permuted = permutations_within(frequency_strata(counts, rng), rng, PERMUTATIONS)
    indices = adjusted_rand_indices(lobes, np.stack([modules, *(modules[order] for order in permuted)]))
    return float(indices[0]), indices[1:]
