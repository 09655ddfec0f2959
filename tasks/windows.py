"""Cuts a question and a passage of any length into model inputs that overlap."""

from dataclasses import dataclass

from tasks.text_tokenizer import TextTokenizer

SPECIALS = 3  # [CLS] question [SEP] context [SEP]


@dataclass(frozen=True)
class QaLimits:
    """The limits of question answering, all in tokens; a bundle's manifest carries them."""

    max_question_tokens: int = 64
    max_length: int = 384
    stride: int = 128
    max_answer_tokens: int = 30
    n_best: int = 20
    null_threshold: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_question_tokens", "stride", "max_answer_tokens", "n_best"):
            value = getattr(self, name)
            if not 1 <= value <= 4096:
                raise ValueError(f"{name} must be from 1 to 4096, found {value}")
        if not self.max_question_tokens + SPECIALS < self.max_length <= 4096:
            raise ValueError(
                f"max_length must be from {self.max_question_tokens + SPECIALS + 1} (question of "
                f"{self.max_question_tokens} tokens, {SPECIALS} special tokens and one of the "
                f"passage) to 4096, found {self.max_length}"
            )

    def for_length(self, length: int) -> "QaLimits":
        """The same limits for a model that takes `length` tokens; shrinks what cannot fit."""
        question = min(self.max_question_tokens, max(1, (length - SPECIALS) // 2))
        return QaLimits(
            question, length, self.stride, self.max_answer_tokens, self.n_best, self.null_threshold
        )


@dataclass(frozen=True)
class Window:
    """One model input: `[CLS] question [SEP] part of the context [SEP]`, without padding.

    RoBERTa's is `<s> question </s></s> part of the context </s>`, all of one token type.

    `spans` are the code-point spans, in the whole passage, of the tokens from position
    `context_start` on; `first` is the index of the first of them among all tokens of the passage.
    `best_context[i]` is true where this window gives that token the most context of all windows.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    context_start: int
    first: int
    spans: list[tuple[int, int]]
    best_context: list[bool]


def make_windows(
    tokenizer: TextTokenizer, question: str, context: str, limits: QaLimits
) -> list[Window]:
    """The windows of one question, in order of the passage.

    Consecutive windows start `stride` tokens apart (the SQuAD convention), less where a long
    question leaves room for fewer, so that no token is skipped. A passage without any token gives
    one window without context tokens.
    """
    specials = tokenizer.pair_specials
    longest = min(limits.max_question_tokens, limits.max_length - specials - 1)
    asked = tokenizer.encode(question).ids[:longest]
    pieces = tokenizer.encode(context)
    room = limits.max_length - len(asked) - specials
    total = len(pieces.ids)
    step = min(limits.stride, room)
    starts = [0]
    while starts[-1] + room < total:
        starts.append(starts[-1] + step)
    sizes = [min(room, total - start) for start in starts]
    owners = _owners(starts, sizes, total)
    windows = []
    for index, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        part = slice(start, start + size)
        ids, types = tokenizer.pair(asked, pieces.ids[part])
        windows.append(
            Window(
                input_ids=ids,
                token_type_ids=types,
                context_start=len(asked) + specials - 1,
                first=start,
                spans=pieces.spans[part],
                best_context=[owner == index for owner in owners[part]],
            )
        )
    return windows


def text_input(
    tokenizer: TextTokenizer, text: str, pair: str | None, max_length: int
) -> tuple[list[int], list[int]]:
    """Input ids and token types of one text, or of a pair, to classify: at most `max_length`.

    Of a pair that is too long the longer text loses tokens first, from its end.
    """
    first = tokenizer.encode(text).ids
    if pair is None:
        ids = [tokenizer.cls_id, *first[: max(0, max_length - 2)], tokenizer.sep_id]
        return ids, [0] * len(ids)
    second = tokenizer.encode(pair).ids
    room = max_length - tokenizer.pair_specials
    size = min(max(room - len(second), min(len(first), -(-room // 2))), room)
    first = first[: max(0, size)]
    return tokenizer.pair(first, second[: max(0, room - len(first))])


def _owners(starts: list[int], sizes: list[int], total: int) -> list[int]:
    """For each token of the passage the window that shows it with the most context.

    The score is the official one: the smaller of the tokens to its left and right, plus a
    hundredth of the window's length; the earlier window wins a tie.
    """
    best = [-1.0] * total
    owner = [0] * total
    for index, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        for token in range(start, start + size):
            score = min(token - start, start + size - 1 - token) + 0.01 * size
            if score > best[token]:
                best[token], owner[token] = score, index
    return owner
