"""KL and masked-LM loss over the vocabulary that never hold a [tokens, vocabulary] matrix.

The logits of some hundred rows at a time are made, turned into their own gradient in place and
multiplied back onto the hidden states and the decoder's weight, all in the forward pass. The
teacher's probabilities are made once for all students.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from distill.vocabulary_passes import (
    Head,
    Place,
    Rows,
    Scratch,
    Student,
    is_zero,
    multiply_back,
    softmax,
    student_block,
    teacher_block,
)

CHUNK = 1024
"""Rows whose logits are held at once, 62 MB of bfloat16 a student. Products are at full speed from
512 rows on; every group costs one more pass over the gradient of the decoder's weight."""
_BLOCK = 32
"""Rows of one pass over logits on a CPU: the five float32 buffers (4 MB each) stay in its cache."""


@dataclass(frozen=True)
class VocabularyTerm:
    """A student's side: hidden [P, d] after the head's transform, weight [V, d], bias [V].

    The scales multiply the sums of the two losses: a float, or a 0-d tensor without gradient. A
    term whose scale is the float 0.0 is not computed, and its sum is 0.
    """

    hidden: Tensor
    weight: Tensor
    bias: Tensor
    kl_scale: float | Tensor = 1.0
    mlm_scale: float | Tensor = 1.0


@dataclass(frozen=True)
class TeacherTerm:
    """The teacher's side, of a width of its own: hidden [P, dt], weight [V, dt], bias [V]."""

    hidden: Tensor
    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class VocabularyLosses:
    """0-d sums; only `total` = kl_scale * kl + mlm_scale * mlm has a gradient."""

    total: Tensor
    kl: Tensor
    mlm: Tensor


def vocabulary_losses(
    students: Sequence[VocabularyTerm],
    teacher: TeacherTerm | None,
    targets: Tensor,
    kl_weights: Tensor,
    temperature: float,
    chunk: int = CHUNK,
) -> list[VocabularyLosses]:
    """Distillation and masked-LM loss of each student at P positions, as sums.

    kl = T^2 sum_p kl_weights[p] KL(softmax(teacher / T) || softmax(student / T)), after Hinton et
    al. 2015; 0 without a teacher. mlm = the sum of -log softmax(student)[target] where targets [P]
    are not -100. Under bfloat16 autocast products are bfloat16 and the softmax is float32; without
    it all is float32, or float64 for float64 inputs. On a CUDA device nothing waits for the device.

    Raises ValueError where the shapes do not fit together.
    """
    for term in students:
        _check(term, teacher, targets)
    if kl_weights.shape != targets.shape or temperature <= 0 or chunk < 1:
        raise ValueError(
            f"kl_weights have shape {tuple(kl_weights.shape)} at {targets.shape[0]} positions, the "
            f"temperature is {temperature}, the chunk {chunk}: expected [P], above 0, at least 1"
        )
    rows = Rows.of(targets, kl_weights)
    job = _Job(teacher, rows, temperature, chunk)
    with_gradients = torch.is_grad_enabled()
    with torch.no_grad():
        made = [_student(job, term, with_gradients) for term in students]
        teacher_head = _teacher(job, made)
        with torch.autocast(targets.device.type, enabled=False):
            _run(job, made, teacher_head)
    return [_losses(rows, term, student) for term, student in zip(students, made, strict=True)]


@torch.no_grad()
def held_out_scores(
    student: VocabularyTerm, teacher: TeacherTerm | None, targets: Tensor, chunk: int = 256
) -> tuple[Tensor, Tensor, Tensor]:
    """(nats, shared, count) as 0-d tensors over the positions with a target.

    nats: negative log likelihood of the targets, summed; shared: positions at which the largest
    logits of student and teacher are the same token (0 without a teacher); targets: [P], else -100.
    """
    _check(student, teacher, targets)
    rows = (targets >= 0).nonzero()[:, 0]
    nats = torch.zeros((), dtype=torch.float64, device=targets.device)
    shared = torch.zeros((), dtype=torch.int64, device=targets.device)
    for part in torch.split(rows, chunk):
        logits = _logits(student, part)
        _, log_sum = softmax(logits, torch.empty_like(logits))
        nats += (log_sum - logits.gather(1, targets[part].unsqueeze(-1))).sum()
        if teacher is not None:
            shared += (logits.argmax(-1) == _logits(teacher, part).argmax(-1)).sum()
    return nats, shared, (targets >= 0).sum()


def _logits(side: VocabularyTerm | TeacherTerm, rows: Tensor) -> Tensor:
    dtype, exact = _dtypes(side.hidden)
    return (side.hidden[rows].to(dtype) @ side.weight.to(dtype).t()).to(exact) + side.bias


