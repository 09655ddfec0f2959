"""Turns start and end logits of all windows into ranked answers in the original text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.windows import QaLimits, Window

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Span:
    """An answer: `context[start:end]` in Unicode code points, scored start + end logit."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Decoded:
    """The result for one question; `best` is None where the passage holds no answer."""

    best: Span | None
    n_best: list[Span]
    null_score: float


def decode(
    context: str, windows: Sequence[Window], logits: Sequence[Logits], limits: QaLimits
) -> Decoded:
    """Ranks spans over all windows by start + end logit, without a softmax per window.

    A span is kept if both ends are tokens of the passage, the end does not precede the start, it is
    at most `max_answer_tokens` long, and its start is in the window that shows it with the most
    context. With a `null_threshold` (SQuAD 2) there is no answer where the null score, the least
    start + end logit of `[CLS]` over the windows, exceeds the best span's by more than that.
    """
    candidates: list[tuple[float, int, int]] = []
    null_score = float("inf")
    for window, (start_logits, end_logits) in zip(windows, logits, strict=True):
        if not (np.isfinite(start_logits).all() and np.isfinite(end_logits).all()):
            raise ValueError("the model returned logits that are not finite numbers")
        null_score = min(null_score, float(start_logits[0]) + float(end_logits[0]))
        candidates.extend(_candidates(window, start_logits, end_logits, limits))
    candidates.sort(key=lambda found: (-found[0], found[1], found[2]))
    n_best = _distinct(context, candidates, limits.n_best)
    best = n_best[0] if n_best else None
    if (
        best is not None
        and limits.null_threshold is not None
        and null_score - best.score > limits.null_threshold
    ):
        best = None
    return Decoded(best, n_best, null_score)


def _candidates(
    window: Window,
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    limits: QaLimits,
) -> list[tuple[float, int, int]]:
    """(score, start, end) of the best spans of one window, in code points of the passage.

    As in the official decoder the `n_best` best starts meet the `n_best` best ends; ties go to the
    earlier token.
    """
    size = len(window.spans)
    if size == 0:
        return []
    context = slice(window.context_start, window.context_start + size)
    start = np.asarray(start_logits[context], np.float32)
    end = np.asarray(end_logits[context], np.float32)
    allowed = np.flatnonzero(window.best_context)
    starts = allowed[np.argsort(-start[allowed], kind="stable")[: limits.n_best]]
    ends = np.argsort(-end, kind="stable")[: limits.n_best]
    found = []
    for s in starts:
        for e in ends:
            if s <= e < s + limits.max_answer_tokens and window.spans[s][0] < window.spans[e][1]:
                # Added in float64, so that the order is the same in every language.
                score = float(start[s]) + float(end[e])
                found.append((score, window.spans[s][0], window.spans[e][1]))
    return found


def _distinct(context: str, candidates: list[tuple[float, int, int]], limit: int) -> list[Span]:
    kept: dict[tuple[int, int], Span] = {}
    for score, start, end in candidates:
        if (start, end) not in kept:
            kept[start, end] = Span(context[start:end], start, end, score)
            if len(kept) == limit:
                break
    return list(kept.values())
