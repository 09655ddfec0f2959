"""Statistics agree with numpy and scipy, and an interval means what it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.result import Speed, read_result
from bench.samples import (
    mad,
    median,
    median_interval,
    outliers,
    paired_ratios,
    percentile,
    ratio_interval,
)

FOUR = read_result(Path(__file__).parent / "golden" / "results" / "speed.json").speed
assert FOUR


def _speed(rounds: list[list[float]], session: str = "one") -> Speed:
    samples = tuple(sample for part in rounds for sample in part)
    assert FOUR
    return replace(
        FOUR,
        session=session,
        round_sizes=tuple(map(len, rounds)),
        wall_ms=samples,
        cpu_ms=(),
        at_s=(),
    )


def _noisy(middle: float, seed: int, rounds: int = 8, drift: float = 0.0) -> list[list[float]]:
    """Rounds of log-normal samples whose level wanders by `drift` from round to round."""
    random = np.random.default_rng(seed)
    levels = np.random.default_rng(99).normal(0, drift, rounds)  # the machine's, shared by all
    return [list(middle * np.exp(level + random.normal(0, 0.02, 20))) for level in levels]


@pytest.mark.parametrize("count", [1, 2, 5, 10])
@pytest.mark.parametrize("percent", [0, 37, 50, 90, 95, 99, 100])
def test_percentile_is_numpys(count: int, percent: float) -> None:
    samples = list(np.random.default_rng(count).random(count))
    assert percentile(samples, percent) == pytest.approx(np.percentile(samples, percent))
    assert median(samples) == pytest.approx(np.median(samples))


def test_mad_is_scipys_and_outliers_are_counted_not_dropped() -> None:
    samples = [*np.random.default_rng(0).normal(10, 0.1, 100), 20.0, 30.0]
    assert mad(samples) == pytest.approx(stats.median_abs_deviation(samples))
    assert outliers(samples) == 2
    assert outliers([1.0] * 10) == 0


def test_ratios_are_paired_round_by_round() -> None:
    assert FOUR
    fast = replace(FOUR, wall_ms=(1.0, 1.0, 1.0, 1.0))
    assert paired_ratios(FOUR, fast) == [1.5, 3.5]
    assert paired_ratios(FOUR, replace(fast, session="another")) is None


def test_an_interval_is_the_same_every_time() -> None:
    slow, fast = _speed(_noisy(2.0, 1)), _speed(_noisy(1.0, 2))
    assert ratio_interval(slow, fast) == ratio_interval(slow, fast)


def test_a_paired_interval_ignores_drift_that_both_had() -> None:
    slow, fast = _speed(_noisy(2.0, 1, drift=0.2)), _speed(_noisy(1.0, 2, drift=0.2))
    paired = ratio_interval(slow, fast)
    apart = ratio_interval(slow, replace(fast, session="another"))
    assert paired.low <= paired.estimate <= paired.high
    assert paired.estimate == pytest.approx(2.0, rel=0.02)
    assert paired.high - paired.low < 0.1
    assert apart.high - apart.low > 3 * (paired.high - paired.low)


@pytest.mark.parametrize("paired", [True, False])
def test_most_intervals_hold_the_true_ratio(paired: bool) -> None:
    session = "one" if paired else "other"
    intervals = [
        ratio_interval(_speed(_noisy(1.1, 2 * seed)), _speed(_noisy(1.0, 2 * seed + 1), session))
        for seed in range(40)
    ]
    held = sum(found.low <= 1.1 <= found.high for found in intervals)
    assert held >= 34  # 95 % of 40 is 38; fewer than 34 by chance once in a hundred times
    assert max(found.high - found.low for found in intervals) < 0.06


def test_one_long_round_has_an_interval_too() -> None:
    samples = [1.0 + 0.1 * np.sin(i / 50) for i in range(1000)]  # slow waves: neighbours agree
    found = median_interval(_speed([samples]))
    assert found.low < found.estimate < found.high
    assert found.high - found.low > 0.02
