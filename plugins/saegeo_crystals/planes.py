"""The paper's picture of crystals: words of a few relations in a plane, an arrow for each pair, before and after a projection.

The axes are the leading principal ones of the words that are drawn. Axes of their differences would make any offsets look
parallel: there is always a plane in hundreds of dimensions that turns thirty arrows the same way.

It is an illustration: what is drawn was chosen because it looks well. The metrics are the evidence.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saegeo_core import Figure
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.held_out import CrossValidation, Fold
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.word_space import PairProducts, as_cosines

MAX_RELATIONS = 4
MAX_PAIRS = 5
"""Of each relation: more arrows leave no room for their words."""
MAX_SHARED = 0.1
"""Of the words of the smaller of two relations, how many may be words of the other: pictures of one set of countries twice say
hardly more than once, and lie upon each other."""


def held_out_planes(validation: CrossValidation) -> dict[str, pd.DataFrame]:
    """Words in the raw vectors, and in the coordinates that the other folds taught; of the fold whose arrows are most alike."""
    pairs = validation.pairs

    def planes(fold: Fold) -> dict[str, pd.DataFrame]:
        found = fold.discriminants(pairs.relation)
        rows = chosen_pairs(fold.offsets_in(found), pairs.take(fold.test), pairs)
        drawn = pairs.take(fold.test[rows])
        return {
            "plane_raw": _plane(_among(fold.raw_products(), rows), drawn),
            "plane_projected": _plane(_among(fold.products_in(found), rows), drawn),
        }

    return max(map(planes, validation.held_out()), key=lambda one: likeness_of_arrows(one["plane_projected"]))


def in_sample_planes(
    vectors: NDArray[np.floating], coordinates: NDArray[np.floating], pairs: Pairs
) -> dict[str, pd.DataFrame]:
    """Words in the raw vectors (n_words, d), and in coordinates (n_words, n_directions) fitted on the same pairs."""
    offsets = np.asarray(coordinates[pairs.outputs] - coordinates[pairs.inputs], np.float64)
    drawn = pairs.take(chosen_pairs(offsets, pairs, pairs))
    return {
        "plane_raw": _plane(_products(vectors, drawn), drawn),
        "plane_in_sample": _plane(_products(coordinates, drawn), drawn),
    }


def chosen_pairs(offsets: Floats, pairs: Pairs, every: Pairs) -> Integers:
    """Rows of pairs to draw: of the MAX_RELATIONS whose offsets are most alike, of each its first that share no word.

    Args:
        offsets: (n_pairs, n_directions), output - input after projection.
        pairs: those to choose from.
        every: all pairs. Relations that have many words of these in common are drawn once.
    """
    candidates = [_apart(pairs, np.flatnonzero(pairs.relation == number)) for number in range(pairs.n_relations)]
    likeness = np.array([_mean_cosine(offsets[rows]) for rows in candidates])
    words = [
        np.union1d(*(ends[every.relation == number] for ends in (every.inputs, every.outputs)))
        for number in range(pairs.n_relations)
    ]
    taken: list[int] = []
    for number in np.argsort(-likeness, kind="stable"):
        shared = max((_shared(words[number], words[other]) for other in taken), default=0.0)
        if len(candidates[number]) and shared <= MAX_SHARED:
            taken.append(int(number))
        if len(taken) == MAX_RELATIONS:
            break
    return np.concatenate([candidates[number] for number in taken])


def likeness_of_arrows(plane: pd.DataFrame) -> float:
    """Mean cosine of the arrows of a relation, averaged over the relations, in [-1, 1]."""
    arrows = plane[["to_x", "to_y"]].to_numpy() - plane[["x", "y"]].to_numpy()
    return float(np.mean([_mean_cosine(arrows[rows]) for rows in plane.groupby("relation").indices.values()]))


def _apart(pairs: Pairs, rows: Integers) -> Integers:
    """The first MAX_PAIRS of the rows whose words are all different."""
    kept: list[int] = []
    words: set[int] = set()
    for row in rows:
        own = {int(pairs.inputs[row]), int(pairs.outputs[row])}
        if len(own) == 2 and not own & words and len(kept) < MAX_PAIRS:
            kept.append(int(row))
            words |= own
    return np.array(kept, np.int64)


def _shared(words: Integers, others: Integers) -> float:
    """How many words two relations have in common, as a share of the smaller."""
    return len(np.intersect1d(words, others)) / min(len(words), len(others))


def _mean_cosine(offsets: Floats) -> float:
    """Over every two of them; -1, the least there is, where there are no two."""
    n = len(offsets)
    if n < 2:
        return -1.0
    return float(as_cosines(offsets @ offsets.T)[np.triu_indices(n, 1)].mean())


def _among(products: PairProducts, rows: Integers) -> PairProducts:
    block = np.ix_(rows, rows)
    return PairProducts(products.inputs[block], products.outputs[block], products.across[block])


def _products(vectors: NDArray[np.floating], pairs: Pairs) -> PairProducts:
    inputs, outputs = (np.asarray(vectors[words], np.float64) for words in (pairs.inputs, pairs.outputs))
    return PairProducts(inputs @ inputs.T, outputs @ outputs.T, inputs @ outputs.T)


def _plane(products: PairProducts, pairs: Pairs) -> pd.DataFrame:
    """The words of the pairs on their two leading principal axes, from their products."""
    everything = np.block([[products.inputs, products.across], [products.across.T, products.outputs]])
    means = everything.mean(0)
    values, vectors = np.linalg.eigh(everything - means - means[:, None] + means.mean())
    axes = vectors[:, ::-1][:, :2] * np.sqrt(values[::-1][:2].clip(0))
    axes *= np.where(axes[np.abs(axes).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    n = len(pairs)
    words, to_words = ([pairs.words[number] for number in ends] for ends in (pairs.inputs, pairs.outputs))
    return pd.DataFrame(
        {
            "relation": [pairs.names[number] for number in pairs.relation],
            "pair": [f"{word} → {to_word}" for word, to_word in zip(words, to_words, strict=True)],
            "word": words,
            "to_word": to_words,
            "x": axes[:n, 0],
            "y": axes[:n, 1],
            "to_x": axes[n:, 0],
            "to_y": axes[n:, 1],
        }
    )


def plane_figures(titles: Mapping[str, str], of_what: str) -> list[Figure]:
    """A figure for each table that `titles` names; `of_what` begins the caption: which pairs they are, and the projection."""
    return [
        Figure(
            name=table,
            title=title,
            kind="arrows",
            table=table,
            x="x",
            y=("y",),
            to_x="to_x",
            to_y="to_y",
            label="word",
            to_label="to_word",
            color="relation",
            hover="pair",
            x_title="first principal axis of these words",
            y_title="second",
            caption=f"{of_what}, of the relations whose offsets it makes most alike: an illustration, no evidence. Parallel arrows "
            "of one color and one length are parallelograms. Where categories lie apart, wrong partners look parallel too: "
            "see pairing consistency. Words without room are left out.",
        )
        for table, title in titles.items()
    ]
