"""Training windows and the order they are seen in, a pure function of (seed, epoch)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tasks.squad import Question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, Window, make_windows

GROUP = 64  # batches that are sorted by length together
MULTIPLE = 8  # batches are padded to one of a few lengths: kernels are built once per shape


@dataclass(frozen=True)
class Example:
    """One training window and the positions of its answer's first and last token (0: no answer)."""

    input_ids: list[int]
    token_type_ids: list[int]
    start: int
    end: int


@dataclass(frozen=True)
class Batch:
    """Windows padded to the longest of them; all tensors [windows, tokens] or [windows]."""

    input_ids: Tensor
    token_type_ids: Tensor
    mask: Tensor
    start: Tensor
    end: Tensor


def make_examples(
    questions: Sequence[Question], tokenizer: WordPieceTokenizer, limits: QaLimits
) -> list[Example]:
    """All windows of all questions, labelled with the first reference answer."""
    return [
        Example(window.input_ids, window.token_type_ids, *_label(question, window))
        for question in questions
        for window in make_windows(tokenizer, question.question, question.context, limits)
    ]


def _label(question: Question, window: Window) -> tuple[int, int]:
    """Token positions of the answer in the window; (0, 0), that is `[CLS]`, if it is not there."""
    if question.is_impossible:
        return 0, 0
    first = question.answers[0].start
    last = first + len(question.answers[0].text)
    inside = [i for i, (a, b) in enumerate(window.spans) if a < last and b > first]
    if not inside or window.spans[inside[0]][0] > first or window.spans[inside[-1]][1] < last:
        return 0, 0
    return window.context_start + inside[0], window.context_start + inside[-1]


def epoch_batches(
    lengths: Sequence[int], batch_size: int, seed: int, epoch: int
) -> list[list[int]]:
    """Indices of each batch of one epoch: shuffled, then grouped by length within large groups."""
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    size = batch_size * GROUP
    batches: list[list[int]] = []
    for begin in range(0, len(order), size):
        group = sorted(order[begin : begin + size].tolist(), key=lambda i: (lengths[i], i))
        batches += [group[at : at + batch_size] for at in range(0, len(group), batch_size)]
    return [batches[i] for i in random.permutation(len(batches))]


def collate(examples: Sequence[Example], pad_id: int) -> Batch:
    """Pads to the longest example."""
    longest = max(len(example.input_ids) for example in examples)
    width = -(-longest // MULTIPLE) * MULTIPLE
    ids = torch.full((len(examples), width), pad_id)
    types = torch.zeros_like(ids)
    mask = torch.zeros(ids.shape, dtype=torch.bool)
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        ids[row, :size] = torch.tensor(example.input_ids)
        types[row, :size] = torch.tensor(example.token_type_ids)
        mask[row, :size] = True
    positions = [torch.tensor([getattr(e, name) for e in examples]) for name in ("start", "end")]
    return Batch(ids, types, mask, *positions)
