"""Whether one can tell from a feature's direction which lobe it belongs to.

A linear discriminant on held-out features: each is given to the lobe whose mean direction lies nearest in the metric of the
shrunk covariance of all directions (linear discriminant analysis with the total covariance and equal priors). That metric
does not know the labels, so one factorization for each fold serves the labels and every permutation of them.

For the permutation test to be exact the folds must not know the labels either. So they are dealt evenly within strata of
like frequency, not within lobes: folds in which the true labels alone are spread evenly would favor these.

The paper's probe, logistic regression from the first 80 % of the features to the last 20 %, is here for the preset of that name. On
unit rows its default penalty shrinks heavily, and on random directions it predicts the majority class: 0.5 of two, 1 / k of k
lobes with hardly any spread. So the distance from that null, in its standard deviations, says little.
"""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.column_products import add_column_products
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side

MIN_IN_CLASS = 10
ENTRIES_AT_ONCE = 2**24
ROWS_AT_ONCE = 64
MIN_VARIANCE = 1e-30
"""Lets inputs that are all alike be factorized; they then say nothing, as they should."""
ROUNDING = 1e-6
"""Of the mean variance: more than the least eigenvalue of a covariance loses where its products are float32."""


def deal_folds(strata: Integers, rng: np.random.Generator, *, n_folds: int = 5) -> Integers:
    """A fold for each item (n_items,), from 0: at random, but spread evenly over every stratum."""
    order = np.lexsort((rng.random(len(strata)), strata))
    folds = np.empty(len(strata), np.int64)
    folds[order] = np.arange(len(strata)) % n_folds
    return folds


def merge_small_classes(labels: NDArray[np.integer[Any]], *, min_items: int = MIN_IN_CLASS) -> tuple[Integers, int]:
    """Labels (n_items,) numbered from 0 in which classes under `min_items` items are one class, and how many were merged.

    Where they have fewer than `min_items` items even together, the smallest of the other classes joins them.
    """
    classes, numbers, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    from_small = np.argsort(sizes, kind="stable")
    n_small = int((sizes < min_items).sum())
    if 0 < sizes[from_small[:n_small]].sum() < min_items:
        n_small = min(n_small + 1, len(classes))
    if n_small < 2:
        return numbers, 0
    merged = np.empty(len(classes), np.int64)
    merged[from_small[:n_small]] = 0
    merged[np.sort(from_small[n_small:])] = 1 + np.arange(len(classes) - n_small)
    return merged[numbers], n_small


