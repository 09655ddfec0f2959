"""Logits and the answers that the reference makes of them."""

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from given_logits import GIVEN, Given, Peaks
from small_vocabulary import SMALL, small_tokenizer

from tasks.answers import Logits, decode
from tasks.windows import QaLimits, Window, make_windows

NOT_FINITE = [("start", 3, "nan"), ("end", 0, "inf"), ("start", 11, "-inf")]
# question, passage, which of them the error names
REFUSED = [
    ("", "a", "question"),
    (" \n\t", "a", "question"),
    ("\u3000\u00a0", "a", "question"),
    ("a", "", "passage"),
    ("a", " \r\n", "passage"),
]


def peaks(window: Window, starts: Peaks, ends: Peaks, rest: float = -5.0) -> Logits:
    """Logits of one window: `rest` everywhere but at the given positions."""
    start = np.full(len(window.input_ids), rest, np.float32)
    end = np.full(len(window.input_ids), rest, np.float32)
    for array, values in ((start, starts), (end, ends)):
        for position, value in values.items():
            array[position] = value
    return start, end


def case_of(given: Given) -> dict[str, Any]:
    """The logits of a hand-made case, and its answer."""
    windows = make_windows(small_tokenizer(), given.question, given.context, given.limits)
    pairs = zip(windows, given.peaks, strict=True)
    logits = [peaks(window, *pair, given.rest) for window, pair in pairs]
    if given.padding:
        high = np.full(given.padding, 50, np.float32)
        logits = [(np.concatenate([s, high]), np.concatenate([e, high])) for s, e in logits]
    return answered(given.name, given.question, given.context, given.limits, windows, logits)


def answered(
    name: str,
    question: str,
    context: str,
    limits: QaLimits,
    windows: list[Window],
    logits: list[Logits],
) -> dict[str, Any]:
    """A case with what the reference decodes."""
    return {
        "name": name,
        "question": question,
        "context": context,
        "limits": dataclasses.asdict(limits),
        "logits": [{"start": s.tolist(), "end": e.tolist()} for s, e in logits],
        "expected": dataclasses.asdict(decode(context, windows, logits, limits)),
    }


def random_cases(count: int) -> Iterator[dict[str, Any]]:
    """Random passages, limits and logits."""
    rng = np.random.default_rng(5)
    words = random.Random(5)
    question = "who is it?"
    for number in range(count):
        context = " ".join(
            "".join(words.choices("abcdefghij", k=words.randint(1, 4)))
            for _ in range(words.randint(4, 14))
        )
        limits = QaLimits(
            max_question_tokens=words.randint(1, 4),
            max_length=words.randint(12, 24),
            stride=words.randint(2, 9),
            max_answer_tokens=words.randint(1, 8),
            n_best=words.randint(1, 9),
            null_threshold=words.choice([None, -0.5, 0.0, 1.25]),
        )
        windows = make_windows(small_tokenizer(), question, context, limits)
        logits = [
            (
                rng.normal(size=len(window.input_ids)).astype(np.float32),
                rng.normal(size=len(window.input_ids)).astype(np.float32),
            )
            for window in windows
        ]
        yield answered(f"random {number}", question, context, limits, windows, logits)


def answer_cases() -> dict[str, Any]:
    """All cases, and what must be refused."""
    cases = [*map(case_of, GIVEN), *random_cases(12)]
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "cases": cases,
        "not_finite": [
            {"case": cases[0]["name"], "window": 0, "array": array, "position": at, "value": value}
            for array, at, value in NOT_FINITE
        ],
        "refused": [
            {"question": question, "context": context, "mentions": [word]}
            for question, context, word in REFUSED
        ],
    }
