"""The tables of the calibrated preset, and the figures over them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from saegeo_core import Figure
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_crystals.discriminant import Discriminants, shrunk_scatter
from saegeo_crystals.held_out import CrossValidation, units_of
from saegeo_crystals.nulls import shuffled_partners
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.planes import plane_figures
from saegeo_crystals.scores import Sums, quadruple_scores, silhouette
from saegeo_crystals.word_space import WordSpace, as_cosines

BY_RELATION = ("pairing_consistency", "trapezoid_cosine", "parallelogram_error")
"""The scores that are told of every relation."""
DIMENSIONS = range(2, 12)
"""Numbers of discriminants in the curve of silhouettes, as published."""
N_SHUFFLES = 5
"""Shuffled partners behind the curve of chance."""


def relation_table(validation: CrossValidation, given: Mapping[str, int]) -> pd.DataFrame:
    """For each relation its pairs as given and as used, what it is held out by, and its held-out scores in both spaces.

    `given` is the number of pairs that were given, by the name of the relation.
    """
    pairs = validation.pairs
    sums = [Sums() for _ in pairs.names]
    for fold in validation.held_out():
        grouped = fold.grouped(pairs.relation)
        spaces = {"raw": fold.raw_products(), "projected": fold.products_in(fold.discriminants(pairs.relation))}
        for relation, one in enumerate(sums):
            alone = replace(grouped, slots=grouped.slots[relation : relation + 1])
            for name, products in spaces.items():
                one.add({f"{score}_{name}": tally for score, tally in quadruple_scores(products, alone).items()})
    by_output = units_of(pairs) == pairs.outputs
    of_relation = [pairs.relation == number for number in range(pairs.n_relations)]
    return pd.DataFrame(
        {
            "relation": pairs.names,
            "pairs_given": [given[name] for name in pairs.names],
            "pairs_used": pairs.sizes,
            "distinct_outputs": [len(np.unique(pairs.outputs[rows])) for rows in of_relation],
            "held_out_by": ["output" if by_output[rows].all() else "input" for rows in of_relation],
            **{
                f"{score}_{name}": [one.mean(f"{score}_{name}") for one in sums]
                for score in BY_RELATION
                for name in ("raw", "projected")
            },
        }
    )


def offset_table(validation: CrossValidation) -> pd.DataFrame:
    """Mean cosine of the held-out offsets of two relations, for every two, in both spaces."""
    pairs = validation.pairs
    n = pairs.n_relations
    sums = {"raw": np.zeros((n, n)), "projected": np.zeros((n, n))}
    counts = np.zeros((n, n))
    for fold in validation.held_out():
        indicator = (pairs.relation[fold.test][:, None] == np.arange(n)).astype(np.float64)
        others = 1.0 - np.eye(len(indicator))
        products = {"raw": fold.raw_products(), "projected": fold.products_in(fold.discriminants(pairs.relation))}
        for name, one in products.items():
            sums[name] += indicator.T @ (as_cosines(one.of_offsets()) * others) @ indicator
        counts += indicator.T @ others @ indicator
    first, second = np.divmod(np.arange(n * n), n)
    columns = {
        name: np.divide(one, counts, out=np.full_like(one, np.nan), where=counts > 0) for name, one in sums.items()
    }
    return pd.DataFrame(
        {
            "relation": [pairs.names[number] for number in first],
            "other": [pairs.names[number] for number in second],
            **{name: one.reshape(-1) for name, one in columns.items()},
        }
    )


def dimensions_for(n_relations: int) -> list[int]:
    """The numbers of discriminants in the curve: as published, as far as so many relations have them."""
    return [m for m in DIMENSIONS if m < n_relations] or [1]


def dimension_table(validation: CrossValidation, rng: np.random.Generator) -> pd.DataFrame:
    """A row for each number of discriminants from 2 to 11, or to one fewer than there are relations.

    `in_sample` is the silhouette with shrunk discriminants fitted and scored on the same pairs; `held_out` and
    `shuffled_partners` (mean of a few) are those of held-out pairs; likewise the pairing consistency.
    """
    pairs = validation.pairs
    dimensions = dimensions_for(pairs.n_relations)
    validations = [validation, *(shuffled_partners(validation, rng) for _ in range(N_SHUFFLES))]
    curves = np.empty((len(validations), len(dimensions), 2))

    def measure(number: int) -> None:
        curves[number] = _held_out(validations[number], dimensions)

    side_by_side(measure, range(len(validations)), "cpu")
    seen, shuffled = curves[0], curves[1:].mean(0)
    raw, fitted = _in_sample(validation.space, pairs, dimensions)
    return pd.DataFrame(
        {
            "dimensions": dimensions,
            "raw": raw,
            "in_sample": fitted,
            "held_out": seen[:, 0],
            "shuffled_partners": shuffled[:, 0],
            "pairing_consistency": seen[:, 1],
            "pairing_consistency_shuffled": shuffled[:, 1],
        }
    )


def _held_out(validation: CrossValidation, dimensions: list[int]) -> Floats:
    """Silhouette and pairing consistency (n_dimensions, 2) over all folds."""
    labels = validation.pairs.relation
    sums = [Sums() for _ in dimensions]
    for fold in validation.held_out():
        found = fold.discriminants(labels, max(dimensions))
        for one, m in zip(sums, dimensions, strict=True):
            one.add(fold.scores_in(found.first(m), labels))
    return np.array([[one.mean("silhouette"), one.mean("pairing_consistency")] for one in sums])


def _in_sample(space: WordSpace, pairs: Pairs, dimensions: list[int]) -> tuple[float, list[float]]:
    """The silhouette of all differences, raw and with the discriminants fitted on them."""
    with_differences = space.with_differences(pairs)
    kernel = with_differences[:, pairs.outputs] - with_differences[:, pairs.inputs]
    found = shrunk_scatter(kernel, space.dimension).discriminants(pairs.relation, pairs.n_relations, max(dimensions))

    def fitted(directions: Discriminants) -> float:
        coordinates = kernel @ directions.coefficients
        return silhouette(coordinates @ coordinates.T, pairs.relation, pairs.n_relations).mean

    return silhouette(kernel, pairs.relation, pairs.n_relations).mean, [fitted(found.first(m)) for m in dimensions]


def figures_of(tables: dict[str, pd.DataFrame], length: str) -> list[Figure]:
    """Silhouettes by dimension, what each way gains, the plane before and after, offsets of relations, and the distractors."""
    distractors = ", ".join(tables["components"]["distractor"].unique())
    planes = plane_figures(
        {"plane_raw": "Word pairs in a plane, as they are", "plane_projected": "Word pairs in a plane, projected"},
        "Pairs held out while the projection was learned",
    )
    heatmaps = [
        Figure(
            name=f"offset_similarity_{space}",
            title=f"How alike the offsets of two relations are, {words}",
            kind="heatmap",
            table="offsets",
            x="relation",
            y=("other",),
            z=space,
            y_title="other relation",
            z_title="mean cosine of offsets",
            caption="Mean cosine of held-out offsets.",
        )
        for space, words in (("raw", "as they are"), ("projected", "projected"))
    ]
    return [
        Figure(
            name="silhouette_by_dimension",
            title="Silhouette against the number of discriminants",
            kind="line",
            table="dimensions",
            x="dimensions",
            y=("held_out", "shuffled_partners", "in_sample", "raw"),
            y_names=(
                "held out",
                "held out, partners shuffled",
                "fitted and scored on the same pairs",
                "without projection",
            ),
            nulls=("shuffled_partners",),
            x_title="discriminants",
            y_title="silhouette",
            caption="What is fitted and scored on the same pairs rises with the dimension whatever they are; what shuffled "
            "partners reach held out is category, not pairing.",
        ),
        Figure(
            name="gain_by_way",
            title="What taking away gains in pairing",
            kind="bar",
            table="comparisons",
            x="way",
            y=("pairing_consistency_gain",),
            low="pairing_consistency_gain_low",
            high="pairing_consistency_gain_high",
            x_title="",
            y_title="gain in pairing consistency over raw",
            caption="Pairing consistency less that of the raw space. If a distractor hides parallelograms, taking just that away "
            f"gains. Components are principal ones of the differences; the named distractors are {distractors or 'none'}.",
        ),
        *planes,
        *heatmaps,
        Figure(
            name="distractor_correlations",
            title="Principal components of the differences and the named distractors",
            kind="bar",
            table="components",
            x="component",
            y=("correlation", "within_correlation"),
            y_names=("over all pairs", "within relations"),
            color="difference_in",
            color_title="difference in",
            low=("low", "within_low"),
            high=("high", "within_high"),
            x_title="principal component of the differences",
            y_title="correlation",
            caption="Over all pairs and within relations, with intervals.",
        ),
        length_figure(
            length,
            title="First principal component against the difference in length",
            caption="Mean over the pairs of each difference, with their standard deviation.",
        ),
    ]


def length_figure(length: str, *, title: str, caption: str) -> Figure:
    """The first component against the difference in `length`, the name of a word fact: the paper's figure, over `lengths`."""
    return Figure(
        name="first_component_by_length",
        title=title,
        kind="line",
        table="lengths",
        x="difference",
        y=("mean",),
        low="low",
        high="high",
        x_title=f"difference of {length.replace('_', ' ')}, characters",
        y_title="first principal component",
        caption=caption,
    )
