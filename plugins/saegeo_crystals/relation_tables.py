"""What is said of each relation, and how alike the offsets of two relations are."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.folds import units_of
from saegeo_crystals.held_out import Experiment, Sums
from saegeo_crystals.material import Material
from saegeo_crystals.scores import Cells, quadruple_scores
from saegeo_crystals.word_space import as_cosines

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

BY_RELATION = ("pairing_consistency", "trapezoid_cosine", "parallelogram_error")


def relation_table(experiment: Experiment, material: Material) -> "pd.DataFrame":
    """For each relation its pairs as given and as used, what it is held out by, and its held-out scores in both spaces."""
    import pandas as pd

    pairs = experiment.pairs
    sums = [Sums() for _ in pairs.names]
    for fold in experiment.held_out():
        cells = fold.cells(pairs.relation)
        spaces = {"raw": fold.raw_products(), "projected": fold.products_in(fold.discriminants(pairs.relation))}
        for relation, one in enumerate(sums):
            alone = Cells(cells.slots[relation : relation + 1], cells.inputs, cells.outputs)
            for name, products in spaces.items():
                one.add({f"{score}_{name}": tally for score, tally in quadruple_scores(products, alone).items()})
    by_output = units_of(pairs) == pairs.outputs
    of_relation = [pairs.relation == number for number in range(pairs.n_relations)]
    return pd.DataFrame(
        {
            "relation": pairs.names,
            "pairs_given": [material.given[name] for name in pairs.names],
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


def offset_table(experiment: Experiment) -> "pd.DataFrame":
    """Mean cosine of the held-out offsets of two relations, for every two, in both spaces."""
    import pandas as pd

    pairs = experiment.pairs
    n = pairs.n_relations
    sums = {"raw": np.zeros((n, n)), "projected": np.zeros((n, n))}
    counts = np.zeros((n, n))
    for fold in experiment.held_out():
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
