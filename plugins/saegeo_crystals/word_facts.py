"""What is known of words besides their meaning, and may stand in the way of it: length, tokens, frequency."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.pairs import Pairs
from saegeo_crystals.word_vectors import WordVectors

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WordFacts:
    """The named distractors.

    Attributes:
        names: for example word_length.
        values: float64 (n_words, n_facts).
    """

    names: tuple[str, ...]
    values: Floats

    def differences(self, pairs: Pairs) -> Floats:
        """Output minus input for every pair, (n_pairs, n_facts)."""
        return self.values[pairs.outputs] - self.values[pairs.inputs]


def facts_of(vectors: WordVectors, frequencies: Mapping[str, float] | None) -> WordFacts:
    """Characters of each word; tokens and characters of the last one where a model made the vectors; log frequency where given.

    What is the same for all words is left out. A word that the frequencies lack counts as never seen.
    """
    columns: dict[str, Floats] = {"word_length": np.array([len(word) for word in vectors.words], np.float64)}
    if vectors.n_tokens is not None:
        columns["token_count"] = vectors.n_tokens.astype(np.float64)
    if vectors.last_token_characters is not None:
        columns["last_token_length"] = vectors.last_token_characters.astype(np.float64)
    if frequencies is not None:
        columns["log_frequency"] = np.log1p([frequencies.get(word, 0.0) for word in vectors.words])
    varying = {name: column for name, column in columns.items() if np.ptp(column) > 0}
    values = np.stack(list(varying.values()), 1) if varying else np.empty((len(vectors.words), 0))
    return WordFacts(tuple(varying), values)