class LinearProbe:
    """The discriminant, factorized once for given inputs and folds.

    Second moments are added up fold by fold, and those of a training part are the sum of the others.

    Args:
        inputs: (n_items, n_inputs), what labels are predicted from.
        folds: int64 (n_items,), from 0; each is held out in turn.
        device: where the arithmetic is done.
    """

    def __init__(self, inputs: NDArray[np.floating[Any]], folds: Integers, device: str | torch.device = "cpu") -> None:
        rows = torch.from_numpy(np.asarray(inputs, np.float32)).to(device)
        center = (_sum(rows) / len(rows)).float()
        held_out = [folds == fold for fold in range(int(folds.max()) + 1)]
        tests = [rows[torch.from_numpy(out).to(device)].sub_(center) for out in held_out]
        metric = _Metric([_Moments.of(test) for test in tests])
        self._n = len(rows)
        self._parts = [
            _Part(out, test, metric.factor(fold)) for fold, (out, test) in enumerate(zip(held_out, tests, strict=True))
        ]

    def balanced_accuracies(self, labels: Integers) -> Floats:
        """Mean over classes of the share of its items that are recognized while held out, for each row of labels.

        Range [0, 1]; 1 / n_classes is expected where inputs say nothing.

        Args:
            labels: int64 (n_sets, n_items), classes from 0.
        """
        n_classes = int(labels.max()) + 1
        height = max(1, ENTRIES_AT_ONCE // (self._n * n_classes))
        pieces = [
            self._accuracies(labels[start : start + height], n_classes) for start in range(0, len(labels), height)
        ]
        return np.concatenate(pieces)

    def _accuracies(self, labels: Integers, n_classes: int) -> Floats:
        sizes = _counts(labels, n_classes)
        sums = [part.class_sums(labels, n_classes) for part in self._parts]
        total = torch.stack(sums).sum(0)
        found = np.zeros((len(labels), n_classes))
        for part, of_fold in zip(self._parts, sums, strict=True):
            truth = labels[:, part.held_out]
            guesses = part.nearest_means(total - of_fold, sizes - _counts(truth, n_classes))
            found += _counts(np.where(guesses == truth, truth, n_classes), n_classes + 1)[:, :n_classes]
        recall = np.divide(found, sizes, out=np.zeros_like(found), where=sizes > 0)
        accuracies: Floats = recall.sum(1) / (sizes > 0).sum(1)
        return accuracies


class _Part(NamedTuple):
    """A fold: bool (n_items,) its items, float32 (n_test, n_inputs) their inputs, and the factor of the metric of the others."""

    held_out: NDArray[np.bool_]
    test: Tensor
    factor: Tensor

    def class_sums(self, labels: Integers, n_classes: int) -> Tensor:
        """Sums of the held-out inputs of each class, float64 (n_sets * n_classes, n_inputs)."""
        one_hot = torch.from_numpy(labels[:, None, self.held_out] == np.arange(n_classes)[:, None])
        return (one_hot.flatten(0, 1).to(self.test.device, self.test.dtype) @ self.test).double()

    def nearest_means(self, sums: Tensor, sizes: Integers) -> Integers:
        """The class of nearest mean for each set of labels and each test item, (n_sets, n_test); never one without items.

        Args:
            sums: float64 (n_sets * n_classes, n_inputs), of the training items of each class.
            sizes: int64 (n_sets, n_classes), how many these are.
        """
        size = torch.from_numpy(sizes.ravel()).to(sums.device)
        means = (sums / size.clamp_min(1)[:, None]).float()
        whitened = torch.linalg.solve_triangular(self.factor, means.T, upper=False)
        offset = whitened.square().sum(0) / 2 + torch.where(size > 0, 0.0, torch.inf)
        weights = torch.linalg.solve_triangular(self.factor.T, whitened, upper=True)
        scores = (self.test @ weights - offset).reshape(len(self.test), *sizes.shape)
        classes: Integers = scores.argmax(2).T.numpy(force=True)
        return classes


class _Moments(NamedTuple):
    """Of some rows.

    Attributes:
        rows: float32 (n_items, n_inputs).
        squares: float64 (n_items,), their squared lengths.
        sums: float64 (n_inputs,), their sum.
        products: float64 (n_inputs, n_inputs), the sum of their outer products, which are float32; the lower triangle alone.
    """

    rows: Tensor
    squares: Tensor
    sums: Tensor
    products: Tensor

    @classmethod
    def of(cls, rows: Tensor) -> "_Moments":
        squares = torch.empty(len(rows), dtype=torch.float64, device=rows.device)

        def measure(some: slice) -> None:
            squares[some] = rows[some].double().square_().sum(1)

        side_by_side(measure, row_slices(len(rows), ROWS_AT_ONCE), rows.device)
        products = torch.zeros(rows.shape[1], rows.shape[1], dtype=torch.float64, device=rows.device)
        add_column_products(products, rows)
        return cls(rows, squares, _sum(rows), products)

    def squares_about(self, mean: Tensor) -> Tensor:
        """Squared distances of the rows from a mean, float64 (n_items,)."""
        return self.squares - 2 * (self.rows @ mean.float()).double() + mean.square().sum()


class _Metric:
    """Covariances of all folds but one, each made in the memory of the one before: new memory takes longer than the arithmetic.

    Args:
        folds: the moments of every fold.
    """

    def __init__(self, folds: Sequence[_Moments]) -> None:
        self._folds, self._sums = folds, torch.stack([fold.sums for fold in folds]).sum(0)
        self._products = folds[0].products.clone()
        for fold in folds[1:]:
            self._products += fold.products
        self._covariance, self._factor = torch.empty_like(self._products), torch.empty_like(self._products)
        self._failed = torch.empty((), dtype=torch.int32, device=self._sums.device)

    def factor(self, held_out: int) -> Tensor:
        """The lower triangular factor of the shrunk covariance (Ledoit and Wolf 2004) of all folds but one, float32."""
        own, train = self._folds[held_out], [fold for number, fold in enumerate(self._folds) if number != held_out]
        n_train, n_inputs = sum(len(fold.rows) for fold in train), len(self._sums)
        mean = (self._sums - own.sums) / n_train
        covariance = torch.sub(self._products, own.products, out=self._covariance).div_(n_train)
        covariance.addr_(mean, mean, alpha=-1).tril_()
        variances = covariance.diagonal()
        level = variances.mean()
        squares = 2 * torch.linalg.vector_norm(covariance).square() - variances.square().sum()
        off_level = squares - n_inputs * level**2
        fourth = torch.stack([fold.squares_about(mean).square().sum() for fold in train]).sum()
        by_chance = (fourth / n_train - squares) / n_train
        share = (by_chance / off_level).clamp(0, 1) if off_level > 0 else torch.zeros_like(level)
        covariance *= 1 - share
        variances += share * level + MIN_VARIANCE
        factor, failed = torch.linalg.cholesky_ex(covariance, out=(self._factor, self._failed))
        if failed:  # inputs that go together exactly, to rounding
            variances += ROUNDING * level
            factor = torch.linalg.cholesky(covariance)
        found: Tensor = factor.float()
        return found


def _sum(rows: Tensor) -> Tensor:
    """Of rows, float64: a few are converted and added up at a time, which takes a tenth of the time."""
    slices = list(row_slices(len(rows), ROWS_AT_ONCE))
    parts = torch.empty(len(slices), rows.shape[1], dtype=torch.float64, device=rows.device)

    def add_up(number: int) -> None:
        parts[number] = rows[slices[number]].double().sum(0)

    side_by_side(add_up, range(len(slices)), rows.device)
    return parts.sum(0)


def _counts(labels: Integers, n_classes: int) -> Integers:
    """Items of each class in each row of labels, int64 (n_sets, n_classes)."""
    cells = np.arange(len(labels))[:, None] * n_classes + labels
    return np.bincount(cells.ravel(), minlength=len(labels) * n_classes).reshape(-1, n_classes)


def published_balanced_accuracy(rows: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]]) -> float:
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
        # Published as it stood after 1,000 iterations, whatever scikit-learn said of it: few rows to a lobe, or lengths of 1e30.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        warnings.filterwarnings("ignore", "(overflow|invalid value) encountered", RuntimeWarning)
        guesses = LogisticRegression(max_iter=1000).fit(rows[:n_train], labels[:n_train]).predict(rows[n_train:])
    truth = labels[n_train:]
    return float(np.mean([np.mean(guesses[truth == lobe] == lobe) for lobe in np.unique(truth)]))


def random_directions(n_features: int, d_in: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The paper's null dictionary: independent unit vectors, uniform on the sphere, (n_features, d_in)."""
    rows = rng.standard_normal((n_features, d_in), dtype=np.float32)
    units: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units
