"""Fine-tuning as the engine runs it: its updates, its counts, its scores and its checkpoint."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from distill.batches import Batch, collate, epoch_batches
from distill.finetune_config import FinetuneConfig
from distill.finetune_model import Finetuning, FrozenTeacher, Weights, count
from distill.finetune_tasks import Task
from distill.int8_linear import use_int8
from distill.job import Update
from distill.model import freeze, save_model
from distill.narrow_linear import compute_without_silent


class FinetuneJob:
    """A student, its task, and the order it sees the examples in."""

    def __init__(
        self,
        config: FinetuneConfig,
        task: Task,
        student: Any,
        teachers: Sequence[FrozenTeacher],
        pad_id: int,
        accelerator: Accelerator,
    ) -> None:
        weights = Weights(
            config.weight_task, config.weight_kl, config.weight_cosine, config.temperature
        )
        freeze(student, config.freeze)
        compute_without_silent(student)
        if config.precision == "int8":
            use_int8(student)
        if config.compile:
            getattr(student, student.base_model_prefix).compile(dynamic=True)
        self.model: nn.Module = Finetuning(student.train(), teachers, weights)
        self.parameter_groups = [[p for p in student.parameters() if p.requires_grad]]
        self._config, self._task, self._pad_id = config, task, pad_id
        self._accelerator = accelerator

    def updates(self, done: int, rank: int, ranks: int) -> Iterator[Update]:
        """Every micro-batch is cut into a part for each rank, so ranks change no gradient."""
        config, examples = self._config, self._task.examples
        lengths = [len(example.input_ids) for example in examples]
        per_epoch = self.updates_per_epoch
        total = config.epochs * per_epoch
        for epoch in range(done // per_epoch, config.epochs):
            batches = epoch_batches(lengths, config.batch_size, config.seed, epoch)
            for index in range(max(0, done - epoch * per_epoch), per_epoch):
                number = epoch * per_epoch + index + 1
                if config.stop_after is not None and number > config.stop_after:
                    return
                passes = batches[index * config.accumulation :][: config.accumulation]
                parts = [part[rank::ranks] for part in passes]
                mine = [part for part in parts if part]
                spare = len(parts) - len(mine)
                yield Update(
                    number=number,
                    share=number / total,
                    batches=[self._batch(part) for part in mine + [passes[0][:1]] * spare],
                    tokens=sum(lengths[i] for part in passes for i in part),
                    names=[examples[i].name for part in mine for i in part],
                    spare=spare,
                    evaluate=self._due(index + 1 == per_epoch, number),
                )

    @property
    def updates_per_epoch(self) -> int:
        batches = -(-len(self._task.examples) // self._config.batch_size)
        return -(-batches // self._config.accumulation)

    def counts(self, batches: list[Batch]) -> Tensor:
        return count(batches)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        # Every rank scores, for the others would only wait; the first one's result counts.
        # Compiling for evaluation too would take longer than it saves.
        with torch.compiler.set_stance("force_eager"):
            scores = [self._task.evaluate(model.student)]
        if self._accelerator.num_processes > 1:
            broadcast_object_list(scores)
        return scores[0]

    def save(self, model: nn.Module, folder: Path) -> None:
        save_model(model.student, folder)

    def _batch(self, indices: Sequence[int]) -> Batch:
        return collate([self._task.examples[i] for i in indices], self._pad_id)

    def _due(self, ends_epoch: bool, number: int) -> bool:
        every = self._config.eval_every
        last = number == self._config.stop_after
        return last or (number % every == 0 if every else ends_epoch)
