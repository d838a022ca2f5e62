"""The paper's probe: logistic regression from the first 80 % of the features to the last 20 %.

On unit rows its default penalty shrinks heavily, and on random directions it predicts the majority class: 0.5 of two, 1 / k of
k lobes with hardly any spread. So the distance from that null, in its standard deviations, says little.
"""

import warnings

import numpy as np
from numpy.typing import NDArray


def published_balanced_accuracy(rows: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean recall over the lobes that occur among the last fifth of the features, as scikit-learn's score of that name.

    Args:
        rows: (n_features, d_in), decoder rows as stored.
        labels: integers (n_features,).

    Raises:
        ValueError: the first 80 % hold one lobe only.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    n_train = int(0.8 * len(rows))
    if len(np.unique(labels[:n_train])) < 2:
        raise ValueError("the first 80 % of the features lie in one lobe, so there is nothing to learn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # published as it stood after 1,000 iterations
        guesses = LogisticRegression(max_iter=1000).fit(rows[:n_train], labels[:n_train]).predict(rows[n_train:])
    truth = labels[n_train:]
    return float(np.mean([np.mean(guesses[truth == lobe] == lobe) for lobe in np.unique(truth)]))


def random_directions(n_features: int, d_in: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The paper's null dictionary: independent unit vectors, uniform on the sphere, (n_features, d_in)."""
    rows = rng.standard_normal((n_features, d_in), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