def _dtypes(hidden: Tensor) -> tuple[torch.dtype, torch.dtype]:
    """The precision of products and of everything else."""
    if hidden.dtype == torch.float64:
        return torch.float64, torch.float64
    kind = hidden.device.type
    autocast = torch.is_autocast_enabled(kind) and torch.get_autocast_dtype(kind) == torch.bfloat16
    return torch.bfloat16 if autocast else torch.float32, torch.float32


@dataclass(frozen=True)
class _Job:
    teacher: TeacherTerm | None
    rows: Rows
    temperature: float
    chunk: int


class _WithGradients(torch.autograd.Function):
    """A loss whose gradients are known: the backward pass only scales them."""

    @staticmethod
    def forward(
        ctx: Any, total: Tensor, gradients: Sequence[Tensor | None], *inputs: Tensor
    ) -> Tensor:
        # Saved this way they are let go after the backward pass, so .grad takes them uncopied.
        ctx.save_for_backward(
            *(g if g is None else g.to(x.dtype) for g, x in zip(gradients, inputs, strict=True))
        )
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *(_scaled(gradient, outer) for gradient in ctx.saved_tensors)


def _scaled(gradient: Tensor | None, factor: Tensor) -> Tensor | None:
    # On a CPU a look at the factor is free, and a pass over a weight's gradient is not.
    if gradient is None or (factor.device.type == "cpu" and float(factor) == 1.0):
        return gradient
    return gradient * factor.to(gradient.dtype)


def _losses(rows: Rows, term: VocabularyTerm, student: Student) -> VocabularyLosses:
    hidden = student.hidden_grad
    gradients = (
        None if hidden is None else rows.put_back(hidden),
        student.weight_grad,
        student.bias_grad,
    )
    total = student.kl * student.kl_scale + student.mlm * student.mlm_scale
    inputs = term.hidden, term.weight, term.bias
    total = _WithGradients.apply(total, gradients, *inputs)  # type: ignore[no-untyped-call]
    return VocabularyLosses(total, student.kl, student.mlm)


def _student(job: _Job, term: VocabularyTerm, with_gradients: bool) -> Student:
    exact = _dtypes(term.hidden)[1]
    kl_scale = 0.0 if job.teacher is None else term.kl_scale
    needed = job.rows.targets.shape[0]
    if is_zero(kl_scale):
        needed = 0 if is_zero(term.mlm_scale) else job.rows.masked
    gradients = [
        torch.zeros_like(part, dtype=exact) if with_gradients and part.requires_grad else None
        for part in (term.hidden, term.weight, term.bias)
    ]
    sums = (term.hidden.new_zeros((), dtype=exact) for _ in range(2))
    return Student(_head(job, term, needed), kl_scale, term.mlm_scale, *sums, *gradients)


def _teacher(job: _Job, students: Sequence[Student]) -> Head | None:
    if job.teacher is None or all(is_zero(student.kl_scale) for student in students):
        return None
    return _head(job, job.teacher, job.rows.targets.shape[0])


def _head(job: _Job, side: VocabularyTerm | TeacherTerm, needed: int) -> Head:
    dtype, exact = _dtypes(side.hidden)
    hidden, weight = job.rows.take(side.hidden).to(dtype), side.weight.to(dtype)
    buffer = weight.new_empty((min(job.chunk, needed), weight.shape[0]))
    return Head(hidden, weight, side.bias.to(exact), needed, buffer)


def _run(job: _Job, students: Sequence[Student], teacher: Head | None) -> None:
    """Takes rows in groups of job.chunk for the products, and in blocks for the softmax."""
    needed = max((student.head.rows for student in students), default=0)
    if not needed:
        return
    heads = [student.head for student in students] + ([] if teacher is None else [teacher])
    block = min(needed, _BLOCK if job.rows.targets.device.type == "cpu" else job.chunk)
    scratch = Scratch.of(block, students[0].head.bias)
    for start in range(0, needed, job.chunk):
        stop = min(start + job.chunk, needed)
        for head in heads:
            head.fill(start, stop)
        for first in range(start, stop, block):
            place = Place(first, min(first + block, stop), first - start)
            target = None
            if teacher is not None:
                target = teacher_block(teacher, scratch, place, job.temperature)
            for student in students:
                student_block(student, target, job.rows, scratch, place, job.temperature)
        for student in students:
            multiply_back(student, start, stop)


def _check(student: VocabularyTerm, teacher: TeacherTerm | None, targets: Tensor) -> None:
    count, words = targets.shape[0], student.weight.shape[0]
    for name, side in (("student", student), ("teacher", teacher)):
        if side is None:
            continue
        hidden, weight, bias = (tuple(x.shape) for x in (side.hidden, side.weight, side.bias))
        if hidden != (count, weight[1]) or weight[0] != words or bias != (words,):
            raise ValueError(
                f"the {name}'s hidden states {hidden}, weight {weight} and bias {bias} do not fit "
                f"{count} targets and the student's vocabulary of {words}"
            )
