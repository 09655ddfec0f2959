"""Exact match and F1 as the official SQuAD 1.1 and 2.0 scripts compute them."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.squad import Question

_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Scores:
    """Exact match and F1 in percent over `n` questions; the parts exist for SQuAD 2 data only."""

    exact_match: float
    f1: float
    n: int
    has_answer_f1: float | None = None
    no_answer_f1: float | None = None


def normalize_answer(text: str) -> str:
    """Lower case, no ASCII punctuation, no articles, single blanks: the official normalisation."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, reference: str) -> float:
    """1.0 if both are equal after normalisation, else 0.0."""
    return float(normalize_answer(prediction) == normalize_answer(reference))


def f1(prediction: str, reference: str) -> float:
    """Harmonic mean of token precision and recall after normalisation, from 0 to 1.

    Where either side is empty it is 1.0 if both are, else 0.0 (the SQuAD 2.0 rule).
    """
    predicted, expected = normalize_answer(prediction).split(), normalize_answer(reference).split()
    if not predicted or not expected:
        return float(predicted == expected)
    same = sum((Counter(predicted) & Counter(expected)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(expected)
    return 2 * precision * recall / (precision + recall)


def question_scores(question: Question, prediction: str) -> tuple[float, float]:
    """Exact match and F1 of one prediction: the best over the reference answers.

    References that are empty after normalisation do not count (the SQuAD 2.0 rule); where none is
    left, only the empty prediction is right.
    """
    references = [a.text for a in question.answers if normalize_answer(a.text)] or [""]
    return (
        max(exact_match(prediction, reference) for reference in references),
        max(f1(prediction, reference) for reference in references),
    )


def score(questions: Sequence[Question], predictions: Mapping[str, str]) -> Scores:
    """Scores predictions (question id to answer text, "" for no answer), in percent.

    Raises ValueError if there are no questions or a prediction is missing.
    """
    if not questions:
        raise ValueError("nothing to score: the list of questions is empty")
    missing = [q.id for q in questions if q.id not in predictions]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(questions)} questions have no prediction, the first is "
            f"{missing[0]!r}; predict every question or score fewer"
        )
    pairs = [question_scores(q, predictions[q.id]) for q in questions]
    answerable = [pair[1] for q, pair in zip(questions, pairs, strict=True) if not q.is_impossible]
    impossible = [pair[1] for q, pair in zip(questions, pairs, strict=True) if q.is_impossible]
    return Scores(
        exact_match=_percent([pair[0] for pair in pairs]),
        f1=_percent([pair[1] for pair in pairs]),
        n=len(questions),
        has_answer_f1=_percent(answerable) if impossible and answerable else None,
        no_answer_f1=_percent(impossible) if impossible else None,
    )


def _percent(values: list[float]) -> float:
    return 100.0 * sum(values) / len(values)
