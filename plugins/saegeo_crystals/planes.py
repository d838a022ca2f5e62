"""The plane of one relation, before and after the projection, its held-out pairs as arrows."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.held_out import Experiment, Fold
from saegeo_crystals.pairs import Integers, Pairs
from saegeo_crystals.scores import Cells, quadruple_scores
from saegeo_crystals.word_space import PairProducts

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def plane_tables(experiment: Experiment) -> "dict[str, pd.DataFrame]":
    """The relation whose held-out offsets are most alike after projection, in the fold where they are.

    Each table has the two leading principal axes of its words: in the raw vectors, and in the projected coordinates.
    """
    pairs = experiment.pairs
    fold, members = max(
        ((one, rows) for one in experiment.held_out() for rows in one.cells(pairs.relation).slots),
        key=lambda candidate: _likeness(*candidate, pairs),
    )
    rows = members[members >= 0]
    chosen = pairs.take(fold.test[rows])
    found = fold.discriminants(pairs.relation)
    return {
        "plane_raw": _plane(_taken(fold.raw_products(), rows), chosen),
        "plane_projected": _plane(_taken(fold.products_in(found), rows), chosen),
    }


def _likeness(fold: Fold, members: Integers, pairs: Pairs) -> float:
    cells = fold.cells(pairs.relation)
    alone = Cells(members[None], cells.inputs, cells.outputs)
    total, count = quadruple_scores(fold.products_in(fold.discriminants(pairs.relation)), alone)["trapezoid_cosine"]
    return total / count if count else -np.inf


def _taken(products: PairProducts, rows: Integers) -> PairProducts:
    among = np.ix_(rows, rows)
    return PairProducts(products.inputs[among], products.outputs[among], products.across[among])


def _plane(products: PairProducts, pairs: Pairs) -> "pd.DataFrame":
    """Words on their two leading principal axes, from their products."""
    import pandas as pd

    everything = np.block([[products.inputs, products.across], [products.across.T, products.outputs]])
    means = everything.mean(0)
    values, vectors = np.linalg.eigh(everything - means - means[:, None] + means.mean())
    axes = vectors[:, ::-1][:, :2] * np.sqrt(values[::-1][:2].clip(0))
    axes *= np.where(axes[np.abs(axes).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    n = len(pairs)
    return pd.DataFrame(
        {
            "relation": [pairs.names[number] for number in pairs.relation],
            "pair": [f"{pairs.words[a]} → {pairs.words[b]}" for a, b in zip(pairs.inputs, pairs.outputs, strict=True)],
            "x": axes[:n, 0],
            "y": axes[:n, 1],
            "to_x": axes[n:, 0],
            "to_y": axes[n:, 1],
        }
    )
