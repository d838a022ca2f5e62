"""Vectors for the words of the bundled relations of which the truth is known: parallelograms behind a distractor, or nothing."""

import numpy as np
from numpy.typing import NDArray

from saegeo_core import TextActivations
from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens
from saegeo_crystals.relations import Relation

Floats = NDArray[np.float64]

NOISE = 0.1
DISTRACTOR = 30.0
"""How far words lie apart along one direction at random, where all else is of length about sqrt(d)."""


def words_of_noise(rng: np.random.Generator, d_in: int) -> TextActivations:
    """Every word has a vector of its own, and no two have to do with each other."""
    return made_up_activations(made_up_tokens(d_in, seed=int(rng.integers(2**32))), d_in)


def words_in_parallelograms(rng: np.random.Generator, d_in: int, relations: list[Relation]) -> TextActivations:
    """The second word of a pair is the first moved by the offset of its relation; then all are scattered along one direction.

    A word that is in several pairs is moved by the first of them, so the offsets of later ones may differ.
    """
    vector_of: dict[str, Floats] = {}
    for relation in relations:
        offset = rng.standard_normal(d_in)
        for first, second in relation.pairs:
            start = vector_of.setdefault(first, rng.standard_normal(d_in))
            vector_of.setdefault(second, start + offset + NOISE * rng.standard_normal(d_in))
    direction = rng.standard_normal(d_in)
    direction *= DISTRACTOR / np.linalg.norm(direction)
    scattered = {word: vector + rng.standard_normal() * direction for word, vector in vector_of.items()}
    elsewhere = made_up_tokens(d_in)

    def tokens_of(text: str) -> NDArray[np.float32]:
        return scattered[text][None].astype(np.float32) if text in scattered else elsewhere(text)

    return made_up_activations(tokens_of, d_in, "planted parallelograms")
