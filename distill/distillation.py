"""The objective of pre-training distillation, for one student or several on one teacher pass."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from distill.losses import cosine_sum, hidden_mse_sum
from distill.masked_lm import decoder, encode, transform
from distill.masking import MaskedBatch
from distill.relations import qkv, relation_kl_sum
from distill.vocabulary_loss import TeacherTerm, VocabularyTerm, vocabulary_losses


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms; a term of weight 0 is not computed."""

    kl: float
    mlm: float
    cosine: float
    hidden: float = 0.0
    relation: float = 0.0


@dataclass(frozen=True)
class Objective:
    """What the students of a run share."""

    temperature: float
    relation_layer: int
    relation_heads: int
    chunk: int | None


class Teacher:
    """A frozen masked-LM; `ids` translates the students' token ids where their vocabulary is cut.

    Not a torch module, so that what trains the students never counts it among their parameters.
    """

    def __init__(self, model: Any, ids: NDArray[np.int64] | None) -> None:
        self.model = model.eval().requires_grad_(False)
        self.ids = None if ids is None else torch.from_numpy(ids).to(model.device)

    def read(self, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Hidden states of all layers for the student's token ids."""
        return encode(self.model, input_ids if self.ids is None else self.ids[input_ids], mask)

    def term(self, hidden: Tensor) -> TeacherTerm:
        """The head over the students' vocabulary, at hidden states [positions, width]."""
        weight, bias = decoder(self.model)
        if self.ids is not None:
            weight, bias = weight[self.ids], bias[self.ids]
        return TeacherTerm(transform(self.model, hidden), weight, bias)


class Student(nn.Module):
    """A masked-LM in training, with the projections that a narrower one needs to be compared."""

    def __init__(self, model: Any, weights: LossWeights, teacher: Any | None) -> None:
        super().__init__()
        self.model, self.weights = model, weights
        self.projection: nn.Module = nn.Identity()
        if teacher is not None and (weights.cosine > 0 or weights.hidden > 0):
            width, wanted = model.config.hidden_size, teacher.config.hidden_size
            if width != wanted:
                self.projection = nn.Linear(width, wanted, bias=False)
                nn.init.orthogonal_(self.projection.weight)
        if weights.kl == weights.mlm == 0:  # without a vocabulary loss the head is out of play
            for parameter in head_parameters(model):
                parameter.requires_grad_(False)


def head_parameters(model: Any) -> list[nn.Parameter]:
    """Parameters of a masked-LM's head that are not the word embeddings."""
    body = set(getattr(model, model.base_model_prefix).parameters())
    return [parameter for parameter in model.parameters() if parameter not in body]


class Distillation(nn.Module):
    """Students by name and their losses; `forward` is what the ranks run in step."""

    def __init__(
        self, students: Mapping[str, Student], teacher: Teacher | None, objective: Objective
    ) -> None:
        super().__init__()
        self.students = nn.ModuleDict(students)  # registered for the optimiser and the ranks
        self._named = dict(students)
        self.objective = objective
        self._teacher = teacher

    def forward(self, batch: MaskedBatch, counts: Tensor) -> dict[str, Tensor]:
        """Losses of a micro-batch, each a sum over its tokens divided by the update's count.

        counts: [3] tokens, KL weights and masked positions of the update, as `count` gives them.
        Returns "loss", the weighted sum over students, and each term unweighted; the names of
        several students' terms are STUDENT/TERM.
        """
        scale = 1 / counts.float().clamp(min=1)
        target = self._teacher_targets(batch)
        terms, others = [], []
        for student in self._named.values():
            states, relation = self._read(student, batch)
            terms.append(self._vocabulary_term(student, _at(states[-1], batch.positions), scale))
            others.append(self._hidden_losses(student, states, relation, target, batch.mask, scale))
        found = vocabulary_losses(
            terms,
            target.term,
            batch.targets,
            batch.kl_weights,
            self.objective.temperature,
            **({} if self.objective.chunk is None else {"chunk": self.objective.chunk}),
        )
        losses: dict[str, Tensor] = {}
        for (name, student), vocabulary, other in zip(
            self._named.items(), found, others, strict=True
        ):
            weights = student.weights
            total = vocabulary.total
            for term, value in other.items():
                total = total + getattr(weights, term) * value
            losses[f"{name}/loss"] = total
            if weights.kl > 0:
                losses[f"{name}/kl"] = vocabulary.kl * scale[1]
            if weights.mlm > 0:
                losses[f"{name}/mlm"] = vocabulary.mlm * scale[2]
            losses |= {f"{name}/{term}": value for term, value in other.items()}
        if len(self._named) == 1:
            return {key.partition("/")[2]: value for key, value in losses.items()}
        total = torch.stack([losses[f"{name}/loss"] for name in self._named]).sum()
        return {"loss": total, **losses}

    @torch.no_grad()
    def _teacher_targets(self, batch: MaskedBatch) -> "_Targets":
        """What the students are compared with; nothing where there is no teacher."""
        if self._teacher is None:
            return _Targets((), None, None)
        with self._recording(self._teacher.model, self.objective.relation_layer) as recorded:
            states = self._teacher.read(batch.input_ids, batch.mask)
        term = self._teacher.term(_at(states[-1], batch.positions))
        return _Targets(states, term, recorded)

    def _read(self, student: Student, batch: MaskedBatch) -> tuple[tuple[Tensor, ...], Any]:
        with self._recording(student.model, -1) as recorded:
            states = encode(student.model, batch.input_ids, batch.mask)
        return states, recorded

    def _recording(self, model: Any, layer: int) -> AbstractContextManager[Any]:
        """Records a layer's queries, keys and values if any student is compared by them."""
        if all(student.weights.relation == 0 for student in self._named.values()):
            return nullcontext()
        return qkv(model, layer)

    def _vocabulary_term(self, student: Student, hidden: Tensor, scale: Tensor) -> VocabularyTerm:
        weights, (weight, bias) = student.weights, decoder(student.model)
        return VocabularyTerm(
            transform(student.model, hidden),
            weight,
            bias,
            weights.kl * scale[1] if weights.kl > 0 else 0.0,
            weights.mlm * scale[2] if weights.mlm > 0 else 0.0,
        )

    def _hidden_losses(
        self,
        student: Student,
        states: tuple[Tensor, ...],
        relation: Any,
        target: "_Targets",
        mask: Tensor,
        scale: Tensor,
    ) -> dict[str, Tensor]:
        """The terms on hidden states, by name, each a mean over the update's tokens."""
        weights, project = student.weights, student.projection
        losses: dict[str, Tensor] = {}
        if weights.cosine > 0:
            losses["cosine"] = cosine_sum(project(states[-1]), target.states[-1], mask)
        if weights.hidden > 0:
            pairs = matched_layers(len(states) - 1, len(target.states) - 1)
            found = [
                hidden_mse_sum(project(states[mine]), target.states[theirs], mask)
                for mine, theirs in pairs
            ]
            losses["hidden"] = torch.stack(found).mean()
        if weights.relation > 0:
            losses["relation"] = relation_kl_sum(
                relation, target.relation, mask, self.objective.relation_heads
            )
        return {name: value * scale[0] for name, value in losses.items()}


@dataclass(frozen=True)
class _Targets:
    """Of one teacher pass: hidden states of all layers, the head, one layer's attention inputs."""

    states: tuple[Tensor, ...]
    term: TeacherTerm | None
    relation: Any


def matched_layers(mine: int, theirs: int) -> list[tuple[int, int]]:
    """Which hidden state of the teacher each of the student's is compared with (0: embeddings).

    Evenly spread, both ends included (the uniform map of TinyBERT).
    """
    return [(layer, round(layer * theirs / mine)) for layer in range(mine + 1)]


def count(batches: list[MaskedBatch]) -> Tensor:
    """[3] float64: tokens, KL weights and masked positions of micro-batches."""
    counts = torch.zeros(3, dtype=torch.float64)
    for batch in batches:
        counts += torch.stack(
            [batch.mask.sum(), batch.kl_weights.sum(), (batch.targets != -100).sum()]
        ).double()
    return counts


def _at(states: Tensor, positions: Tensor) -> Tensor:
    """[positions, width]: hidden states [sequences, tokens, width] at flat positions."""
    return states.flatten(0, 1)[positions]
