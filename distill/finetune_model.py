"""What fine-tuning minimises: the labels' loss, and with a teacher its answers and states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from distill.batches import Batch
from distill.label_losses import class_cross_entropy, class_kl, squared_error
from distill.losses import hidden_cosine, span_cross_entropy, span_kl
from distill.model import token_types


@dataclass(frozen=True)
class Weights:
    """Weights of the losses that a teacher adds to, and the temperature of the KL."""

    task: float
    kl: float
    cosine: float
    temperature: float


@dataclass(frozen=True)
class FrozenTeacher:
    """A teacher; `ids` [student vocabulary] are its token ids of a student with fewer tokens."""

    model: Any
    ids: Tensor | None = None


class Finetuning(nn.Module):
    """A student and its losses; teachers are no part of it for states, ranks or modes."""

    def __init__(self, student: Any, teachers: Sequence[FrozenTeacher], weights: Weights) -> None:
        super().__init__()
        self.student = student
        self.weights = weights
        self._teachers = teachers

    def forward(self, batch: Batch, counts: Tensor) -> dict[str, Tensor]:
        """The losses of a batch, each divided by what the whole update has of its kind.

        counts: [2] inputs and sum of their weights, as `count` gives them. "loss" is the weighted
        sum; with teachers its terms come with it.
        """
        scale = torch.where(counts > 0, 1 / counts, 0.0).float()
        output = self._run(self.student, batch.input_ids, batch)
        task = _task_loss(output, batch) * scale[1]
        if not self._teachers:
            return {"loss": task}
        target = self._target(batch)
        terms = {
            "task": task,
            "kl": _teacher_loss(output, target, batch, self.weights.temperature) * scale[0],
        }
        if self.weights.cosine > 0:
            states = output.hidden_states[-1], target["hidden_states"]
            terms["cosine"] = hidden_cosine(*states, batch.mask) * scale[0]
        loss = torch.stack([getattr(self.weights, n) * term for n, term in terms.items()]).sum()
        return {"loss": loss, **terms}

    @torch.no_grad()
    def _target(self, batch: Batch) -> dict[str, Tensor]:
        """The teachers' logits, and the last hidden states where they count: means over them."""
        found: list[dict[str, Tensor]] = []
        for teacher in self._teachers:
            ids = batch.input_ids if teacher.ids is None else teacher.ids[batch.input_ids]
            output = self._run(teacher.model, ids, batch)
            found.append({name: value for name, value in output.items() if "logits" in name})
            if self.weights.cosine > 0:
                found[-1]["hidden_states"] = output.hidden_states[-1]
        return {name: torch.stack([one[name] for one in found]).mean(0) for name in found[0]}

    def _run(self, model: Any, input_ids: Tensor, batch: Batch) -> Any:
        return model(
            input_ids=input_ids,
            attention_mask=batch.mask,
            output_hidden_states=self.weights.cosine > 0,
            **token_types(model, batch.token_type_ids),
        )


def count(batches: list[Batch]) -> Tensor:
    """[2] float64: inputs, and the sum of their weights."""
    counts = torch.zeros(2, dtype=torch.float64)
    for batch in batches:
        counts += torch.stack([torch.tensor(len(batch.weights)), batch.weights.sum()]).double()
    return counts


def _task_loss(output: Any, batch: Batch) -> Tensor:
    if "start_logits" in output:
        start, end = batch.targets.unbind(-1)
        return span_cross_entropy(output.start_logits, output.end_logits, start, end, batch.mask)
    if batch.targets.is_floating_point():
        return squared_error(output.logits[:, 0], batch.targets[:, 0])
    return class_cross_entropy(output.logits, batch.targets[:, 0], batch.weights)


def _teacher_loss(
    output: Any, target: Mapping[str, Tensor], batch: Batch, temperature: float
) -> Tensor:
    """The KL of spans (mean of start and end) or classes; of numbers the squared difference."""
    if "start_logits" in output:
        return (
            span_kl(output.start_logits, target["start_logits"], batch.mask, temperature)
            + span_kl(output.end_logits, target["end_logits"], batch.mask, temperature)
        ) / 2
    if batch.targets.is_floating_point():
        return squared_error(output.logits[:, 0], target["logits"][:, 0])
    return class_kl(output.logits, target["logits"], temperature)
