"""The same numbers where one dictionary is random: reflected, which judges, or drawn from a law, for a mean beside."""

from collections.abc import Callable, Mapping, Sequence
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
"""Of the nulls that do not judge, for dictionaries that are paired whole; of larger ones a single draw tells a mean."""

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
    sample = np.sort(rng.permutation(shape[0])[:MOST_PAIRED]) if observed.pairings else None
    is_sampled = sample is not None and len(sample) < shape[0]
    begin = partial(QuickAgreement, shape, larger.device, is_turned=is_turned, shared_above=shared_above)

    reflected = ReflectedDirections.of(larger, kin_of_larger)
    along_axes = smaller @ reflected.axes
    products = ReflectedProducts(along_axes, reflected.beside_mean, reflected.mean)
    sets = reflected.signs_of_draws(null_draws, rng)
    numbers, in_full, nearest = _reflected(products, sets, context, begin, sample, is_sampled=is_sampled)
    nulls: dict[str, dict[str, Distribution]] = {
        name: _reflections(estimate, [one[name] for one in numbers], in_full.get(name))
        for name, estimate in observed.numbers.items()
    }
    for model, law in {MATCHED: reflected.law, UNIFORM: uniform_directions(products.d_in)}.items():
        beside: list[Numbers] = []
        for _ in range(1 if shape[0] > MOST_PAIRED else FEW_DRAWS):
            draw = begin(sample=None if is_sampled else sample)
            drawn = law.sample_along_axes(shape[1], rng).to(larger)
            _show(ReflectedProducts(along_axes, drawn), torch.ones(1, products.d_in), [draw])
            beside.append(draw.numbers())
        for name in beside[0]:
            nulls[name][model] = Moments(float(np.mean([one[name] for one in beside])))
    return RandomDictionaries(nulls, nearest)


def _reflected(
    products: ReflectedProducts,
    sets: Sequence[Tensor],
    context: AnalysisContext,
    begin: Callable[..., QuickAgreement],
    sample: Integers | None,
    *,
    is_sampled: bool,
) -> tuple[list[Numbers], Numbers, Floats]:
    """Numbers of the dictionary as it is and of its reflections; of the last those of all its pairs, and its nearest cosines."""
    numbers: list[Numbers] = []
    draws: list[QuickAgreement] = []
    for place, signs in enumerate(context.progress(sets, len(sets), "reflections"), 1):
        draws.clear()  # each holds what it pairs: two sets at once would take twice the memory
        draws += [
            begin(sample=sample, in_full=is_sampled and place == len(sets) and k == len(signs) - 1)
            for k in range(len(signs))
        ]
        _show(products, signs, draws)
        numbers += [one.numbers() for one in draws]
    return numbers, draws[-1].numbers_in_full(), draws[-1].nearest


def _show(products: ReflectedProducts, signs: Tensor, draws: Sequence[QuickAgreement]) -> None:
    """Show each draw the products of its reflection."""
    for rows, tiles in products.tiles(signs):
        for draw, tile in zip(draws, tiles, strict=True):
            draw.look(rows, tile)


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
