"""Chooses the input lengths of a .tflite from the lengths of real inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from export.config import ExportConfig
from export.manifest import QUESTION_ANSWERING
from export.shape import Shape
from tasks.classification import read_labelled
from tasks.squad import read_questions
from tasks.text_tokenizer import TextTokenizer
from tasks.windows import QaLimits, make_windows, text_input

LONGEST = 384
"""Longer passages are cut into windows: attention costs more than a second window from there on."""
STEP = 8
ENOUGH = 0.01
"""One bucket more must save this share of the time, or it is left out."""
READ = 2000
"""So many questions or texts settle the histogram."""
ATTENTION_WEIGHT = 5.0
"""Time of a float32 multiplication in attention, in those of an int8 linear: at 384 tokens the
profile of DistilBERT int8 has 61 % of its time in linears and 25 % in attention products, which do
a twelfth of the multiplications."""


@dataclass(frozen=True)
class Choice:
    """Buckets, and the time they are expected to take against the last one alone."""

    buckets: tuple[int, ...]
    inputs: int
    relative_time: float
    arena_bytes: int


def input_lengths(
    tokenizer: TextTokenizer, task: str, files: Sequence[Path], longest: int
) -> list[int]:
    """Count the tokens of every model input that some files make, windows of at most `longest`."""
    if task == QUESTION_ANSWERING:
        limits = QaLimits().for_length(longest)
        questions = read_questions(tuple(files), limit=READ)
        windows = (make_windows(tokenizer, q.question, q.context, limits) for q in questions)
        return [len(window.input_ids) for found in windows for window in found]
    rows = read_labelled(files)[:READ]
    return [len(text_input(tokenizer, row.text, row.pair, longest)[0]) for row in rows]


def choose_by_data(
    tokenizer: TextTokenizer, shape: Shape, files: Sequence[Path], *limits: int
) -> Choice:
    """Return the buckets for the inputs that some files make; limits: as `choose_buckets` has."""
    lengths = input_lengths(tokenizer, shape.task, files, min(LONGEST, shape.positions))
    return choose_buckets(shape, lengths, *limits)


def relative_cost(shape: Shape, length: int) -> float:
    """Estimate the time of one inference, in multiplications of its linears."""
    linears = 4 * shape.hidden**2 + 2 * shape.hidden * shape.feed_forward
    return shape.layers * length * (linears + ATTENTION_WEIGHT * 2 * length * shape.hidden)


def arena_bytes(shape: Shape, length: int) -> int:
    """Estimate the memory that one signature keeps for its activations.

    Scores and their softmax, and the widest layer with what it is made from, all float32.
    """
    scores = 2 * shape.heads * length**2
    return 4 * (scores + length * (shape.feed_forward + 6 * shape.hidden))


def choose_buckets(
    shape: Shape,
    lengths: Sequence[int],
    most: int = ExportConfig.max_buckets,
    memory_bytes: int = int(ExportConfig.bucket_memory * 1e6),
    longest: int = LONGEST,
) -> Choice:
    """Return the buckets with the least expected time whose activations fit the memory.

    The last one takes the longest input. Raises ValueError where not even that one fits.
    """
    if not lengths:
        raise ValueError("there is no input to choose buckets by; give files with some")
    last = min(-(-max(lengths) // STEP) * STEP, min(longest, shape.positions))
    places = list(range(2 * STEP, last, STEP))
    below = np.searchsorted(np.sort(lengths), [*places, last], side="right")
    counts = dict(zip([*places, last], (int(count) for count in below), strict=True))
    counts[last] = len(lengths)
    costs = {place: relative_cost(shape, place) for place in counts}
    arenas = {place: arena_bytes(shape, place) for place in counts}
    if arenas[last] > memory_bytes:
        raise ValueError(
            f"one bucket of {last} tokens takes about {arenas[last] / 1e6:.0f} MB of activations, "
            f"allowed are {memory_bytes / 1e6:.0f} MB; allow more or shorten the inputs"
        )

    def expected(buckets: tuple[int, ...]) -> float:
        covered, total = 0, 0.0
        for bucket in buckets:
            total += (counts[bucket] - covered) * costs[bucket]
            covered = counts[bucket]
        return total

    best: tuple[int, ...] = (last,)
    for number in range(1, most):
        allowed = (
            (*chosen, last)
            for chosen in combinations(places, number)
            if sum(arenas[place] for place in chosen) + arenas[last] <= memory_bytes
        )
        found = min(allowed, key=expected, default=best)
        if expected(found) < (1 - ENOUGH) * expected(best):
            best = found
    return Choice(
        buckets=best,
        inputs=len(lengths),
        relative_time=expected(best) / expected((last,)),
        arena_bytes=sum(arenas[place] for place in best),
    )
