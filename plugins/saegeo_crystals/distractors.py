"""What is known of words besides their meaning (length, tokens, frequency), and how far it stands in the way of meaning.

How far the main directions of the differences are those of named distractors, and what of a discriminant is signal.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.discriminant import double_centered, leading_eigenvectors
from saegeo_crystals.held_out import CrossValidation
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.word_space import WordSpace
from saegeo_crystals.word_vectors import WordVectors

N_COMPONENTS = 10
"""Principal components in the table."""
CERTAIN = 1 - 1e-9
"""The largest correlation of which Fisher's z is taken."""


@dataclass(frozen=True, eq=False)
class Distractors:
    """The named distractors.

    Attributes:
        names: for example word_length.
        values: float64 (n_words, n_distractors).
    """

    names: tuple[str, ...]
    values: Floats

    def differences(self, pairs: Pairs) -> Floats:
        """Output minus input for every pair, (n_pairs, n_distractors)."""
        return self.values[pairs.outputs] - self.values[pairs.inputs]


def distractors_of(vectors: WordVectors, frequencies: Mapping[str, float] | None) -> Distractors:
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
    return Distractors(tuple(varying), values)


def principal_components(space: WordSpace, pairs: Pairs, n_components: int = N_COMPONENTS) -> tuple[Floats, Floats]:
    """Scores (n_pairs, k) of the differences on their leading principal components, and shares of variance (k,)."""
    with_differences = space.with_differences(pairs)
    kernel = double_centered(with_differences[:, pairs.outputs] - with_differences[:, pairs.inputs])
    values, vectors = leading_eigenvectors(kernel, n_components)
    values = values.clip(0)
    # The sign of an eigenvector is arbitrary: the pair farthest out is on the positive side.
    signs = np.sign(vectors[np.abs(vectors).argmax(0), np.arange(vectors.shape[1])])
    return vectors * signs * np.sqrt(values), values / max(float(np.trace(kernel)), np.finfo(float).tiny)


def component_table(
    scores: Floats, shares: Floats, distractors: Distractors, pairs: Pairs, groups: Integers
) -> pd.DataFrame:
    """For each component and distractor: correlation over pairs, its interval and p-value, and the same within relations.

    Intervals and p-values are those of a delete-group jackknife of Fisher's z; p-values are corrected over all rows
    (Benjamini & Hochberg).
    """
    differences = distractors.differences(pairs)
    overall = _judged(scores, differences, groups)
    relation = (pairs.relation[:, None] == np.arange(pairs.n_relations)).astype(np.float64)
    within = _judged(scores, differences, groups, relation)
    n_components, n_distractors = scores.shape[1], len(distractors.names)
    columns = {
        "component": np.repeat(np.arange(1, n_components + 1), n_distractors),
        "variance_share": np.repeat(shares, n_distractors),
        "distractor": list(distractors.names) * n_components,
        "difference_in": [name.replace("_", " ") for name in distractors.names] * n_components,
    }
    for prefix, (correlation, low, high, pvalue) in (("", overall), ("within_", within)):
        columns |= {
            f"{prefix}correlation": correlation.reshape(-1),
            f"{prefix}low": low.reshape(-1),
            f"{prefix}high": high.reshape(-1),
            f"{prefix}corrected_pvalue": _corrected(pvalue.reshape(-1)),
        }
    return pd.DataFrame(columns)


