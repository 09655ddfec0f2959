"""The order of sequences in an epoch and their micro-batches, a pure function of (seed, epoch)."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

MULTIPLE = 8
"""Widths of batches are multiples of it: few shapes, and matrices that fit the hardware."""

POOL = 1 << 17
"""Fewest sequences that are grouped by length together: some megabytes, and choice enough for
batches of like length even where lengths differ much."""

ROUNDS = 6
"""Of the Feistel network; four make a permutation that is hard to tell from a random one."""

# Increment and multipliers of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
# generators" (OOPSLA 2014), with Stafford's variant 13 of the mixer.
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def padded_width(length: int) -> int:
    """The width that a batch gets whose longest sequence has `length` tokens."""
    return -(-length // MULTIPLE) * MULTIPLE


def token_batches(
    count: int, length_of: Callable[[Ids], Ids], tokens: int, seed: int, epoch: int
) -> Iterator[Ids]:
    """Micro-batches of one epoch over the sequences 0 to `count` - 1, each of them exactly once.

    A batch of `n` sequences of at most `w` tokens has `n * padded_width(w) <= tokens`. The order is
    new in each epoch; what is held does not grow with the corpus. Raises ValueError if a sequence
    does not fit into `tokens`.
    """
    size = max(POOL, 2 * tokens)
    for pool, start in enumerate(range(0, count, size)):
        places = np.arange(start, min(start + size, count), dtype=np.int64)
        ids = permuted(places, count, seed, epoch)
        lengths = np.asarray(length_of(ids), dtype=np.int64)
        by_length = np.argsort(-lengths, kind="stable")
        ids, lengths = ids[by_length], lengths[by_length]
        if padded_width(int(lengths[0])) > tokens:
            raise ValueError(
                f"sequence {ids[0]} has {lengths[0]} tokens, {padded_width(int(lengths[0]))} with "
                f"padding, and does not fit into a micro-batch of {tokens} tokens; allow more"
            )
        batches = list(_cut(ids, lengths, tokens))
        shuffled = np.random.default_rng([seed, epoch, pool]).permutation(len(batches))
        yield from (batches[i] for i in shuffled)


def _cut(ids: Ids, lengths: Ids, tokens: int) -> Iterator[Ids]:
    """Batches from the longest sequence to the shortest: the first of each gives the width."""
    at = 0
    while at < len(ids):
        size = tokens // padded_width(int(lengths[at]))
        yield ids[at : at + size]
        at += size


def permuted(places: Ids, count: int, seed: int, epoch: int) -> Ids:
    """Which of the numbers 0 to `count` - 1 stand at `places` of a shuffle; stores no shuffle.

    A balanced Feistel network permutes the numbers of 2h bits; what falls outside of `count` is
    permuted again until it is inside (cycle walking: Black and Rogaway, CT-RSA 2002).
    """
    half = np.uint64(max(1, -(-(count - 1).bit_length() // 2)))
    keys = [mixed(np.uint64(seed), epoch, number) for number in range(ROUNDS)]
    values = places.astype(np.uint64)
    outside = np.arange(len(values))
    while len(outside):
        values[outside] = _feistel(values[outside], half, keys)
        outside = outside[values[outside] >= np.uint64(count)]
    return values.astype(np.int64)


def _feistel(
    values: NDArray[np.uint64], half: np.uint64, keys: list[NDArray[np.uint64]]
) -> NDArray[np.uint64]:
    low = (np.uint64(1) << half) - np.uint64(1)
    left, right = values >> half, values & low
    for key in keys:
        left, right = right, left ^ (mixed(key, right) & low)
    return (left << half) | right


def mixed(
    key: np.uint64 | NDArray[np.uint64], *parts: int | NDArray[np.uint64] | NDArray[np.int64]
) -> NDArray[np.uint64]:
    """A well-mixed 64-bit hash of a key and numbers, element by element."""
    value = np.asarray(key, dtype=np.uint64)
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        for part in parts:
            step = np.asarray(part).astype(np.uint64) + np.uint64(1)
            value = _scrambled(value + _INCREMENT * step)
    return value


def _scrambled(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))
