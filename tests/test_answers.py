"""Logits become the right spans of the original text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.answers import Logits, decode
from tasks.qa import answer_question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, Window, make_windows

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh"]
TOKENIZER = WordPieceTokenizer({word: i for i, word in enumerate(WORDS)}, lowercase=True)
CONTEXT = "a  b c d e f g h"


def window() -> Window:
    return make_windows(TOKENIZER, "a", CONTEXT, QaLimits())[0]


def logits(starts: dict[int, float], ends: dict[int, float], size: int = 12) -> Logits:
    start, end = np.full(size, -5, np.float32), np.full(size, -5, np.float32)
    for array, values in ((start, starts), (end, ends)):
        for at, value in values.items():
            array[at] = value
    return start, end


def test_the_best_pair_is_cut_from_the_original_text() -> None:
    found = decode(CONTEXT, [window()], [logits({3: 4.0}, {4: 3.0})], QaLimits())
    assert found.best is not None
    assert (found.best.text, found.best.start, found.best.end) == ("a  b", 0, 4)
    assert found.best.score == 7.0


def test_the_question_the_specials_and_reversed_spans_never_answer() -> None:
    # High logits on [CLS], the question, [SEP] and on an end before the start.
    high = logits({0: 9, 1: 9, 2: 9, 11: 9, 6: 5}, {0: 9, 1: 9, 11: 9, 5: 5, 7: 1})
    found = decode(CONTEXT, [window()], [high], QaLimits())
    assert found.best is not None
    assert found.best.text == "d e"
    assert found.null_score == 18.0


def test_long_answers_are_refused() -> None:
    limits = QaLimits(max_answer_tokens=2)
    found = decode(CONTEXT, [window()], [logits({3: 9}, {10: 9, 4: 1})], limits)
    assert found.best is not None
    assert found.best.text == "a  b"


def test_n_best_is_ranked_distinct_and_limited_and_ties_go_to_the_earlier() -> None:
    found = decode(CONTEXT, [window()], [logits({3: 1, 5: 1}, {5: 1, 7: 1})], QaLimits(n_best=3))
    assert [span.text for span in found.n_best] == ["a  b c", "a  b c d e", "c"]
    assert [span.score for span in found.n_best] == [2.0, 2.0, 2.0]


def test_the_null_threshold_decides_for_no_answer() -> None:
    scores = [logits({0: 2, 3: 1}, {0: 2, 3: 1})]
    for threshold, text in ((None, "a"), (2.5, "a"), (2.0, "a"), (1.5, None)):
        found = decode(CONTEXT, [window()], scores, QaLimits(null_threshold=threshold))
        assert (found.best.text if found.best else None) == text
        assert found.n_best[0].text == "a"


def test_scores_are_compared_across_windows_and_a_token_counts_where_it_has_most_context() -> None:
    limits = QaLimits(max_question_tokens=1, max_length=8, stride=2)
    windows = make_windows(TOKENIZER, "a", "c d e f g h", limits)
    first, second = logits({5: 3.0}, {5: 1.0}, 8), logits({3: 9.0, 5: 2.5}, {3: 9.0, 5: 2.0}, 8)
    found = decode("c d e f g h", windows, [first, second], limits)
    # Token "e" scores 18 in the second window, which shows it without context: not taken there.
    assert found.best is not None
    assert (found.best.text, found.best.score) == ("g", 4.5)


def test_logits_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(ValueError, match="not finite"):
        decode(CONTEXT, [window()], [logits({3: float("nan")}, {})], QaLimits())


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_it_finds_what_an_exhaustive_search_finds(seed: int, longest: int) -> None:
    random = np.random.default_rng(seed)
    start, end = random.normal(size=(2, 12)).astype(np.float32)
    limits = QaLimits(max_answer_tokens=longest)
    found = decode(CONTEXT, [window()], [(start, end)], limits)
    scores = [
        float(start[s]) + float(end[e])
        for s in range(3, 11)
        for e in range(s, min(11, s + longest))
    ]
    assert found.best is not None
    assert found.best.score == max(scores)
    assert [s.score for s in found.n_best] == sorted(scores, reverse=True)[: limits.n_best]


@pytest.mark.parametrize(
    ("question", "context", "found"),
    [("", "a", "question is empty"), (" \n", "a", "question is empty"), ("a", " ", "passage is")],
)
def test_an_empty_question_or_passage_is_an_error(question: str, context: str, found: str) -> None:
    def model(ids: list[int], types: list[int]) -> Logits:
        return np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)

    with pytest.raises(ValueError, match=found):
        answer_question(model, TOKENIZER, question, context, QaLimits())


@settings(max_examples=100)
@given(st.text(max_size=300), st.text(min_size=1, max_size=80))
def test_any_text_gives_a_part_of_the_passage_or_no_answer(context: str, question: str) -> None:
    def model(ids: list[int], types: list[int]) -> Logits:
        return np.arange(len(ids), dtype=np.float32), np.arange(len(ids), dtype=np.float32)

    if not context.strip() or not question.strip():
        return
    found = answer_question(model, TOKENIZER, question, context, QaLimits())
    for span in found.n_best:
        assert span.text == context[span.start : span.end]
        assert span.text
