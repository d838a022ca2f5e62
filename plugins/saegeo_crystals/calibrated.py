"""The calibrated preset: held-out scores beside what shuffled partners and permuted relations would score."""

from collections.abc import Mapping

import numpy as np

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.spread import Spread
from saegeo_core.statistics.resampling import digest_of_parts, jackknife_of
from saegeo_crystals.declared import DECLARED, GAIN
from saegeo_crystals.distractors import (
    component_table,
    direction_table,
    distractors_of,
    length_table,
    principal_components,
)
from saegeo_crystals.held_out import CrossValidation, Projection, counts_of, deal_folds, deal_groups, numbers_of
from saegeo_crystals.nulls import Numbers, label_null, numbers_of_all, partner_null
from saegeo_crystals.pairs import EmbeddedPairs, Pairs, PairSource, capped, embedded_pairs
from saegeo_crystals.planes import held_out_planes
from saegeo_crystals.removals import removal_table
from saegeo_crystals.tables import dimension_table, figures_of, offset_table, relation_table
from saegeo_crystals.word_space import WordSpace

N_GROUPS = 20
"""Groups of pairs that the jackknife leaves out in turn."""
PARTNERS = "partners shuffled inside each relation and fold: categories kept, pairing destroyed"
RELATIONS = "relations permuted among the pairs of a fold: pairs kept, what they share destroyed"
TOO_SMALL = Absent(
    "no fold holds enough pairs of one relation that share no word: give larger relations or take fewer folds"
)


def calibrated_findings(
    cloud: FeatureCloud,
    context: AnalysisContext,
    source: PairSource,
    projection: Projection,
    *,
    pairs_per_relation: int | None,
    n_folds: int,
    null_draws: int,
) -> Findings:
    """Measure the pairs and judge what was seen.

    Args:
        cloud: its SAE says where words are read; its features stand for words where the source asks for that.
        context: its generator, progress and activations are used.
        source: where the pairs and the vectors of their words come from.
        projection: how the projected space is learned.
        pairs_per_relation: pairs of each relation, at most as many as the smallest has; None for as many.
        n_folds: folds held out in turn.
        null_draws: draws of each null.
    """
    rng, progress = context.rng, context.progress

    def draw(pairs: Pairs) -> Pairs:
        smallest = int(pairs.sizes.min())
        return capped(pairs, min(pairs_per_relation or smallest, smallest), rng)

    embedded = embedded_pairs(source, cloud, context, draw=draw)
    embedded = embedded.with_pairs(draw(embedded.pairs))
    pairs = embedded.pairs
    folds = deal_folds(pairs, n_folds, rng)
    groups = deal_groups(pairs, folds, N_GROUPS, rng)
    validation = CrossValidation(WordSpace.of(embedded.vectors.vectors), pairs, folds, projection)

    draws = {
        PARTNERS: partner_null(validation, rng, null_draws, progress),
        RELATIONS: label_null(validation, rng, null_draws, progress),
    }
    left_out = [validation.take(groups != group) for group in np.unique(groups)]
    without = numbers_of_all(left_out, progress, "groups left out")
    parts = digest_of_parts(np.concatenate([folds, groups]))
    key = f"delete-group jackknife, {N_GROUPS} groups of pairs, {pairs.digest}, {parts}"
    sums = validation.sums()
    numbers = numbers_of(sums)

    distractors = distractors_of(embedded.vectors, embedded.frequencies)
    scores, shares = principal_components(validation.space, pairs)
    length, lengths = length_table(scores, distractors, pairs)
    tables = {
        "relations": relation_table(validation, embedded.given),
        "dimensions": dimension_table(validation, rng),
        "comparisons": removal_table(validation, distractors, groups, progress),
        "components": component_table(scores, shares, distractors, pairs, groups),
        "directions": direction_table(validation, distractors),
        "lengths": lengths,
        "offsets": offset_table(validation),
        **held_out_planes(validation),
    }
    return DECLARED.findings(
        {name: one if np.isfinite(one) else TOO_SMALL for name, one in numbers.items()},
        n=counts_of(sums),
        spread={name: _spread(one, [part[name] for part in without], key) for name, one in numbers.items()},
        nulls={name: _nulls(name, draws) for name in numbers},
        additions={GAIN: f" Vectors: {embedded.origin}."},
        tables=tables,
        figures=figures_of(tables, length),
        warnings=[*embedded.warnings, *_warnings(embedded, projection)],
    )


def without_pairs() -> Findings:
    """What stands in the place of pairs that were not to be measured."""
    return DECLARED.findings({GAIN: Absent("word pairs were left out: crystals.measure is dictionary")}, n=0)


def _spread(estimate: float, without: list[float], key: str) -> Spread | Absent:
    """How well a number is known from what it is without each group of pairs."""
    return Spread(jackknife_of(estimate, without), key) if np.isfinite(without).all() else TOO_SMALL


def _nulls(name: str, draws: Mapping[str, list[Numbers]]) -> Nulls | Absent:
    """The null models that have a number of that name in every draw."""
    values = {model: np.array([one[name] for one in drawn]) for model, drawn in draws.items()}
    is_share = DECLARED[name].unit.startswith("fraction")
    nulls: Nulls = {
        model: Draws(drawn, mid_ranks=is_share) for model, drawn in values.items() if np.isfinite(drawn).all()
    }
    return nulls or TOO_SMALL


def _warnings(embedded: EmbeddedPairs, projection: Projection) -> list[str]:
    warnings = []
    pairs, given = embedded.pairs, sum(embedded.given.values())
    if len(pairs) < given:
        warnings.append(
            f"every relation counts with {int(pairs.sizes.max())} pairs, drawn at random, as many as the smallest has "
            f"(or crystals.pairs_per_relation): {given - len(pairs)} of {given} were left out"
        )
    if projection.n_components >= pairs.n_relations:
        warnings.append(
            f"{pairs.n_relations} relations have {pairs.n_relations - 1} discriminants: "
            f"the projected space has that many dimensions, not {projection.n_components}"
        )
    return warnings
