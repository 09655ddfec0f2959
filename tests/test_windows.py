"""Windows cover a passage completely, overlap as asked and never exceed their length."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, make_windows

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh"]
TOKENIZER = WordPieceTokenizer({word: i for i, word in enumerate(WORDS)}, lowercase=True)


def limits(length: int = 16, stride: int = 4, question: int = 5) -> QaLimits:
    return QaLimits(max_question_tokens=question, max_length=length, stride=stride)


def test_a_short_passage_is_one_window_in_berts_order() -> None:
    (window,) = make_windows(TOKENIZER, "a b", "c d e", limits())
    tokens = [WORDS[i] for i in window.input_ids]
    assert tokens == ["[CLS]", "a", "b", "[SEP]", "c", "d", "e", "[SEP]"]
    assert window.token_type_ids == [0, 0, 0, 0, 1, 1, 1, 1]
    assert (window.context_start, window.first) == (4, 0)
    assert window.spans == [(0, 1), (2, 3), (4, 5)]
    assert window.best_context == [True] * 3


def test_exactly_full_is_one_window_and_one_token_more_is_two() -> None:
    room = 16 - 2 - 3
    assert len(make_windows(TOKENIZER, "a b", "c " * room, limits())) == 1
    two = make_windows(TOKENIZER, "a b", "c " * (room + 1), limits())
    assert [(w.first, len(w.spans)) for w in two] == [(0, room), (4, room + 1 - 4)]


def test_a_long_question_is_cut() -> None:
    (window,) = make_windows(TOKENIZER, "a " * 2000, "c", limits())
    assert window.context_start == 1 + 5 + 1


def test_a_passage_without_tokens_is_a_window_without_context() -> None:
    (window,) = make_windows(TOKENIZER, "a", "\u200b\x00", limits())
    assert window.spans == []
    assert len(window.input_ids) == 4


def test_a_token_belongs_to_the_window_with_most_context_and_the_earlier_wins_a_tie() -> None:
    # Room for 4 tokens, a window every 2: token 2 has 1 token to its right in the first window
    # and none to its left in the second; token 3 the other way round.
    windows = make_windows(TOKENIZER, "a", "c d e f g h", limits(length=8, stride=2, question=1))
    assert [w.best_context for w in windows] == [
        [True, True, True, False],
        [False, True, True, True],
    ]


@settings(max_examples=200)
@given(st.integers(0, 70), st.integers(0, 12), st.integers(1, 40), st.integers(10, 40))
def test_every_token_is_shown_and_owned_exactly_once(
    context: int, question: int, stride: int, length: int
) -> None:
    windows = make_windows(TOKENIZER, "a " * question, "b " * context, limits(length, stride))
    shown, owned = set(), []
    for window in windows:
        assert len(window.input_ids) == len(window.token_type_ids) <= length
        shown |= set(range(window.first, window.first + len(window.spans)))
        owned += [window.first + i for i, best in enumerate(window.best_context) if best]
    assert shown == set(range(context))
    assert sorted(owned) == list(range(context))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"stride": 0}, "stride must be from 1"),
        ({"max_answer_tokens": -1}, "max_answer_tokens"),
        ({"n_best": 10**9}, "n_best"),
        ({"max_length": 67}, "max_length must be from 68"),
        ({"max_length": 10**6}, "max_length"),
    ],
)
def test_absurd_limits_are_refused(changes: dict[str, int], found: str) -> None:
    with pytest.raises(ValueError, match=found):
        QaLimits(**changes)


def test_a_passage_of_a_hundred_thousand_characters_is_cut_into_windows() -> None:
    windows = make_windows(TOKENIZER, "a", "b " * 50_000, QaLimits())
    assert windows[-1].first + len(windows[-1].spans) == 50_000
