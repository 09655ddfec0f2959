"""A vocabulary cut to the tokens that a text uses, as an option of an export."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from export.network import Network
from export.recipes import BLOCK, Numbers
from tasks.blocks import BLOCK_SIZE
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer import WordPieceTokenizer
from tasks.vocabulary_cut import Cut, cut_vocabulary, required_tokens, with_tokens

_BITS = {"float32": 32, "float16": 16, "int8": 8, "int4": 4}


def choose_vocabulary(
    tokenizer: TextTokenizer,
    sources: Sequence[Path],
    min_count: int,
    size: int | None,
    report: Callable[[str], None],
) -> Cut:
    """Choose the tokens that the texts use; raises ValueError for what cannot be cut."""
    if not isinstance(tokenizer, WordPieceTokenizer):
        raise ValueError(
            f"a {tokenizer.kind} vocabulary cannot be cut: its longer tokens are made of shorter "
            "ones; leave out --vocab-from"
        )
    required = required_tokens(tokenizer.tokens, (), Path(tokenizer.file))
    last = ""

    def once(text: str, done: int, total: int) -> None:
        nonlocal last
        if text != last:
            report(text)
        last = text

    return cut_vocabulary(tokenizer, required, sources, min_count, size, once)


def cut_tokenizer(tokenizer: TextTokenizer, kept: Sequence[int]) -> TextTokenizer:
    """Return the tokenizer of the kept ids; all of them are kept where none is named."""
    if not kept:
        return tokenizer
    assert isinstance(tokenizer, WordPieceTokenizer)
    return with_tokens(tokenizer, np.asarray(kept, dtype=np.int64))


def cut_network(network: Network, kept: Sequence[int]) -> Network:
    """Take the rows of the kept ids alone into the network's token table, in place."""
    if kept:
        rows = network.tokens.weight.detach()[torch.tensor(kept)]
        network.tokens = nn.Embedding(len(kept), rows.shape[1], _weight=rows.clone())
        network.tokens.requires_grad_(False)
        network.shape = dataclasses.replace(network.shape, vocab_size=len(kept))
    return network


def table_bytes(tokens: int, width: int, numbers: Numbers) -> int:
    """Return about what so many rows of a table take with their scales."""
    # float16 by block, float32 by word
    scales = 2 * (width // BLOCK_SIZE) if numbers.scales == BLOCK else 4
    return tokens * (width * _BITS[numbers.dtype] // 8 + scales * numbers.integer)
