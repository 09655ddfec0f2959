"""Our pre-training step and the authors', in turn, on the same sequences, masks and objective.

Ours also with the KL sampled, whose mean is the same objective (see `distill.masking`).
"""

import copy
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from distill.allocator import keep_freed_memory
from distill.benchmark_config import TrainBenchConfig
from distill.benchmark_machine import machine, peak_flops, wait
from distill.benchmark_memory import Memory, measure_memory
from distill.benchmark_step import WEIGHTS, Groups, OurStep
from distill.corpus import open_corpus
from distill.distillation import Teacher
from distill.folder import jsonable, refuse_existing, write_text
from distill.heads import read_config
from distill.masking import Masker, MaskSettings
from distill.model import use_bf16
from distill.order import token_batches
from distill.reference_step import MakeBatch, ReferenceStep, like_lengths
from distill.student_config import FAMILIES
from distill.teacher import check_teacher, load_masked_lm, teacher_ids
from tasks.tokenizer import load_tokenizer


@dataclass(frozen=True)
class Sample:
    """One update: wall and CPU seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Round:
    """An update of each way over the same tokens, and products alone, in the same minute.

    `sampled` is ours with the KL at the masked positions and a sample of the others.
    """

    tokens: int
    ours: Sample
    sampled: Sample
    reference: Sample
    ours_flops: int
    peak_flops: float  # a second, of a large square product in the precision of our step


@dataclass(frozen=True)
class TrainBench:
    """Raw samples; the medians follow from them."""

    machine: dict[str, Any]
    config: dict[str, Any]
    rounds: list[Round]
    memory: list[Memory]

    def medians(self) -> dict[str, float]:
        """Tokens a second, the ratios of paired updates, and the share of the products' peak."""
        rounds = self.rounds
        return {
            "ours_tokens_per_second": median(r.tokens / r.ours.wall for r in rounds),
            "sampled_tokens_per_second": median(r.tokens / r.sampled.wall for r in rounds),
            "reference_tokens_per_second": median(r.tokens / r.reference.wall for r in rounds),
            "ratio_wall": median(r.reference.wall / r.ours.wall for r in rounds),
            "ratio_cpu": median(r.reference.cpu / r.ours.cpu for r in rounds),
            "sampled_ratio_wall": median(r.reference.wall / r.sampled.wall for r in rounds),
            "sampled_ratio_cpu": median(r.reference.cpu / r.sampled.cpu for r in rounds),
            "share_of_peak": median(r.ours_flops / r.ours.wall / r.peak_flops for r in rounds),
        }


def train_bench(config: TrainBenchConfig, report: Callable[[str, int, int], None]) -> TrainBench:
    """Measures all ways in `config.rounds` paired rounds after one untimed, and writes `out`.

    Raises FileExistsError where `out` exists, and ValueError where teacher, student and corpus do
    not fit each other or the corpus has less text than a round takes.
    """
    refuse_existing(config.out, config.force)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    bf16 = use_bf16(config.precision, device)
    memory = []
    if config.memory:  # first, while this process is small
        report("memory of the vocabulary losses", 0, 0)
        memory = measure_memory(config.memory_tokens, *_head_shape(config.student))
    steps = _Steps(config, device, bf16)
    rounds = []
    for number in range(config.rounds + 1):
        report("updates of all ways in turn", number, config.rounds + 1)
        rounds.append(steps.round(number))
    result = TrainBench(machine(device, bf16), jsonable(config), rounds[1:], memory)
    write_text(config.out, json.dumps(asdict(result) | {"medians": result.medians()}, indent=1))
    return result


class _Steps:
    """Our step and the authors' on equal students, and the text of the next round."""

    def __init__(self, config: TrainBenchConfig, device: torch.device, bf16: bool) -> None:
        corpus = open_corpus(config.corpus)
        torch.manual_seed(config.seed)  # for random heads
        teacher, student = (
            _load(folder, config, device) for folder in (config.teacher, config.student)
        )
        tokens = load_tokenizer(config.teacher).tokens
        if teacher_ids(tokens, corpus.tokens) is not None:
            raise ValueError(
                "teacher and student must have the same vocabulary to be compared with the "
                "authors' step, which knows no other"
            )
        check_teacher(teacher, student, corpus.max_length)
        self._reference = ReferenceStep(
            copy.deepcopy(student), teacher, WEIGHTS, config.temperature
        )
        self._ours = OurStep(student, Teacher(teacher, None), config.temperature, bf16)
        self._config, self._split, self._device, self._bf16 = config, corpus.train, device, bf16
        self._flops_of_token: float | None = None
        everywhere = Masker(corpus, MaskSettings(seed=config.seed))
        sampled = Masker(corpus, MaskSettings(seed=config.seed, kl_positions="sampled"))
        self._maskers = {"ours": everywhere, "sampled": sampled, "reference": everywhere}
        self._batches = token_batches(
            len(self._split), self._split.length_of, config.micro_batch_tokens, config.seed, 0
        )

    def round(self, number: int) -> Round:
        """One update of each way on the next sequences; another one goes first in every round."""
        config = self._config
        groups = list(
            itertools.islice(self._batches, config.batch_tokens // config.micro_batch_tokens)
        )
        if not groups:
            raise ValueError(
                f"the corpus in {config.corpus} is too short for {config.rounds} rounds of "
                f"{config.batch_tokens} tokens; lower --rounds or --batch-tokens"
            )
        ids = np.concatenate(groups)
        lengths = self._split.length_of(ids)
        small = like_lengths(ids, lengths, config.reference_batch)
        todo = [("ours", groups), ("reference", small), ("sampled", groups)]
        first = number % len(todo)
        found = {name: self._timed(name, part) for name, part in todo[first:] + todo[:first]}
        tokens = int(lengths.sum())
        if self._flops_of_token is None:  # in the round that does not count
            self._flops_of_token = self._ours.flops(groups, self._make("ours")) / tokens
        peak = peak_flops(self._device, torch.bfloat16 if self._bf16 else torch.float32)
        flops = round(self._flops_of_token * tokens)
        return Round(tokens, **found, ours_flops=flops, peak_flops=peak)

    def _timed(self, name: str, groups: Groups) -> Sample:
        # The C library's habits are a part of our step, not of theirs.
        keep_freed_memory(name != "reference")
        step = self._reference if name == "reference" else self._ours
        wall, cpu = time.perf_counter(), time.process_time()
        step(groups, self._make(name))
        wait(self._device)
        return Sample(time.perf_counter() - wall, time.process_time() - cpu)

    def _make(self, name: str) -> MakeBatch:
        return lambda ids: self._maskers[name].batch(self._split, ids, 0)


def _load(folder: Path, config: TrainBenchConfig, device: torch.device) -> Any:
    return load_masked_lm(folder, device, new_head=config.random_heads)


def _head_shape(folder: Path) -> tuple[int, int]:
    """Vocabulary and width."""
    config = read_config(folder, FAMILIES)
    return config.vocab_size, config.hidden_size
