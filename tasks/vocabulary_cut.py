"""Cuts a vocabulary to the tokens that a text uses, and measures what the cut does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.token_counts import Report, count_tokens, held_back_passages
from tasks.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer


@dataclass(frozen=True)
class Retokenisation:
    """How a text reads before and after a cut; counts of passages, words and tokens.

    Words are runs of letters and single marks, as BERT splits a text. `longer_share` is how much
    the text grows in tokens.
    """

    passages: int
    words: int
    tokens: int
    unknown_share_before: float
    unknown_share_after: float
    changed_words_share: float
    changed_passages_share: float
    longer_share: float


@dataclass(frozen=True)
class Cut:
    """The ids to keep, rising, and what the cut does to held-back text (None: too little text)."""

    kept: NDArray[np.int64]
    held_back: Retokenisation | None


def cut_vocabulary(
    tokenizer: WordPieceTokenizer,
    required: NDArray[np.bool_],
    sources: Sequence[Path],
    min_count: int,
    size: int | None,
    report: Report,
) -> Cut:
    """Chooses the tokens that the text in `sources` uses, besides the required ones.

    The vocabulary comes from all of the text; what a cut does is measured on its held-back tenth
    with a vocabulary from the other nine, so the figures hold for text that is not known yet.
    Raises ValueError for text without a token, and for limits that leave too little.
    """
    counts = count_tokens(tokenizer, sources, report)
    kept = kept_ids(counts.total, required, min_count, size)
    measured = kept_ids(counts.total - counts.held_back, required, min_count, size)
    report("reading the held-back tenth with the cut vocabulary", 0, 0)
    held_back = compare_tokenizers(
        tokenizer,
        with_tokens(tokenizer, measured),
        held_back_passages(sources, counts.by_document),
    )
    return Cut(kept, held_back)


def with_tokens(tokenizer: WordPieceTokenizer, kept: NDArray[np.int64]) -> WordPieceTokenizer:
    """A tokenizer of some of the tokens: `kept` are their ids, which become 0, 1, 2 and so on."""
    vocab = {tokenizer.tokens[old]: new for new, old in enumerate(kept)}
    return WordPieceTokenizer(
        vocab, lowercase=tokenizer.lowercase, strip_accents=tokenizer.strip_accents
    )


def kept_ids(
    counts: NDArray[np.int64],
    required: NDArray[np.bool_],
    min_count: int,
    size: int | None,
) -> NDArray[np.int64]:
    """The ids to keep, rising: required tokens and those that occur `min_count` times.

    With `size`, of the others the most frequent alone (of two equally frequent ones the first).
    Raises ValueError where the required tokens are more than `size`.
    """
    fixed = int(required.sum())
    if size is not None and fixed > size:
        raise ValueError(
            f"vocab_size {size} is too small: the special tokens and all single characters of the "
            f"vocabulary are {fixed} tokens, and they always stay"
        )
    chosen = np.flatnonzero((counts >= min_count) & ~required)
    if size is not None and len(chosen) > size - fixed:
        chosen = chosen[np.argsort(-counts[chosen], kind="stable")][: size - fixed]
    return np.sort(np.concatenate([np.flatnonzero(required), chosen])).astype(np.int64)


def required_tokens(tokens: Sequence[str], added: Sequence[str], source: Path) -> NDArray[np.bool_]:
    """Which tokens always stay: specials, tokens added to the tokenizer, single characters.

    A single character stays at the start of a word and inside one (`##x`), so that every word of
    letters that the teacher knows can still be spelt. Raises ValueError for a tokenizer with
    added tokens outside its vocabulary.
    """
    outside = sorted(set(added) - set(tokens))
    if outside:
        raise ValueError(
            f"the tokenizer of {source} has added tokens outside its vocabulary, such as "
            f"{outside[0]!r}; a vocabulary like this cannot be cut"
        )
    always = {*SPECIAL_TOKENS, *added}
    return np.array([t in always or len(t.removeprefix("##")) <= 1 for t in tokens])


def compare_tokenizers(
    before: WordPieceTokenizer, after: WordPieceTokenizer, batches: Iterable[Sequence[str]]
) -> Retokenisation | None:
    """Reads passages with both tokenizers; None where there is no word to read.

    `after` has some of the tokens of `before`, in any order, and the same letter case.
    """
    places = {token: number for number, token in enumerate(before.tokens)}
    as_before = np.array([places[token] for token in after.tokens], dtype=np.int64)
    inside = np.array([token.startswith("##") for token in before.tokens])
    passages = words = old_tokens = new_tokens = 0
    unknown = np.zeros(2, dtype=np.int64)
    changed_words = changed_passages = 0
    for texts in batches:
        pairs = zip(before.encode_many(texts), after.encode_many(texts), strict=True)
        for old, new in ((_array(a), as_before[_array(b)]) for a, b in pairs):
            passages += 1
            words += int((~inside[old]).sum())
            old_tokens, new_tokens = old_tokens + len(old), new_tokens + len(new)
            unknown += [(old == before.unk_id).sum(), (new == before.unk_id).sum()]
            if not np.array_equal(old, new):
                changed_passages += 1
                changed_words += _different_words(old, new, inside)
    if not words:
        return None
    return Retokenisation(
        passages=passages,
        words=words,
        tokens=old_tokens,
        unknown_share_before=float(unknown[0]) / old_tokens,
        unknown_share_after=float(unknown[1]) / new_tokens,
        changed_words_share=changed_words / words,
        changed_passages_share=changed_passages / passages,
        longer_share=new_tokens / old_tokens - 1,
    )


def _array(ids: Sequence[int]) -> NDArray[np.int64]:
    return np.array(ids, dtype=np.int64)


def _different_words(
    old: NDArray[np.int64], new: NDArray[np.int64], inside: NDArray[np.bool_]
) -> int:
    """Words that two readings of a text spell with other tokens.

    Both split the text into the same words, and a token that does not start with ## starts one.
    """
    pairs = zip(_words(old, inside), _words(new, inside), strict=True)
    return sum(not np.array_equal(a, b) for a, b in pairs)


def _words(ids: NDArray[np.int64], inside: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    return np.split(ids, np.flatnonzero(~inside[ids])[1:])


def held_back_lines(found: Retokenisation | None) -> list[str]:
    """What a cut does, in lines for a terminal."""
    if found is None:
        return ["the text is too short to hold a tenth of it back; the cut was not measured"]
    return [
        f"on the held-back tenth ({found.passages} passages, {found.words} words) other "
        f"tokens for {100 * found.changed_words_share:.2f} % of the words and "
        f"{100 * found.changed_passages_share:.1f} % of the passages, "
        f"{100 * found.longer_share:.2f} % more tokens;",
        f"[UNK]: {100 * found.unknown_share_before:.4f} % of the tokens before, "
        f"{100 * found.unknown_share_after:.4f} % after",
    ]
