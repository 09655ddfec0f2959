"""What a cut vocabulary costs and saves: measured on text that did not take part in the choice."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distill.folder import RECORD
from distill.student_weights import VOCABULARY_WEIGHTS
from tasks.tokenizer import WordPieceTokenizer

INT8_ROW_SCALE = 4
"""Bytes of the float32 scale that an int8 table has for each row."""


@dataclass(frozen=True)
class Retokenisation:
    """How a text reads before and after a cut; counts of passages, words and tokens.

    Words are runs of letters and single marks, as BERT splits a text. `longer_share` is how much
    the text grows in tokens.
    """

    passages: int
    words: int
    tokens: int
    unknown_share_before: float
    unknown_share_after: float
    changed_words_share: float
    changed_passages_share: float
    longer_share: float


def compare_tokenizers(
    before: WordPieceTokenizer, after: WordPieceTokenizer, batches: Iterable[Sequence[str]]
) -> Retokenisation | None:
    """Reads passages with both tokenizers; None where there is no word to read.

    `after` has some of the tokens of `before`, in any order, and the same letter case.
    """
    places = {token: number for number, token in enumerate(before.tokens)}
    as_before = np.array([places[token] for token in after.tokens], dtype=np.int64)
    inside = np.array([token.startswith("##") for token in before.tokens])
    passages = words = old_tokens = new_tokens = 0
    unknown = np.zeros(2, dtype=np.int64)
    changed_words = changed_passages = 0
    for texts in batches:
        pairs = zip(before.encode_many(texts), after.encode_many(texts), strict=True)
        for old, new in ((_array(a), as_before[_array(b)]) for a, b in pairs):
            passages += 1
            words += int((~inside[old]).sum())
            old_tokens, new_tokens = old_tokens + len(old), new_tokens + len(new)
            unknown += [(old == before.unk_id).sum(), (new == before.unk_id).sum()]
            if not np.array_equal(old, new):
                changed_passages += 1
                changed_words += _different_words(old, new, inside)
    if not words:
        return None
    return Retokenisation(
        passages=passages,
        words=words,
        tokens=old_tokens,
        unknown_share_before=float(unknown[0]) / old_tokens,
        unknown_share_after=float(unknown[1]) / new_tokens,
        changed_words_share=changed_words / words,
        changed_passages_share=changed_passages / passages,
        longer_share=new_tokens / old_tokens - 1,
    )


def _array(ids: Sequence[int]) -> NDArray[np.int64]:
    return np.array(ids, dtype=np.int64)


def _different_words(
    old: NDArray[np.int64], new: NDArray[np.int64], inside: NDArray[np.bool_]
) -> int:
    """Words that two readings of a text spell with other tokens.

    Both split the text into the same words, and a token that does not start with ## starts one.
    """
    pairs = zip(_words(old, inside), _words(new, inside), strict=True)
    return sum(not np.array_equal(a, b) for a, b in pairs)


def _words(ids: NDArray[np.int64], inside: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    return np.split(ids, np.flatnonzero(~inside[ids])[1:])


def bytes_saved(model: Any, removed: int) -> dict[str, int]:
    """Bytes that `removed` tokens take in a model's tables, at float32 and at int8.

    int8 as an export has it: a byte a value and a float32 scale a row; biases stay float32. A tied
    table counts once.
    """
    float32 = int8 = 0
    for name, value in model.named_parameters():
        # A model without a head names its weights without the family.
        if {name, f"{model.base_model_prefix}.{name}"} & set(VOCABULARY_WEIGHTS):
            width = value[0].numel()
            float32 += 4 * removed * width
            int8 += removed * (width + INT8_ROW_SCALE if value.ndim == 2 else 4)
    return {"float32": float32, "int8": int8}


def summary(folder: Path) -> list[str]:
    """What the record of a student says of its weights and vocabulary, in lines for a terminal."""
    metrics = json.loads((folder / RECORD).read_text(encoding="utf-8"))["metrics"]
    millions, new = metrics["parameters"] / 1e6, metrics["random_parameters"] / 1e6
    lines = [f"{millions:.2f} M parameters, {new:.2f} M of them start random"]
    if 0 < metrics["embedding_variance"] < 1:
        share = 100 * metrics["embedding_variance"]
        lines.append(f"the projected embeddings keep {share:.1f} % of the variance")
    if (found := metrics.get("vocabulary")) is not None:
        saved = found["bytes_saved"]
        lines.append(
            f"vocabulary: {found['after']} of {found['before']} tokens, "
            f"{saved['float32'] / 1e6:.2f} MB saved in float32, {saved['int8'] / 1e6:.2f} in int8"
        )
        lines += _held_back_lines(found["held_back"])
    return lines


def _held_back_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["the text is too short to hold a tenth of it back; the cut was not measured"]
    return [
        f"on the held-back tenth ({found['passages']} passages, {found['words']} words) other "
        f"tokens for {100 * found['changed_words_share']:.2f} % of the words and "
        f"{100 * found['changed_passages_share']:.1f} % of the passages, "
        f"{100 * found['longer_share']:.2f} % more tokens;",
        f"[UNK]: {100 * found['unknown_share_before']:.4f} % of the tokens before, "
        f"{100 * found['unknown_share_after']:.4f} % after",
    ]
