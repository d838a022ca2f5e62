"""How far the main directions of the differences are those of named distractors, and what of a discriminant is signal."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from saegeo_crystals.discriminant import double_centred, leading_eigenvectors
from saegeo_crystals.held_out import Experiment
from saegeo_crystals.pairs import Integers, Pairs
from saegeo_crystals.word_facts import WordFacts
from saegeo_crystals.word_space import WordSpace

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

N_COMPONENTS = 10
CERTAIN = 1 - 1e-9


def principal_components(space: WordSpace, pairs: Pairs, most: int = N_COMPONENTS) -> tuple[Floats, Floats]:
    """Scores (n_pairs, k) of the differences on their leading principal components, and shares of variance (k,)."""
    with_differences = space.with_differences(pairs)
    kernel = double_centred(with_differences[:, pairs.outputs] - with_differences[:, pairs.inputs])
    values, vectors = leading_eigenvectors(kernel, most)
    values = values.clip(0)
    # The sign of an eigenvector is arbitrary: the pair farthest out is on the positive side.
    signs = np.sign(vectors[np.abs(vectors).argmax(0), np.arange(vectors.shape[1])])
    return vectors * signs * np.sqrt(values), values / max(float(np.trace(kernel)), np.finfo(float).tiny)


def component_table(scores: Floats, shares: Floats, facts: WordFacts, pairs: Pairs, groups: Integers) -> "pd.DataFrame":
    """For each component and distractor: correlation over pairs, its interval and p-value, and the same within relations.

    Intervals and p-values are those of a delete-group jackknife of Fisher's z; p-values are corrected over all rows
    (Benjamini & Hochberg).
    """
    import pandas as pd

    differences = facts.differences(pairs)
    overall = _judged(scores, differences, groups)
    relation = (pairs.relation[:, None] == np.arange(pairs.n_relations)).astype(np.float64)
    within = _judged(scores, differences, groups, relation)
    n_components, n_facts = scores.shape[1], len(facts.names)
    columns = {
        "component": np.repeat(np.arange(1, n_components + 1), n_facts),
        "variance_share": np.repeat(shares, n_facts),
        "distractor": list(facts.names) * n_components,
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
    """Correlation, ends of its interval and p-value, (n_components, n_facts) each; NaN where something does not vary."""
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
    """Pearson's, (n_components, n_facts); with `relation` (n_pairs, n_relations), 0 or 1, after taking away relation means."""
    both = []
    for values in (scores, differences):
        if relation is None:
            centred = values - values.mean(0)
        else:
            centred = values - relation @ (relation.T @ values / np.maximum(relation.sum(0), 1)[:, None])
        lengths = np.linalg.norm(centred, axis=0)
        both.append(np.divide(centred, lengths, out=np.full_like(centred, np.nan), where=lengths > 1e-9))
    return both[0].T @ both[1]


def _corrected(pvalues: Floats) -> Floats:
    corrected = pvalues.copy()
    known = np.isfinite(pvalues)
    if known.any():
        corrected[known] = stats.false_discovery_control(pvalues[known])
    return corrected


def direction_table(experiment: Experiment, facts: WordFacts) -> "pd.DataFrame":
    """Signal to noise of each discriminant direction, averaged over folds, where it was learned and held out.

    Signal to noise is the variance of relation means over the variance within relations. Held out, the part of the former that
    the latter explains is taken away, so that it is 0 on average for a direction without signal. Beside it the correlation with
    each distractor over held-out pairs, regardless of sign.
    """
    import pandas as pd

    learned, held_out, aligned = [], [], []
    pairs = experiment.pairs
    for fold in experiment.held_out():
        found = fold.discriminants(pairs.relation)
        coordinates = fold.offsets_in(found)
        learned.append(found.ratio / np.maximum(1 - found.ratio, 1e-12))
        held_out.append(_signal_to_noise(coordinates, pairs.relation[fold.test]))
        aligned.append(np.abs(_correlations(coordinates, facts.differences(pairs.take(fold.test)), None)))
    n = min(map(len, learned))
    alignment = np.mean([one[:n] for one in aligned], 0)
    return pd.DataFrame(
        {
            "direction": np.arange(1, n + 1),
            "signal_to_noise_in_training": np.mean([one[:n] for one in learned], 0),
            "signal_to_noise_held_out": np.mean([one[:n] for one in held_out], 0),
            **{f"alignment_with_{name}": alignment[:, place] for place, name in enumerate(facts.names)},
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
    return (between - within) / size / np.maximum(within, np.finfo(float).tiny)


def length_table(scores: Floats, facts: WordFacts, pairs: Pairs) -> "tuple[str, pd.DataFrame]":
    """The paper's figure: mean and spread of the first component for each difference in length, and which length that is."""
    import pandas as pd

    name = "last_token_length" if "last_token_length" in facts.names else "word_length"
    if name not in facts.names:
        return name, pd.DataFrame({"difference": [], "mean": [], "low": [], "high": [], "pairs": []}, dtype=float)
    difference = facts.differences(pairs)[:, facts.names.index(name)].astype(np.int64)
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
