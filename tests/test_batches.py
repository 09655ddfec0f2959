"""Training windows carry the right labels; the order depends on seed and epoch alone."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st

from distill.batches import collate, epoch_batches, label_examples, question_examples
from tasks.classification import Labelled
from tasks.squad import Answer, Question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh", "##s"]
TOKENIZER = WordPieceTokenizer({word: i for i, word in enumerate(WORDS)}, lowercase=True)
LIMITS = QaLimits(max_question_tokens=1, max_length=8, stride=2)


def question(context: str, *answers: Answer) -> Question:
    return Question("q", "a", context, answers, not answers)


def test_labels_are_the_first_and_last_token_of_the_answer() -> None:
    (example,) = question_examples([question("b c ds e", Answer("c ds", 2))], TOKENIZER, QaLimits())
    start, end = example.target
    tokens = [WORDS[i] for i in example.input_ids[start : end + 1]]
    assert tokens == ["c", "d", "##s"]


def test_windows_without_the_whole_answer_point_at_the_first_token() -> None:
    examples = question_examples([question("c d e f g h", Answer("f g", 6))], TOKENIZER, LIMITS)
    assert [e.target for e in examples] == [(0, 0), (4, 5)]
    (impossible,) = question_examples([question("c d")], TOKENIZER, LIMITS)
    assert impossible.target == (0, 0)


def test_an_epoch_sees_everything_once_in_an_order_of_its_own() -> None:
    lengths = [(7 * i) % 50 + 10 for i in range(1000)]
    first = epoch_batches(lengths, 8, seed=1, epoch=0)
    assert sorted(i for batch in first for i in batch) == list(range(1000))
    assert first == epoch_batches(lengths, 8, seed=1, epoch=0)
    assert first != epoch_batches(lengths, 8, seed=1, epoch=1)
    assert first != epoch_batches(lengths, 8, seed=2, epoch=0)


def test_batches_hold_windows_of_like_length() -> None:
    lengths = [(37 * i) % 300 + 20 for i in range(4096)]
    batches = epoch_batches(lengths, 16, seed=0, epoch=0)
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded / sum(lengths) < 1.05


def test_padding_is_masked() -> None:
    examples = question_examples([question("b"), question("b c d")], TOKENIZER, QaLimits())
    batch = collate(examples, TOKENIZER.pad_id)
    assert batch.mask.sum(-1).tolist() == [5, 7]
    assert batch.input_ids[0, 5:].eq(0).all()
    assert batch.input_ids.shape == batch.token_type_ids.shape == batch.mask.shape


def test_a_guessed_place_is_no_label_where_only_certain_ones_count() -> None:
    sure = question("b c d", Answer("c", 2))
    guess = replace(sure, certain=False)
    for certain_only, found in ((True, [1.0, 0.0]), (False, [1.0, 1.0])):
        examples = question_examples(
            [sure, guess], TOKENIZER, QaLimits(), certain_only=certain_only
        )
        assert [example.weight for example in examples] == found
    assert examples[1].target == examples[0].target == (4, 4)


def labelled(text: str, pair: str | None = None) -> Labelled:
    return Labelled("row", text, pair, "1")


def test_labelled_texts_are_one_segment_or_two() -> None:
    single, double = label_examples(
        [labelled("b c"), labelled("b", "c d")], [1, 0], TOKENIZER, 8, [0.5, 2.0]
    )
    assert [WORDS[i] for i in single.input_ids] == ["[CLS]", "b", "c", "[SEP]"]
    assert [WORDS[i] for i in double.input_ids] == ["[CLS]", "b", "[SEP]", "c", "d", "[SEP]"]
    assert [(e.target, e.weight) for e in (single, double)] == [((1,), 2.0), ((0,), 0.5)]
    batch = collate([single, double], TOKENIZER.pad_id)
    assert batch.token_type_ids.tolist() == [[0] * 8, [0, 0, 0, 1, 1, 1, 0, 0]]
    assert batch.targets.dtype == torch.int64
    (number,) = label_examples([labelled("b")], [1.5], TOKENIZER, 8)
    assert collate([number], TOKENIZER.pad_id).targets.tolist() == [[1.5]]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(4, 16))
def test_the_longer_text_of_a_pair_loses_tokens_first(first: int, other: int, limit: int) -> None:
    """Reference: BERT's published loop, which takes one token at a time."""
    one, two = ["a"] * first, ["b"] * other
    while len(one) + len(two) > limit - 3:
        (one if len(one) > len(two) else two).pop()
    (found,) = label_examples([labelled("a " * first, "b " * other)], [0], TOKENIZER, limit)
    assert [WORDS[i] for i in found.input_ids] == ["[CLS]", *one, "[SEP]", *two, "[SEP]"]
    (single,) = label_examples([labelled("a " * first)], [0], TOKENIZER, limit)
    assert len(single.input_ids) == min(first + 2, limit)
