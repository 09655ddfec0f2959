"""Which micro-batches make up which update of pre-training, and how they reach a rank."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from distill.corpus import Split
from distill.job import Update
from distill.masking import MaskedBatch, Masker
from distill.order import token_batches
from distill.pretrain_config import PretrainConfig

Key = tuple[int, NDArray[np.int64]]
"""Epoch and sequence ids of a micro-batch: all that its masks depend on, beside the seed."""


@dataclass(frozen=True)
class Planned:
    """One update of all ranks."""

    number: int
    epoch: int
    batches: list[NDArray[np.int64]]
    tokens: int
    share: float


def plan_updates(config: PretrainConfig, split: Split) -> Iterator[Planned]:
    """All updates of a run, from its first; a pure function of the settings and the text.

    No update reaches over the end of an epoch, and the last one ends at the token budget.
    """
    in_update = config.batch_tokens // config.micro_batch_tokens
    total = config.epochs * split_tokens(split)
    if config.tokens is not None:
        total = min(total, config.tokens)
    done, number = 0, 0
    for epoch in range(config.epochs):
        batches = token_batches(
            len(split), split.length_of, config.micro_batch_tokens, config.seed, epoch
        )
        while part := list(itertools.islice(batches, in_update)):
            tokens = sum(int(split.length_of(ids).sum()) for ids in part)
            done, number = done + tokens, number + 1
            yield Planned(number, epoch, part, tokens, min(1.0, done / total))
            if done >= total:
                return


def split_tokens(split: Split, block: int = 1 << 20) -> int:
    """Tokens of a split, specials included; reads the lengths block by block."""
    return sum(
        int(split.length_of(np.arange(at, min(at + block, len(split)))).sum())
        for at in range(0, len(split), block)
    )


def updates_of_rank(
    config: PretrainConfig, split: Split, masker: Masker, done: int, rank: int, ranks: int
) -> Iterator[Update]:
    """The updates after number `done` with the micro-batches of one rank, masked ahead of time."""
    todo = (plan for plan in plan_updates(config, split) if plan.number > done)
    plans, ahead = itertools.tee(todo)
    keys = ((plan.epoch, ids) for plan in ahead for ids in _of_rank(plan.batches, rank, ranks)[0])
    loader: Iterator[MaskedBatch] = iter(
        DataLoader(
            _Masked(split, masker),
            batch_size=None,
            sampler=keys,
            num_workers=config.workers,
            prefetch_factor=4 if config.workers else None,
            pin_memory=torch.cuda.is_available(),
        )
    )
    for plan in plans:
        mine, spare = _of_rank(plan.batches, rank, ranks)
        yield Update(
            number=plan.number,
            share=plan.share,
            batches=[next(loader) for _ in mine],
            tokens=plan.tokens,
            names=[{"epoch": plan.epoch, "sequences": ids.tolist()} for ids in mine],
            spare=spare,
            evaluate=bool(config.eval_every) and plan.number % config.eval_every == 0,
        )


def _of_rank(batches: list[NDArray[Any]], rank: int, ranks: int) -> tuple[list[NDArray[Any]], int]:
    """A rank's micro-batches, and how many of them only fill up to the number of the others."""
    mine = batches[rank::ranks]
    spare = -(-len(batches) // ranks) - len(mine)
    return mine + [batches[0]] * spare, spare


class _Masked(Dataset[MaskedBatch]):
    """A split as masked micro-batches by key."""

    def __init__(self, split: Split, masker: Masker) -> None:
        self._split, self._masker = split, masker

    def __getitem__(self, key: Key) -> MaskedBatch:
        epoch, ids = key
        return self._masker.batch(self._split, ids, epoch)
