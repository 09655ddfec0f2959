"""Question answering with any model that maps one window to start and end logits."""

from collections.abc import Callable, Iterable, Mapping

from tasks.answers import Decoded, Logits, decode
from tasks.squad import Question
from tasks.text_tokenizer import TextTokenizer
from tasks.windows import QaLimits, make_windows

SpanModel = Callable[[list[int], list[int]], Logits]
"""(input_ids, token_type_ids) of one window, not padded, to start and end logits, float32 (n,)."""


def answer_question(
    model: SpanModel, tokenizer: TextTokenizer, question: str, context: str, limits: QaLimits
) -> Decoded:
    """Answers one question; raises ValueError for an empty question or passage."""
    if not question.strip():
        raise ValueError("the question is empty; ask something")
    if not context.strip():
        raise ValueError("the passage is empty; an answer is always a part of the passage")
    windows = make_windows(tokenizer, question, context, limits)
    logits = [model(window.input_ids, window.token_type_ids) for window in windows]
    return decode(context, windows, logits, limits)


def predict(
    model: SpanModel,
    tokenizer: TextTokenizer,
    questions: Iterable[Question],
    limits: QaLimits,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Decoded]:
    """Answers all questions, by id; `progress` is called with the number done so far."""
    found: dict[str, Decoded] = {}
    for question in questions:
        found[question.id] = answer_question(
            model, tokenizer, question.question, question.context, limits
        )
        progress(len(found))
    return found


def answer_texts(predictions: Mapping[str, Decoded]) -> dict[str, str]:
    """The answer of each question as the metrics take it: "" for no answer."""
    return {key: found.best.text if found.best else "" for key, found in predictions.items()}
