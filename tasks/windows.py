"""Cuts a question and a passage of any length into model inputs that overlap."""

from dataclasses import dataclass

from tasks.tokenizer import WordPieceTokenizer

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
    tokenizer: WordPieceTokenizer, question: str, context: str, limits: QaLimits
) -> list[Window]:
    """The windows of one question, in order of the passage.

    Consecutive windows start `stride` tokens apart (the SQuAD convention), less where a long
    question leaves room for fewer, so that no token is skipped. A passage without any token gives
    one window without context tokens.
    """
    asked = tokenizer.encode(question).ids[: limits.max_question_tokens]
    pieces = tokenizer.encode(context)
    room = limits.max_length - len(asked) - SPECIALS
    total = len(pieces.ids)
    step = min(limits.stride, room)
    starts = [0]
    while starts[-1] + room < total:
        starts.append(starts[-1] + step)
    sizes = [min(room, total - start) for start in starts]
    head = [tokenizer.cls_id, *asked, tokenizer.sep_id]
    owners = _owners(starts, sizes, total)
    return [
        Window(
            input_ids=[*head, *pieces.ids[start : start + size], tokenizer.sep_id],
            token_type_ids=[0] * len(head) + [1] * (size + 1),
            context_start=len(head),
            first=start,
            spans=pieces.spans[start : start + size],
            best_context=[owner == index for owner in owners[start : start + size]],
        )
        for index, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]


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
