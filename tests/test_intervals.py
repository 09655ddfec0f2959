"""Bootstrap intervals: as wide as theory says, inside the values, the same each time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.intervals import bootstrap_interval


def test_the_interval_holds_the_change_and_is_as_wide_as_theory_says() -> None:
    differences = np.random.default_rng(1).normal(-1.0, 10.0, 4000)
    low, high = bootstrap_interval(differences)
    error = 10.0 / np.sqrt(4000)
    assert low < differences.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert (low, high) == bootstrap_interval(differences)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_the_interval_lies_between_the_smallest_and_the_largest_change(values: list[float]) -> None:
    low, high = bootstrap_interval(np.array(values))
    assert min(values) - 1e-3 <= low <= high <= max(values) + 1e-3
