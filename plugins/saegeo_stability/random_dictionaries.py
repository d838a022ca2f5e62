"""The same numbers where the other dictionary is random: reflected, which judges, or drawn from a law, for a mean beside."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from saegeo_core import Absent, AnalysisContext, FeatureCloud
from saegeo_core.measuring.null_comparison import Distribution, Draws, Moments, Nulls
from saegeo_core.measuring.of_cloud import matched_directions_of
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.reflected_products import ReflectedProducts
from saegeo_core.statistics.null_directions import uniform_directions
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_stability.agreement import Agreement
from saegeo_stability.quick_agreement import MOST_PAIRED, QuickAgreement

REFLECTED = "the other dictionary reflected along the principal axes of both, beside their mean"
SAMPLED = f"{REFLECTED}; ranked by pairing {MOST_PAIRED:,} features"
MATCHED = "the other dictionary drawn from an angular Gaussian of its own mean and covariance"
UNIFORM = "the other dictionary drawn uniformly"
FEW_DRAWS = 2
"""Of the nulls that do not judge, for dictionaries that are paired whole; of larger ones a single draw tells a mean."""

Numbers = Mapping[str, float]


class RandomDictionaries(NamedTuple):
    """What random dictionaries show in place of the other one.

    Attributes:
        nulls: of every number, the judging null first.
        nearest: (n_first,), largest cosine of each feature of the first with one of a reflection.
        missing: why one of the nulls is not there; empty where all are.
    """

    nulls: Mapping[str, Nulls]
    nearest: Floats
    missing: str


def random_dictionaries(
    other: FeatureCloud,
    units: tuple[Tensor, Tensor],
    observed: Agreement,
    context: AnalysisContext,
    *,
    shared_above: float,
    null_draws: int,
) -> RandomDictionaries:
    """Draw them, and measure each.

    Args:
        other: the second cloud.
        units: unit rows of both, on the device of the context.
        observed: what the second shows as it is; numbers that it lacks have no nulls.
        context: where chance and the device come from.
        shared_above: cosine above which a pair counts as shared.
        null_draws: reflections; of the others one where features are many, else two.
    """
    first, second = units
    rng, shape = context.rng, (min(len(first), len(second)), max(len(first), len(second)))
    sample = np.sort(rng.permutation(shape[0])[:MOST_PAIRED]) if observed.pairings else None
    is_sampled = sample is not None and len(sample) < shape[0]
    begin = partial(QuickAgreement, shape, first.device, is_turned=len(first) > len(second), shared_above=shared_above)

    numbers, in_full, nearest = _reflected(units, context, null_draws, begin, sample, is_sampled=is_sampled)
    nulls: dict[str, dict[str, Distribution]] = {
        name: _reflections(estimate, [one[name] for one in numbers], in_full.get(name))
        for name, estimate in observed.numbers.items()
    }

    matched = matched_directions_of(other, across=True, device=context.device)
    laws = {} if isinstance(matched, Absent) else {MATCHED: matched}
    for model, law in (laws | {UNIFORM: uniform_directions(first.shape[1])}).items():
        beside: list[Numbers] = []
        for _ in range(1 if shape[0] > MOST_PAIRED else FEW_DRAWS):
            draw = begin(sample=None if is_sampled else sample)
            along_axes = first if law.axes is None else first @ torch.from_numpy(law.axes).to(first)
            _show(_products(along_axes, law.sample_along_axes(len(second), rng).to(first)), None, [draw])
            beside.append(draw.numbers())
        for name in beside[0]:
            nulls[name][model] = Moments(float(np.mean([one[name] for one in beside])))
    return RandomDictionaries(nulls, nearest, matched.absent if isinstance(matched, Absent) else "")


def _reflected(
    units: tuple[Tensor, Tensor],
    context: AnalysisContext,
    null_draws: int,
    begin: Callable[..., QuickAgreement],
    sample: Integers | None,
    *,
    is_sampled: bool,
) -> tuple[list[Numbers], Numbers, Floats]:
    """Numbers of the dictionary as it is and of its reflections; of the last those of all its pairs, and its nearest cosines."""
    first, second = units
    reflected = ReflectedDirections.of(second, pooled_with=first)
    products = _products(first @ reflected.axes, reflected.along_axes)
    sets = reflected.signs_of_draws(null_draws, context.rng)
    numbers: list[Numbers] = []
    draws: list[QuickAgreement] = []
    for signs in context.progress(sets, len(sets), "reflections"):
        is_last = len(numbers) + len(signs) > null_draws
        draws.clear()  # each holds what it pairs: two sets at once would take twice the memory
        draws += [
            begin(sample=sample, in_full=is_sampled and is_last and k == len(signs) - 1) for k in range(len(signs))
        ]
        _show(products, signs, draws)
        numbers += [one.numbers() for one in draws]
    return numbers, draws[-1].numbers_in_full(), draws[-1].nearest


def _products(first: Tensor, second: Tensor) -> ReflectedProducts:
    """Of the smaller dictionary with the larger: a reflection of one gives the products of a reflection of the other."""
    return ReflectedProducts(*((first, second) if len(first) <= len(second) else (second, first)))


def _show(products: ReflectedProducts, signs: Tensor | None, draws: Sequence[QuickAgreement]) -> None:
    """Show each draw the products of its reflection; without signs the one draw those of the rows as they are."""
    for rows, tiles in products.tiles(torch.ones(1, products.d_in) if signs is None else signs):
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
