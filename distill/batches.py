"""Training inputs and the order they are seen in, a pure function of (seed, epoch)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.classification import Labelled
from tasks.squad import Question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, Window, make_windows, text_input

GROUP = 64  # batches that are sorted by length together
MULTIPLE = 8  # batches are padded to one of a few lengths: kernels are built once per shape
UNSURE = -100  # cross entropy leaves these targets out


@dataclass(frozen=True)
class Example:
    """One input and its target.

    second: position where the second segment starts (the length where there is none).
    target: positions of the answer's first and last token (0: no answer; UNSURE where it counts
    nothing), or (class,), or (number,) for regression. weight: how much the target counts; what a
    teacher says always counts in full.
    """

    name: str
    input_ids: NDArray[np.int32]
    second: int
    target: tuple[int, int] | tuple[int] | tuple[float]
    weight: float = 1.0


@dataclass(frozen=True)
class Batch:
    """Inputs padded to the longest of them.

    input_ids, token_type_ids, mask: [inputs, tokens]; targets: [inputs, 1 or 2], int64 or float32;
    weights: [inputs].
    """

    input_ids: Tensor
    token_type_ids: Tensor
    mask: Tensor
    targets: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> "Batch":
        parts = (self.input_ids, self.token_type_ids, self.mask, self.targets, self.weights)
        return Batch(*(part.to(device, non_blocking=True) for part in parts))


def question_examples(
    questions: Sequence[Question],
    tokenizer: WordPieceTokenizer,
    limits: QaLimits,
    *,
    certain_only: bool = False,
) -> list[Example]:
    """All windows of all questions, labelled with the first reference answer.

    certain_only: an answer whose place in the passage is a guess has weight 0.
    """
    examples = []
    for question in questions:
        counts = question.certain or not certain_only
        for window in make_windows(tokenizer, question.question, question.context, limits):
            ids = np.array(window.input_ids, np.int32)
            target = _span(question, window) if counts else (UNSURE, UNSURE)
            examples.append(Example(question.id, ids, window.context_start, target, float(counts)))
    return examples


def _span(question: Question, window: Window) -> tuple[int, int]:
    """Token positions of the answer in the window; (0, 0), that is `[CLS]`, if it is not there."""
    if question.is_impossible:
        return 0, 0
    first = question.answers[0].start
    last = first + len(question.answers[0].text)
    inside = [i for i, (a, b) in enumerate(window.spans) if a < last and b > first]
    if not inside or window.spans[inside[0]][0] > first or window.spans[inside[-1]][1] < last:
        return 0, 0
    return window.context_start + inside[0], window.context_start + inside[-1]


def label_examples(
    items: Sequence[Labelled],
    targets: Sequence[int] | Sequence[float],
    tokenizer: WordPieceTokenizer,
    max_length: int,
    weights: Sequence[float] | None = None,
) -> list[Example]:
    """`[CLS] text [SEP]` or `[CLS] text [SEP] pair [SEP]`, cut to `max_length` tokens.

    weights: by class; None counts every example once.
    """
    examples = []
    for item, target in zip(items, targets, strict=True):
        ids, types = text_input(tokenizer, item.text, item.pair, max_length)
        weight = 1.0 if weights is None else weights[int(target)]
        second = types.count(0)
        examples.append(Example(item.place, np.array(ids, np.int32), second, (target,), weight))
    return examples


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
        ids[row, :size] = torch.from_numpy(example.input_ids)
        types[row, example.second : size] = 1
        mask[row, :size] = True
    targets = torch.tensor([example.target for example in examples])
    weights = torch.tensor([example.weight for example in examples], dtype=torch.float32)
    return Batch(ids, types, mask, targets, weights)
