"""The threshold for "no answer" is the best there is, and decoding with it gives these scores."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tasks.answers import Decoded, Span
from tasks.metrics import score
from tasks.null_threshold import answers_under, best_null_threshold
from tasks.squad import Answer, Question

# (unanswerable, the model is right, null score minus the best span's) of each question.
CASES = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(-3, 3)), min_size=1, max_size=12
)


def build(cases: list[tuple[bool, bool, int]]) -> tuple[list[Question], dict[str, Decoded]]:
    questions, found = [], {}
    for number, (impossible, right, gap) in enumerate(cases):
        answers = () if impossible else (Answer("fox", 0),)
        questions.append(Question(str(number), "?", "fox owl", answers, impossible))
        span = Span("fox" if right else "owl", 0, 3, 5.0)
        found[str(number)] = Decoded(span, [span], 5.0 + gap)
    return questions, found


@given(CASES)
def test_no_other_threshold_scores_better(cases: list[tuple[bool, bool, int]]) -> None:
    questions, found = build(cases)
    threshold, scores = best_null_threshold(questions, found)
    assert math.isfinite(threshold)
    assert score(questions, answers_under(found, threshold)) == scores
    others = [score(questions, answers_under(found, t / 2)).f1 for t in range(-9, 10)]
    assert scores.f1 == max(others)


def test_questions_without_any_span_stay_unanswered() -> None:
    questions, found = build([(True, True, 0), (False, True, -2)])
    found["0"] = Decoded(None, [], 1.0)
    threshold, scores = best_null_threshold(questions, found)
    assert (threshold, scores.f1, scores.no_answer_f1) == (-2.0, 100.0, 100.0)
    assert best_null_threshold(questions[:1], found)[1].f1 == 100.0
