"""Teachers of masked-language-model distillation: loading, and checks against the student."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from distill.heads import head_of, load_with_head, read_config
from distill.student_config import FAMILIES
from tasks.hub import checkpoint_folder
from tasks.tokenizer import SPECIAL_TOKENS

_DROPOUTS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob"),
    *("dropout", "attention_dropout"),
)


def load_masked_lm(
    source: str | Path,
    device: torch.device,
    dropout: float | None = None,
    *,
    new_head: bool = False,
) -> Any:
    """A masked-language model in float32, in evaluation mode; `dropout` replaces the checkpoint's.

    With `new_head` a checkpoint without a masked-LM head gets one with random weights from torch's
    generator; without, it is refused. Raises FileNotFoundError without a checkpoint and ValueError
    for another family or a missing head.
    """
    folder = checkpoint_folder(source)
    config = read_config(folder, FAMILIES)
    if not new_head and (head := head_of(folder)) != "mlm":
        found = "no head" if head == "none" else f"a {head} head"
        raise ValueError(
            f"the checkpoint in {folder} has {found}, but a masked-language model is needed; train "
            f"a head for it first: distilbert-mobile pretrain --student {source} --text FILES "
            "--freeze encoder --out DIR"
        )
    for name in _DROPOUTS:
        if dropout is not None and hasattr(config, name):
            setattr(config, name, dropout)
    # On a CPU a training step with eager attention is 1.3 times as fast as with sdpa.
    attention = "eager" if device.type == "cpu" else "sdpa"
    model, _ = load_with_head(folder, "mlm", config=config, attn_implementation=attention)
    return model.to(device).eval()


def teacher_ids(
    teacher_tokens: Sequence[str], student_tokens: Sequence[str]
) -> NDArray[np.int64] | None:
    """For each id of the student the teacher's id of the same token, [student vocabulary].

    None where both vocabularies are equal. A student may have fewer tokens than its teacher
    (a cut vocabulary), in any order. Raises ValueError where it has one that the teacher lacks, or
    where one of the two lacks a special token.
    """
    if list(teacher_tokens) == list(student_tokens):
        return None
    known = {token: number for number, token in enumerate(teacher_tokens)}
    for name, tokens in (("teacher", known), ("student", set(student_tokens))):
        lacking = [token for token in SPECIAL_TOKENS if token not in tokens]
        if lacking:
            raise ValueError(
                f"the {name}'s vocabulary has no {', '.join(lacking)}; both need BERT's special "
                f"tokens: {', '.join(SPECIAL_TOKENS)}"
            )
    unknown = [
        f"{token!r} (id {number}, where the teacher has {_token_at(teacher_tokens, number)})"
        for number, token in enumerate(student_tokens)
        if token not in known
    ]
    if unknown:
        raise ValueError(
            f"the teacher ({len(teacher_tokens)} tokens) has another vocabulary than the student "
            f"({len(student_tokens)} tokens): it lacks {len(unknown)} of the student's tokens, "
            f"first {'; '.join(unknown[:3])}; take a teacher with the student's vocabulary"
        )
    return np.array([known[token] for token in student_tokens], dtype=np.int64)


def _token_at(tokens: Sequence[str], number: int) -> str:
    return repr(tokens[number]) if number < len(tokens) else "nothing"


def check_teacher(teacher: Any, student: Any, max_length: int) -> None:
    """Raises ValueError where one of two models cannot read sequences of `max_length` tokens."""
    for name, model in (("teacher", teacher), ("student", student)):
        positions = model.config.max_position_embeddings
        if positions < max_length:
            raise ValueError(
                f"the sequences have up to {max_length} tokens, but the {name} has positions for "
                f"{positions}; tokenize the text with --max-length {positions} or less"
            )
