"""The same numbers where one dictionary is random: reflected, which judges, or drawn from a law, for a mean beside."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saegeo_core import AnalysisContext
from saegeo_core.measuring.null_comparison import Distribution, Draws, Moments, Nulls
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.reflected_products import ReflectedProducts
from saegeo_core.statistics.null_directions import uniform_directions
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_stability.agreement import Agreement
from saegeo_stability.quick_agreement import MOST_PAIRED, QuickAgreement

REFLECTED = "the larger dictionary reflected along its principal axes about its mean"
SAMPLED = f"{REFLECTED}; ranked by pairing {MOST_PAIRED:,} features"
MATCHED = "the larger dictionary drawn from an angular Gaussian of its mean and covariance"
UNIFORM = "the larger dictionary drawn uniformly"
FEW_DRAWS = 2
"""Of the nulls that do not judge; of dictionaries of which a sample is paired, a sample beside a single draw tells means."""

Numbers = Mapping[str, float]


class RandomDictionaries(NamedTuple):
    """What random dictionaries show in place of the larger one, of equal ones the second.

    Attributes:
        nulls: of every number, the judging null first.
        nearest: (n_first,), largest cosine of each feature of the first with one of the second, one of them reflected.
    """

    nulls: Mapping[str, Nulls]
    nearest: Floats


def random_dictionaries(
    units: tuple[Tensor, Tensor],
    kin_of_larger: Integers,
    observed: Agreement,
    context: AnalysisContext,
    *,
    shared_above: float,
    null_draws: int,
) -> RandomDictionaries:
    """Draw them, and measure each.

    Args:
        units: unit rows of both, on the device of the context.
        kin_of_larger: the kin of each feature of the larger one.
        observed: what the two show as they are; numbers that it lacks have no nulls.
        context: where chance and the device come from.
        shared_above: cosine above which a pair counts as shared.
        null_draws: reflections; of the others one where features are many, else two.
    """
    is_turned = len(units[0]) > len(units[1])
    smaller, larger = units[::-1] if is_turned else units
    rng, shape = context.rng, (len(smaller), len(larger))
    some = np.sort(rng.permutation(shape[0])[:MOST_PAIRED])
    is_sampled, sample = len(some) < shape[0], some if observed.pairings else None
    begin = partial(QuickAgreement, device=larger.device, is_turned=is_turned, shared_above=shared_above)
    reflected = ReflectedDirections.of(larger, kin_of_larger)
    along_axes = smaller @ reflected.axes

    numbers: list[Numbers] = []
    products = ReflectedProducts(along_axes, reflected.beside_mean, reflected.mean)
    for signs in reflected.signs_of_draws(null_draws, rng):
        is_last = len(numbers) + len(signs) > null_draws
        draws = begin(len(signs), shape, sample=sample, in_full=sample is not None and is_sampled and is_last)
        for rows, tile in context.progress(products.tiles(signs), products.n_tiles(signs), "reflections"):
            draws.look(rows, tile)
        numbers += draws.numbers(context.watch("pairings of reflections"))
    in_full = draws.numbers_in_full()
    nulls: dict[str, dict[str, Distribution]] = {
        name: _reflections(estimate, [one[name] for one in numbers], in_full.get(name))
        for name, estimate in observed.numbers.items()
    }

    for model, law in {MATCHED: reflected.law, UNIFORM: uniform_directions(products.d_in)}.items():
        beside: list[Numbers] = []
        for _ in range(1 if is_sampled else FEW_DRAWS):
            drawn = law.sample_along_axes(shape[1], rng).to(larger)
            if is_sampled:
                of_smaller = _mean_largest(along_axes[torch.from_numpy(some).to(larger.device)], drawn)
                of_larger = _mean_largest(drawn[:MOST_PAIRED], along_axes)
                first, second = (of_larger, of_smaller) if is_turned else (of_smaller, of_larger)
                beside.append({"mmcs": first, "mmcs_reverse": second})
            else:
                draw = begin(1, shape, sample=sample)
                for rows, tile in ReflectedProducts(along_axes, drawn).tiles():
                    draw.look(rows, tile)
                beside += draw.numbers()
        for name in beside[0]:
            nulls[name][model] = Moments(float(np.mean([one[name] for one in beside])))
    return RandomDictionaries(nulls, draws.nearest)


def _mean_largest(rows: Tensor, others: Tensor) -> float:
    """Mean over unit rows of the largest cosine with one of the others."""
    return float(torch.cat([tile[0].amax(1) for _, tile in ReflectedProducts(rows, others).tiles()]).mean())


def _reflections(estimate: float, numbers: Sequence[float], in_full: float | None) -> dict[str, Distribution]:
    """The number of the dictionary as it is, measured as quickly as its reflections, among these.

    Args:
        estimate: the number in float64.
        numbers: of the dictionary as it is, then of its reflections.
        in_full: of the last reflection, where the others are of a sample: tells what the mean of all of them would be.
    """
    as_it_is, values = numbers[0], np.array(numbers[1:])
    if in_full is None:
        return {REFLECTED: Draws(values, shift=as_it_is - estimate)}
    mean = float(values.mean()) + in_full - numbers[-1]
    return {SAMPLED: Draws(values, shift=as_it_is - estimate, mean=mean)}