def _judged(
    scores: Floats, differences: Floats, groups: Integers, relation: Floats | None = None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Correlation, ends of its interval and p-value, (n_components, n_distractors) each; NaN where something does not vary."""
    seen = _correlations(scores, differences, relation)
    names = np.unique(groups)
    kept = [groups != name for name in names]
    parts = np.array(
        [_correlations(scores[rows], differences[rows], None if relation is None else relation[rows]) for rows in kept]
    )
    n = len(names)
    error = np.arctanh(parts.clip(-CERTAIN, CERTAIN)).std(0, ddof=1) * (n - 1) / np.sqrt(n)
    z = np.arctanh(seen.clip(-CERTAIN, CERTAIN))
    reach = stats.t.ppf(0.975, n - 1) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        pvalue = 2 * stats.t.sf(np.abs(z) / error, n - 1)
    return seen, np.tanh(z - reach), np.tanh(z + reach), pvalue


def _correlations(scores: Floats, differences: Floats, relation: Floats | None) -> Floats:
    """Pearson's, (n_components, n_distractors); with `relation` (n_pairs, n_relations), 0 or 1, less the means of relations."""
    both = []
    for values in (scores, differences):
        if relation is None:
            centered = values - values.mean(0)
        else:
            centered = values - relation @ (relation.T @ values / np.maximum(relation.sum(0), 1)[:, None])
        lengths = np.linalg.norm(centered, axis=0)
        both.append(np.divide(centered, lengths, out=np.full_like(centered, np.nan), where=lengths > 1e-9))
    correlations: Floats = both[0].T @ both[1]
    return correlations


def _corrected(pvalues: Floats) -> Floats:
    corrected = pvalues.copy()
    known = np.isfinite(pvalues)
    if known.any():
        corrected[known] = stats.false_discovery_control(pvalues[known])
    return corrected


def direction_table(validation: CrossValidation, distractors: Distractors) -> pd.DataFrame:
    """Signal to noise of each discriminant direction, averaged over folds, where it was learned and held out.

    Signal to noise is the variance of relation means over the variance within relations. Held out, the part of the former that
    the latter explains is taken away, so that it is 0 on average for a direction without signal. Beside it the correlation with
    each distractor over held-out pairs, regardless of sign.
    """
    learned, held_out, aligned = [], [], []
    pairs = validation.pairs
    for fold in validation.held_out():
        found = fold.discriminants(pairs.relation)
        coordinates = fold.offsets_in(found)
        learned.append(found.ratio / np.maximum(1 - found.ratio, 1e-12))
        held_out.append(_signal_to_noise(coordinates, pairs.relation[fold.test]))
        aligned.append(np.abs(_correlations(coordinates, distractors.differences(pairs.take(fold.test)), None)))
    n = min(map(len, learned))
    alignment = np.mean([one[:n] for one in aligned], 0)
    return pd.DataFrame(
        {
            "direction": np.arange(1, n + 1),
            "signal_to_noise_in_training": np.mean([one[:n] for one in learned], 0),
            "signal_to_noise_held_out": np.mean([one[:n] for one in held_out], 0),
            **{f"alignment_with_{name}": alignment[:, place] for place, name in enumerate(distractors.names)},
        }
    )


def _signal_to_noise(coordinates: Floats, labels: Integers) -> Floats:
    """(s² of relation means - s² within / size) / s² within, for each column: the analysis of variance's estimate."""
    names, numbers = np.unique(labels, return_inverse=True)
    indicator = (numbers[:, None] == np.arange(len(names))).astype(np.float64)
    sizes = indicator.sum(0)
    means = indicator.T @ coordinates / sizes[:, None]
    n, k = len(labels), len(names)
    if n <= k or k < 2:
        return np.full(coordinates.shape[1], np.nan)
    within = ((coordinates - means[numbers]) ** 2).sum(0) / (n - k)
    between = (sizes[:, None] * (means - coordinates.mean(0)) ** 2).sum(0) / (k - 1)
    size = (n - (sizes**2).sum() / n) / (k - 1)
    ratio: Floats = (between - within) / size / np.maximum(within, np.finfo(float).tiny)
    return ratio


def length_table(scores: Floats, distractors: Distractors, pairs: Pairs) -> tuple[str, pd.DataFrame]:
    """The paper's figure: mean and spread of the first component for each difference in length, and which length that is."""
    name = "last_token_length" if "last_token_length" in distractors.names else "word_length"
    if name not in distractors.names:
        return name, pd.DataFrame({"difference": [], "mean": [], "low": [], "high": [], "pairs": []}, dtype=float)
    difference = distractors.differences(pairs)[:, distractors.names.index(name)].astype(np.int64)
    frame = pd.DataFrame({"difference": difference, "score": scores[:, 0]}).groupby("difference")["score"]
    means, spread, sizes = frame.mean(), frame.std(ddof=0), frame.size()
    return name, pd.DataFrame(
        {
            "difference": means.index.to_numpy(),
            "mean": means.to_numpy(),
            "low": (means - spread).to_numpy(),
            "high": (means + spread).to_numpy(),
            "pairs": sizes.to_numpy(),
        }
    )
