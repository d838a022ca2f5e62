"""The calibrated preset: held-out scores beside what shuffled partners and permuted relations would score."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings, Metric, Replicates
from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.resampling import digest_of_parts, jackknife_of
from saegeo_crystals.comparisons import comparison_table
from saegeo_crystals.described import DESCRIBED
from saegeo_crystals.dimensions import dimension_table
from saegeo_crystals.distractors import component_table, direction_table, length_table, principal_components
from saegeo_crystals.figures import figures_of
from saegeo_crystals.folds import deal_folds, deal_groups
from saegeo_crystals.held_out import GAIN, NAMES, Experiment, Projection, Sums
from saegeo_crystals.material import Material, gather
from saegeo_crystals.nulls import label_null, partner_null, scores_of_all
from saegeo_crystals.pairs import Integers, Pairs, capped
from saegeo_crystals.parameters import CrystalsParameters
from saegeo_crystals.planes import plane_tables
from saegeo_crystals.relation_tables import offset_table, relation_table
from saegeo_crystals.word_facts import facts_of
from saegeo_crystals.word_space import WordSpace

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

Floats = NDArray[np.float64]

N_GROUPS = 20
PARTNERS = "partners shuffled inside each relation and fold: categories kept, pairing destroyed"
RELATIONS = "relations permuted among the pairs of a fold: pairs kept, what they share destroyed"
TOO_SMALL = "no fold holds enough pairs of one relation that share no word: give larger relations or take fewer folds"


def calibrated_findings(cloud: FeatureCloud, parameters: CrystalsParameters, context: AnalysisContext) -> Findings:
    """Measure the pairs and judge what was seen."""
    rng = context.rng

    def draw(pairs: Pairs) -> Pairs:
        smallest = int(pairs.sizes.min())
        return capped(pairs, min(parameters.pairs_per_relation or smallest, smallest), rng)

    material = gather(cloud, parameters, context, draw=draw)
    material = material.with_pairs(draw(material.pairs))
    pairs = material.pairs
    folds = deal_folds(pairs, parameters.n_folds, rng)
    groups = deal_groups(pairs, folds, N_GROUPS, rng)
    projection = Projection(parameters.projection, parameters.n_components, parameters.n_principal, parameters.geometry)
    experiment = Experiment(WordSpace.of(material.vectors.vectors), pairs, folds, projection)

    n_draws, progress = parameters.n_permutations, context.progress
    nulls = {
        PARTNERS: partner_null(experiment, rng, n_draws, progress),
        RELATIONS: label_null(experiment, rng, n_draws, progress),
    }
    without = _without_each_group(experiment, groups, progress)
    key = f"delete-group jackknife, {N_GROUPS} groups of pairs, {pairs.digest}, {digest_of_parts(np.concatenate([folds, groups]))}"
    metrics, replicates = _metrics(experiment.sums(), nulls, without, key)

    facts = facts_of(material.vectors, material.frequencies)
    scores, shares = principal_components(experiment.space, pairs)
    length, lengths = length_table(scores, facts, pairs)
    tables = {
        "relations": relation_table(experiment, material),
        "dimensions": dimension_table(experiment, rng),
        "comparisons": comparison_table(experiment, facts, groups, progress),
        "components": component_table(scores, shares, facts, pairs, groups),
        "directions": direction_table(experiment, facts),
        "lengths": lengths,
        "offsets": offset_table(experiment),
        **plane_tables(experiment),
    }
    warnings = [*material.warnings, *_warnings(pairs, material, projection)]
    return Findings(metrics, tables, figures_of(tables, length), warnings=warnings, replicates=replicates)


def without_pairs() -> Findings:
    """What stands in the place of pairs that were not to be measured."""
    return Findings([DESCRIBED.missing(GAIN, "word pairs were left out: crystals.measure is dictionary")])


def _without_each_group(experiment: Experiment, groups: Integers, progress: "Progress") -> Floats:
    """Scores without each group of pairs, everything learned anew, (n_groups, len(NAMES))."""
    names = np.unique(groups)
    return scores_of_all([experiment.take(groups != name) for name in names], progress, "groups left out")


def _metrics(seen: Sums, nulls: dict[str, Floats], without: Floats, key: str) -> tuple[list[Metric], list[Replicates]]:
    metrics, replicates = [], []
    estimates = dict(zip(NAMES, seen.scores().tolist(), strict=True))
    for name in (GAIN, *(one for one in NAMES if one != GAIN)):
        column, estimate = NAMES.index(name), estimates[name]
        if not np.isfinite(estimate):
            metrics.append(DESCRIBED.missing(name, TOO_SMALL))
            continue
        resampled = jackknife_of(estimate, without[:, column])
        is_known = bool(np.isfinite(without[:, column]).all())
        if is_known:
            replicates.append(resampled.kept_for(name, key))
        alternative: Alternative = "less" if DESCRIBED[name].better == "lower" else "greater"
        compared = tuple(
            drawn_null(model, estimate, draws[:, column], alternative=alternative, has_zscore=True)
            for model, draws in nulls.items()
            if np.isfinite(draws[:, column]).all()
        )
        metrics.append(
            DESCRIBED.metric(
                name,
                estimate,
                seen.count(name),
                interval=resampled.interval() if is_known else Absent(TOO_SMALL),
                nulls=compared or Absent(TOO_SMALL),
            )
        )
    return metrics, replicates


def _warnings(pairs: Pairs, material: Material, projection: Projection) -> list[str]:
    warnings = []
    given = sum(material.given.values())
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
