"""The metrics are those of scikit-learn and SciPy, which the official GLUE scripts call."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from tasks.label_metrics import accuracy, f1, label_scores, macro_f1, matthews, pearson, spearman

BINARY = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40)
CLASSES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)
NUMBERS = st.lists(
    st.tuples(st.integers(-50, 50).map(lambda n: n / 10), st.integers(0, 10).map(lambda n: n / 2)),
    min_size=2,
    max_size=40,
)


# scikit-learn wonders about sets with one class only.
pytestmark = pytest.mark.filterwarnings("ignore:A single label was found")


def columns(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


@given(BINARY)
def test_f1_is_that_of_class_1(pairs: list[tuple[float, float]]) -> None:
    predicted, expected = columns(pairs)
    reference = metrics.f1_score(expected, predicted, zero_division=0)
    assert f1(predicted, expected) == pytest.approx(100 * reference)


@given(CLASSES)
def test_metrics_of_several_classes(pairs: list[tuple[float, float]]) -> None:
    predicted, expected = columns(pairs)
    assert accuracy(predicted, expected) == pytest.approx(
        100 * metrics.accuracy_score(expected, predicted)
    )
    assert macro_f1(predicted, expected) == pytest.approx(
        100 * metrics.f1_score(expected, predicted, average="macro", zero_division=0)
    )
    assert matthews(predicted, expected) == pytest.approx(
        100 * metrics.matthews_corrcoef(expected, predicted), abs=1e-9
    )


@given(NUMBERS)
def test_correlations(pairs: list[tuple[float, float]]) -> None:
    predicted, expected = columns(pairs)
    if len(set(predicted)) == 1 or len(set(expected)) == 1:
        assert math.isnan(pearson(predicted, expected))
        assert math.isnan(spearman(predicted, expected))
        return
    assert pearson(predicted, expected) == pytest.approx(
        100 * float(stats.pearsonr(predicted, expected)[0]), abs=1e-6
    )
    assert spearman(predicted, expected) == pytest.approx(
        100 * float(stats.spearmanr(predicted, expected)[0]), abs=1e-6
    )


def test_a_constant_prediction_is_not_saved_by_rounding() -> None:
    assert math.isnan(pearson(np.full(9, 0.1), np.arange(9)))


def test_scores_come_by_name_and_nothing_to_compare_is_an_error() -> None:
    assert label_scores(["accuracy", "f1"], [1, 0, 1], [1, 1, 1]) == {
        "accuracy": pytest.approx(200 / 3),
        "f1": pytest.approx(80),
    }
    for predicted in ([], [1, 2]):
        with pytest.raises(ValueError, match="nothing to compare"):
            accuracy(predicted, [1] if predicted else [])
