"""Tables in 4 bits with one scale for each block of a row, as the files that ship store them."""

import numpy as np
from numpy.typing import NDArray

BLOCK_SIZE = 32
"""Numbers of a row that share one scale."""
LARGEST = 7
"""The largest 4-bit number that is used; -8 would have no counterpart."""

_SHARES = np.linspace(1.0, 0.7, 16, dtype=np.float32)
"""Of a block's largest number: scales to choose from. Smaller ones clip it and round the rest
less."""

Floats = NDArray[np.float32]


def block_scales(table: Floats) -> Floats:
    """[rows, width // 32]: the scale that makes 7 of each block's largest number.

    Of 8 binary digits, as LiteRT keeps them: 7 scales then have no more digits than float16, so a
    table that `rounded_to_blocks` gave survives float16 and gets the very same scales again. Raises
    ValueError for a width that blocks do not divide.
    """
    return _short(np.abs(_blocks(table)).max(-1) / LARGEST)


def block_numbers(table: Floats, scales: Floats) -> NDArray[np.int8]:
    """The 4-bit numbers of a table, in its shape; 0 in a block whose scale is 0."""
    blocks, wide = _blocks(table), scales[..., None]
    numbers = np.divide(blocks, wide, out=np.zeros_like(blocks), where=wide > 0)
    whole: NDArray[np.int8] = np.rint(numbers).clip(-LARGEST, LARGEST).astype(np.int8)
    return whole.reshape(table.shape)


def rounded_to_blocks(table: Floats) -> Floats:
    """The table with each number one of 15 of its block, the scales chosen for the least error.

    What a file with `block_scales` and `block_numbers` of it stores is this table exactly.
    """
    blocks = _blocks(table)
    largest = np.abs(blocks).max(-1)
    best: Floats = blocks
    least = np.full(largest.shape, np.inf, np.float32)
    for share in _SHARES:
        scales = _short(largest * share / LARGEST)
        found = block_numbers(table, scales).reshape(blocks.shape) * scales[..., None]
        error = np.square(found - blocks).sum(-1)
        best = np.where((error < least)[..., None], found, best)
        least = np.minimum(error, least)
    return best.reshape(table.shape)


def _blocks(table: Floats) -> Floats:
    rows, width = table.shape
    if width % BLOCK_SIZE:
        raise ValueError(
            f"blocks of {BLOCK_SIZE} numbers share a scale, which do not divide the width {width}"
        )
    return table.reshape(rows, width // BLOCK_SIZE, BLOCK_SIZE)


def _short(scales: Floats) -> Floats:
    """Rounded to 8 binary digits, and to a float16 where that is coarser."""
    digits, exponent = np.frexp(scales)
    short = np.ldexp(np.rint(digits * 256) / 256, exponent)
    half: NDArray[np.float16] = short.astype(np.float16)
    return half.astype(np.float32)
