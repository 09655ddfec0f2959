"""What a model in training says about many inputs: batched, float32, in the order they came."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from distill.batches import UNSURE, Example, collate
from distill.model import token_types
from tasks.answers import Decoded, Logits, decode
from tasks.squad import Question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, make_windows

TOKENS = 8192  # padded tokens of one forward pass


def predict_spans(
    model: Any,
    tokenizer: WordPieceTokenizer,
    questions: Sequence[Question],
    limits: QaLimits,
) -> dict[str, Decoded]:
    """Answers to all questions by id, as `tasks.qa.predict` gives them."""
    windows = [make_windows(tokenizer, q.question, q.context, limits) for q in questions]
    examples = [
        Example("", np.array(w.input_ids, np.int32), w.context_start, (UNSURE, UNSURE))
        for of_question in windows
        for w in of_question
    ]
    logits: list[Logits] = [(np.empty(0, np.float32),) * 2] * len(examples)
    for indices, output in _outputs(model, examples, tokenizer.pad_id):
        start, end = (
            side.float().cpu().numpy() for side in (output.start_logits, output.end_logits)
        )
        for row, index in enumerate(indices):
            size = len(examples[index].input_ids)
            logits[index] = start[row, :size], end[row, :size]
    found, at = {}, 0
    for question, of_question in zip(questions, windows, strict=True):
        mine = logits[at : at + len(of_question)]
        at += len(of_question)
        found[question.id] = decode(question.context, of_question, mine, limits)
    return found


def predict_labels(model: Any, examples: Sequence[Example], pad_id: int) -> NDArray[np.float32]:
    """Logits [examples, classes] (regression: [examples, 1])."""
    logits = np.empty((len(examples), model.config.num_labels), np.float32)
    for indices, output in _outputs(model, examples, pad_id):
        logits[indices] = output.logits.float().cpu().numpy()
    return logits


def _outputs(
    model: Any, examples: Sequence[Example], pad_id: int
) -> Iterator[tuple[list[int], Any]]:
    """Indices of the examples of each batch, examples of like length together, and its output."""
    order = sorted(range(len(examples)), key=lambda i: (len(examples[i].input_ids), i))
    while order:
        longest = len(examples[order[-1]].input_ids)
        size = max(1, TOKENS // longest)
        indices, order = order[-size:], order[:-size]
        batch = collate([examples[i] for i in indices], pad_id).to(model.device)
        with torch.inference_mode():
            yield (
                indices,
                model(
                    input_ids=batch.input_ids,
                    attention_mask=batch.mask,
                    **token_types(model, batch.token_type_ids),
                ),
            )
