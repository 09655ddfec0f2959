"""Statistics of raw samples, computed when reporting: nothing here is ever stored."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bench.result import Speed

Floats = npt.NDArray[np.float64]
RESAMPLES = 2000
OUTLIER_MADS = 5.0  # distance from the median, in scaled MADs, from which a sample is an outlier
FEW_ROUNDS = 3
BLOCKS = 10  # as many as a speed with few rounds is cut into
POOL = 400
NORMAL_MAD = 1.4826  # MAD of a normal distribution times this is its standard deviation


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % bootstrap interval."""

    estimate: float
    low: float
    high: float


def median(samples: Sequence[float]) -> float:
    """The middle sample, or the mean of the middle two."""
    return statistics.median(samples)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Linear interpolation between the two nearest ranks (numpy's default)."""
    return float(np.percentile(np.asarray(samples, np.float64), percent))


def mad(samples: Sequence[float]) -> float:
    """Median distance from the median."""
    middle = median(samples)
    return median([abs(sample - middle) for sample in samples])


def outliers(samples: Sequence[float]) -> int:
    """How many samples are more than OUTLIER_MADS scaled MADs from the median; all are kept."""
    middle, reach = median(samples), OUTLIER_MADS * NORMAL_MAD * mad(samples)
    return sum(abs(sample - middle) > reach for sample in samples) if reach else 0


def paired_ratios(slow: Speed, fast: Speed, cpu: bool = False) -> list[float] | None:
    """How many times faster `fast` is, one ratio of medians a round; None if they never met.

    `cpu` compares the CPU times, which other programs disturb less.
    """
    if slow.session != fast.session:
        return None
    pairs = zip(slow.rounds(cpu), fast.rounds(cpu), strict=False)
    return [median(one) / median(other) for one, other in pairs]


@lru_cache(maxsize=4096)  # a report shows it more than once
def median_interval(speed: Speed) -> Interval:
    """The median wall time in ms with its interval."""
    blocks = _blocks(speed)
    drawn = _redraw_medians(blocks, _redraw_blocks(len(blocks)))
    return _interval(median(speed.wall_ms), np.median(drawn, axis=1))


def ratio_interval(slow: Speed, fast: Speed) -> Interval:
    """How many times faster `fast` is than `slow`, with its 95 % bootstrap interval.

    Speeds of one session are paired: the median of the ratios of their rounds, and the same rounds
    are redrawn for both. Others: the ratio of their medians, each redrawn by itself.
    """
    ratios = paired_ratios(slow, fast)
    if ratios is None:
        estimate = median(slow.wall_ms) / median(fast.wall_ms)
        one, other = (
            np.median(_redraw_medians(blocks, _redraw_blocks(len(blocks), seed)), axis=1)
            for seed, blocks in enumerate((_blocks(slow), _blocks(fast)))
        )
        return _interval(estimate, one / other)
    chosen = _redraw_blocks(len(ratios))
    one = _redraw_medians(slow.rounds()[: len(ratios)], chosen, seed=1)
    other = _redraw_medians(fast.rounds()[: len(ratios)], chosen, seed=2)
    return _interval(median(ratios), np.median(one / other, axis=1))


def _blocks(speed: Speed) -> list[tuple[float, ...]]:
    """The rounds; of a speed with few rounds, runs of consecutive samples.

    Neighbours resemble each other, so they are redrawn together.
    """
    rounds = speed.rounds()
    if len(rounds) >= FEW_ROUNDS or len(speed.wall_ms) < 2 * BLOCKS:
        return rounds
    parts = np.array_split(np.asarray(speed.wall_ms), BLOCKS)
    return [tuple(part.tolist()) for part in parts]


def _redraw_blocks(count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Which blocks each of the RESAMPLES consists of: [RESAMPLES, count]."""
    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))


def _redraw_medians(
    blocks: Sequence[Sequence[float]], chosen: npt.NDArray[np.int64], seed: int = 0
) -> Floats:
    """The median of every chosen block after its samples were redrawn too, as `chosen`.

    Each block is redrawn POOL times, and each choice takes one of these: far cheaper than redrawing
    it for every choice, and as good.
    """
    random = np.random.default_rng(seed)
    medians = np.empty(chosen.shape)
    for index, block in enumerate(blocks):
        samples = np.asarray(block, np.float64)
        pool = np.median(samples[random.integers(0, len(block), (POOL, len(block)))], axis=1)
        here = chosen == index
        medians[here] = pool[random.integers(0, POOL, int(here.sum()))]
    return medians


def _interval(estimate: float, drawn: Floats) -> Interval:
    low, high = (float(edge) for edge in np.percentile(drawn, (2.5, 97.5)))
    return Interval(estimate, min(low, estimate), max(high, estimate))
