"""Metrics of classification and regression as GLUE reports them, in percent."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def accuracy(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Share of equal labels."""
    predicted, expected = _pair(predicted, expected)
    return 100 * float((predicted == expected).mean())


def f1(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Harmonic mean of precision and recall of class 1; 0 where class 1 neither is nor is found."""
    predicted, expected = _pair(predicted, expected)
    return 100 * _class_f1(predicted == 1, expected == 1)


def macro_f1(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Mean F1 over the classes that occur on either side."""
    predicted, expected = _pair(predicted, expected)
    classes = np.union1d(predicted, expected)
    return 100 * float(np.mean([_class_f1(predicted == c, expected == c) for c in classes]))


def matthews(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Matthews' correlation for any number of classes (Gorodkin 2004); 0 where it is undefined."""
    predicted, expected = _pair(predicted, expected)
    classes = np.union1d(predicted, expected)
    found = np.array([(predicted == c).sum() for c in classes], np.float64)
    there = np.array([(expected == c).sum() for c in classes], np.float64)
    total, right = float(len(expected)), float((predicted == expected).sum())
    spread = (total**2 - found @ found) * (total**2 - there @ there)
    return 100 * float((right * total - found @ there) / np.sqrt(spread)) if spread > 0 else 0.0


def pearson(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Linear correlation; NaN where one side is constant, since it is undefined."""
    predicted, expected = _pair(predicted, expected)
    one, other = predicted - predicted.mean(), expected - expected.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    constant = np.ptp(predicted) == 0 or np.ptp(expected) == 0
    return float("nan") if constant or size == 0 else 100 * float(one @ other) / size


def spearman(predicted: ArrayLike, expected: ArrayLike) -> float:
    """Correlation of the ranks; equal values share their mean rank."""
    predicted, expected = _pair(predicted, expected)
    return pearson(_ranks(predicted), _ranks(expected))


METRICS: dict[str, Callable[[ArrayLike, ArrayLike], float]] = {
    "accuracy": accuracy,
    "f1": f1,
    "macro_f1": macro_f1,
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
}


def label_scores(
    names: Sequence[str], predicted: ArrayLike, expected: ArrayLike
) -> dict[str, float]:
    """The named metrics of predictions [n] against labels [n]."""
    return {name: METRICS[name](predicted, expected) for name in names}


def _pair(predicted: ArrayLike, expected: ArrayLike) -> tuple[Numbers, Numbers]:
    one, other = np.asarray(predicted, np.float64), np.asarray(expected, np.float64)
    if one.shape != other.shape or one.ndim != 1 or not one.size:
        raise ValueError(
            f"nothing to compare: {one.shape} predictions and {other.shape} labels; expected as "
            "many of both, and at least one"
        )
    return one, other


def _class_f1(found: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    marked = int(found.sum()) + int(there.sum())
    return 2 * int((found & there).sum()) / marked if marked else 0.0


def _ranks(values: Numbers) -> Numbers:
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes).astype(np.float64)
    ranks: Numbers = (last - (sizes - 1) / 2)[group]
    return ranks
