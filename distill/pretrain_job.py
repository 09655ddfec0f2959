"""Pre-training as the engine runs it: models, masked text and held-out scores."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from distill.corpus import Corpus
from distill.distillation import (
    Distillation,
    LossWeights,
    Objective,
    Student,
    Teacher,
    count,
)
from distill.feed import updates_of_rank
from distill.heads import head_of
from distill.held_out import HeldOut
from distill.job import Update
from distill.masked_lm import decoder
from distill.masking import MaskedBatch, Masker, MaskSettings
from distill.model import freeze, use_bf16
from distill.pretrain_config import PretrainConfig
from distill.sources import Sources
from distill.teacher import check_teacher, load_masked_lm, teacher_ids
from tasks.tokenizer import load_tokenizer


class PretrainJob:
    """Students, teacher and text as the engine trains them."""

    def __init__(
        self, config: PretrainConfig, sources: Sources, corpus: Corpus, accelerator: Accelerator
    ) -> None:
        self._config, self._corpus, self._accelerator = config, corpus, accelerator
        _check_vocabulary(corpus, sources)
        self._teacher = _load_teacher(config, sources, corpus, accelerator.device)
        students = {name: self._load_student(sources.student(name), name) for name in sources.names}
        self._students = students
        layer = config.relation_layer
        objective = Objective(
            config.temperature, -1 if layer is None else layer, config.relation_heads, config.chunk
        )
        self.model: nn.Module = Distillation(students, self._teacher, objective).train()
        self.parameter_groups = [
            [p for p in student.parameters() if p.requires_grad] for student in students.values()
        ]
        self._masker = Masker(
            corpus,
            MaskSettings(
                seed=config.seed,
                share=config.mask_share,
                smoothing=config.smoothing,
                whole_words=config.whole_words,
                # Without a KL there is nothing to compute at positions that are not masked.
                kl_positions=config.kl_positions if self._needs_kl() else "masked",
                kl_sample=config.kl_sample,
            ),
        )
        self._held_out = HeldOut(corpus, config.eval_sequences, config.micro_batch_tokens)
        self._bf16 = use_bf16(config.precision, accelerator.device)

    def updates(self, done: int, rank: int, ranks: int) -> Iterator[Update]:
        split = self._corpus.train
        return updates_of_rank(self._config, split, self._masker, done, rank, ranks)

    def counts(self, batches: list[MaskedBatch]) -> Tensor:
        return count(batches)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        if not self._held_out:
            return {}
        students = {name: student.model for name, student in self._students.items()}
        return self._held_out.scores(students, self._teacher, self._accelerator, self._bf16)

    def save(self, model: nn.Module, folder: Path) -> None:
        for name, student in self._students.items():
            student.model.save_pretrained(folder / name if self._config.ablations else folder)

    def _needs_kl(self) -> bool:
        return any(student.weights.kl > 0 for student in self._students.values())

    def _load_student(self, folder: Path, name: str) -> Student:
        config = self._config
        torch.manual_seed(config.seed)  # for a head that the checkpoint lacks
        alone = self._teacher is None
        model = load_masked_lm(folder, self._accelerator.device, config.dropout, new_head=alone)
        if alone and head_of(folder) != "mlm":
            _start_at_frequencies(model, self._corpus)
        check_teacher(self._teacher.model if self._teacher else model, model, self._longest)
        freeze(model, config.freeze)
        teacher = self._teacher.model if self._teacher else None
        student = Student(model, loss_weights(config, name), teacher)
        if config.compile:
            getattr(model, model.base_model_prefix).compile(dynamic=True)
        return student.to(self._accelerator.device)

    @property
    def _longest(self) -> int:
        return self._corpus.max_length


def loss_weights(config: PretrainConfig, variant: str) -> LossWeights:
    """The weights of a student's losses: the run's, less what an ablation leaves out."""
    if config.teacher is None:
        return LossWeights(kl=0.0, mlm=config.weight_mlm, cosine=0.0)
    weights = LossWeights(
        kl=config.weight_kl,
        mlm=config.weight_mlm,
        cosine=config.weight_cosine,
        hidden=config.weight_hidden,
        relation=config.weight_relation,
    )
    left_out = variant.removeprefix("no-")
    return replace(weights, **{left_out: 0.0}) if variant.startswith("no-") else weights


def _check_vocabulary(corpus: Corpus, sources: Sources) -> None:
    tokens = load_tokenizer(sources.tokenizer).tokens
    if list(corpus.tokens) != list(tokens):
        raise ValueError(
            f"the text in {sources.corpus} was tokenised with another "
            f"vocabulary ({len(corpus.tokens)} tokens) than that of the student "
            f"({len(tokens)} tokens); tokenise it with the student's"
        )


def _load_teacher(
    config: PretrainConfig, sources: Sources, corpus: Corpus, device: torch.device
) -> Teacher | None:
    if sources.teacher is None:
        return None
    model = load_masked_lm(sources.teacher, device)
    ids = teacher_ids(load_tokenizer(sources.teacher).tokens, corpus.tokens)
    if config.shard_teacher:
        _shard(model)
    if config.compile:
        getattr(model, model.base_model_prefix).compile(dynamic=True)
    return Teacher(model, ids)


def _shard(model: Any) -> None:
    """Spreads the layers over the ranks; the word table stays whole, for the losses read it."""
    from torch.distributed.fsdp import fully_shard

    body = getattr(model, model.base_model_prefix)
    layers = body.transformer.layer if hasattr(body, "transformer") else body.encoder.layer
    for layer in layers:
        fully_shard(layer)


def _start_at_frequencies(model: Any, corpus: Corpus) -> None:
    """Lets a new head guess by how often a token occurs, which it would learn first anyway."""
    counts = torch.from_numpy(corpus.counts + 1.0)
    with torch.no_grad():
        decoder(model)[1].copy_(torch.log(counts / counts.sum()))
