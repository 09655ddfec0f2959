"""Bootstrap intervals of a mean over questions or other examples."""

from collections.abc import Sequence
from typing import Any

import numpy as np

RESAMPLES = 2000
CONFIDENCE = 95.0


def bootstrap_interval(values: Sequence[float] | Any) -> tuple[float, float]:
    """The interval (CONFIDENCE percent) of the mean of `values` [n], in their unit.

    The percentiles of the means of RESAMPLES samples drawn with replacement (Efron 1979), from a
    fixed seed. Of paired differences it is the interval of the mean change.
    """
    numbers = np.asarray(values, np.float64)
    generator = np.random.default_rng(0)
    size = len(numbers)
    means = [float(numbers[generator.integers(0, size, size)].mean()) for _ in range(RESAMPLES)]
    tail = (100 - CONFIDENCE) / 2
    low, high = np.percentile(means, (tail, 100 - tail))
    return round(float(low), 4), round(float(high), 4)
