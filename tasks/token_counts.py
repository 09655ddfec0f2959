"""Counts how often a text uses each token, and holds a part of the text back to measure on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.squad import is_hub, read_squad
from tasks.text import find_sources, read_documents
from tasks.tokenizer import WordPieceTokenizer

Report = Callable[[str, int, int], None]
TENTH = 10
"""One document in so many is held back to measure on (one passage, if there are fewer)."""
_BATCH = 1 << 20  # characters that are tokenised at once


@dataclass(frozen=True)
class TokenCounts:
    """How often each token of a vocabulary occurs in a text: in all of it, in the held-back part.

    `by_document` says whether whole documents are held back, or single passages.
    """

    total: NDArray[np.int64]
    held_back: NDArray[np.int64]
    by_document: bool


def count_tokens(
    tokenizer: WordPieceTokenizer, sources: Sequence[Path], report: Report
) -> TokenCounts:
    """Counts the tokens of text files, SQuAD files (with their questions) and Hub data sets.

    Raises ValueError for text without a token; other errors as `read_documents`.
    """
    size = tokenizer.vocab_size
    total, by_document, by_passage = (np.zeros(size, np.int64) for _ in range(3))
    documents = passages = 0
    for texts, numbers in _batches(sources):
        report("counting the tokens of the text", passages, 0)
        encoded = tokenizer.encode_many(texts)
        for ids, number in zip(encoded, numbers, strict=True):
            counts = np.bincount(ids, minlength=size) if ids else 0
            total += counts
            by_document += counts if is_held_back(number) else 0
            by_passage += counts if is_held_back(passages) else 0
            passages += 1
        documents = numbers[-1] + 1
    if not total.any():
        raise ValueError(
            f"no text in {', '.join(map(str, sources))}; a vocabulary needs some to be cut to"
        )
    whole = documents >= TENTH
    return TokenCounts(total, by_document if whole else by_passage, whole)


def held_back_passages(sources: Sequence[Path], by_document: bool) -> Iterator[list[str]]:
    """The passages that `count_tokens` held back, in batches."""
    passage = 0
    for texts, numbers in _batches(sources):
        places = numbers if by_document else range(passage, passage + len(texts))
        passage += len(texts)
        if held := [t for t, place in zip(texts, places, strict=True) if is_held_back(place)]:
            yield held


def is_held_back(number: int) -> bool:
    """Whether the document or passage of this number, from 0, is one to measure on."""
    return number % TENTH == TENTH - 1


def _batches(sources: Sequence[Path]) -> Iterator[tuple[list[str], list[int]]]:
    """Passages and the number of the document of each."""
    texts: list[str] = []
    numbers: list[int] = []
    characters = 0
    for number, document in enumerate(_documents(sources)):
        for passage in document:
            texts.append(passage)
            numbers.append(number)
            characters += len(passage)
            if characters > _BATCH:
                yield texts, numbers
                texts, numbers, characters = [], [], 0
    if texts:
        yield texts, numbers


def _documents(sources: Sequence[Path]) -> Iterator[list[str]]:
    """Documents as their passages; one of SQuAD is an article, with its questions."""
    for source in find_sources(sources):
        if is_hub(source) or not source.name.removesuffix(".gz").endswith(".json"):
            yield from read_documents([source])
            continue
        for _, found in groupby(read_squad([source]), lambda question: question.title):
            questions = list(found)
            contexts = dict.fromkeys(question.context for question in questions)
            yield [*contexts, *(question.question for question in questions)]
