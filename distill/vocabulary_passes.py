"""The arithmetic of the vocabulary losses: logits of some rows become losses and gradients."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """P positions, those with a target first: `order` [P] is where they come from.

    What is needed at masked positions only is computed for the first `masked` rows. On a CUDA
    device counting them would wait for the device: there all rows count as masked, unsorted, and
    `mlm_weights` are 0 where no target is. targets, mlm_weights and kl_weights are [P, 1].
    """

    order: Tensor | None
    masked: int
    targets: Tensor
    mlm_weights: Tensor
    kl_weights: Tensor

    @classmethod
    def of(cls, targets: Tensor, kl_weights: Tensor) -> Self:
        has_target, order, masked = targets >= 0, None, targets.shape[0]
        if targets.device.type == "cpu":
            order = torch.argsort(has_target, descending=True, stable=True)
            masked = int(has_target.sum())
            targets, kl_weights, has_target = (x[order] for x in (targets, kl_weights, has_target))
        columns = (targets.clamp(min=0), has_target, kl_weights)
        return cls(order, masked, *(column.unsqueeze(-1) for column in columns))

    def take(self, values: Tensor) -> Tensor:
        """Values [P, ...] in the order of the rows."""
        return values if self.order is None else values.index_select(0, self.order)

    def put_back(self, values: Tensor) -> Tensor:
        """Values in the order of the rows, back in the caller's order."""
        if self.order is None:
            return values
        return torch.empty_like(values).index_copy_(0, self.order, values)


@dataclass(frozen=True)
class Head:
    """A decoder in the precision of its products; `rows` says how many rows of it are needed.

    `logits` is a buffer [group, V] of the same precision, used for group after group.
    """

    hidden: Tensor
    weight: Tensor
    bias: Tensor
    rows: int
    logits: Tensor

    def fill(self, start: int, end: int) -> None:
        """Puts the logits, without the bias, of the needed rows of [start, end) into the buffer."""
        end = min(end, self.rows)
        if start < end:
            torch.mm(self.hidden[start:end], self.weight.t(), out=self.logits[: end - start])


@dataclass(frozen=True)
class Student:
    """A head, the scales of its losses, its sums so far and its gradients so far."""

    head: Head
    kl_scale: float | Tensor
    mlm_scale: float | Tensor
    kl: Tensor
    mlm: Tensor
    hidden_grad: Tensor | None
    weight_grad: Tensor | None
    bias_grad: Tensor | None


@dataclass(frozen=True)
class Scratch:
    """Buffers [block, V] in which the softmax is taken."""

    teacher_logits: Tensor
    teacher: Tensor
    logits: Tensor
    kl: Tensor
    mlm: Tensor

    @classmethod
    def of(cls, block: int, like: Tensor) -> Self:
        return cls(*(like.new_empty((block, like.shape[0])) for _ in range(5)))


@dataclass(frozen=True)
class Place:
    """A block: the rows [first, end), which start at row `at` of the logits' buffers."""

    first: int
    end: int
    at: int


@dataclass(frozen=True)
class TeacherBlock:
    """Logits / T, their softmax and the logarithm of its denominator, for the rows of a block."""

    logits: Tensor
    probabilities: Tensor
    log_sum: Tensor


def teacher_block(head: Head, scratch: Scratch, place: Place, temperature: float) -> TeacherBlock:
    """The teacher's softmax at temperature T of the rows of a block."""
    count, at = place.end - place.first, place.at
    logits = scratch.teacher_logits[:count].copy_(head.logits[at : at + count]).add_(head.bias)
    logits.mul_(1 / temperature)
    probabilities, log_sum = softmax(logits, scratch.teacher[:count])
    return TeacherBlock(logits, probabilities, log_sum)


def student_block(
    student: Student,
    teacher: TeacherBlock | None,
    rows: Rows,
    scratch: Scratch,
    place: Place,
    temperature: float,
) -> None:
    """Adds the losses of a block; its logits in the buffer become their gradient."""
    head, first = student.head, place.first
    end = min(place.end, head.rows)
    if first >= end:
        return
    count = end - first
    own = head.logits[place.at : place.at + count]
    logits = scratch.logits[:count].copy_(own).add_(head.bias)
    masked = 0 if is_zero(student.mlm_scale) else max(min(end, rows.masked) - first, 0)
    gradient = scratch.mlm[:masked]
    if masked:
        _masked_lm(student, rows, logits[:masked], gradient, slice(first, first + masked))
    if teacher is not None and not is_zero(student.kl_scale):
        kl_gradient = scratch.kl[:count]
        weights = rows.kl_weights[first:end]
        _divergence(student, teacher, logits, kl_gradient, weights, temperature)
        kl_gradient[:masked].add_(gradient)
        gradient = kl_gradient
    if student.bias_grad is not None:
        student.bias_grad.add_(gradient.sum(0))
    own.copy_(gradient)


def _masked_lm(student: Student, rows: Rows, logits: Tensor, gradient: Tensor, part: slice) -> None:
    targets, weights = rows.targets[part], rows.mlm_weights[part]
    _, log_sum = softmax(logits, gradient)
    student.mlm.add_(((log_sum - logits.gather(1, targets)) * weights).sum())
    scale = (weights * student.mlm_scale).to(gradient.dtype)
    gradient.mul_(scale).scatter_add_(1, targets, -scale)


def _divergence(
    student: Student,
    teacher: TeacherBlock,
    logits: Tensor,
    gradient: Tensor,
    weights: Tensor,
    temperature: float,
) -> None:
    logits.mul_(1 / temperature)
    _, log_sum = softmax(logits, gradient)
    # The logarithm of teacher / student, from logits: no logarithm of 30,522 numbers a row.
    ratio = torch.sub(teacher.logits, logits, out=logits).sub_(teacher.log_sum - log_sum)
    divergence = ratio.mul_(teacher.probabilities).sum(-1, keepdim=True)
    student.kl.add_((divergence * weights).sum() * temperature**2)
    gradient.sub_(teacher.probabilities).mul_(weights * (student.kl_scale * temperature))


def multiply_back(student: Student, start: int, end: int) -> None:
    """Gradients of hidden states and weight from the gradient in the logits' buffer."""
    head = student.head
    end = min(end, head.rows)
    if start >= end:
        return
    gradient, hidden = head.logits[: end - start], head.hidden[start:end]
    if student.hidden_grad is not None:
        student.hidden_grad[start:end] = gradient @ head.weight
    if student.weight_grad is not None:
        if gradient.dtype == student.weight_grad.dtype:
            student.weight_grad.addmm_(gradient.t(), hidden)
        else:  # sums over groups are float32, products within one are not
            student.weight_grad.add_(gradient.t() @ hidden)


def softmax(logits: Tensor, out: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax over the last dimension into `out`, and the logarithm of its denominator [rows, 1].

    The latter comes from the largest logit and its probability: a pass of exponentials saved.
    """
    torch.softmax(logits, -1, out=out)
    return out, logits.amax(-1, keepdim=True) - out.amax(-1, keepdim=True).log()


def is_zero(scale: float | Tensor) -> bool:
    """Whether a term is left out. A tensor is not looked at: that would wait for the device."""
    return not isinstance(scale, Tensor) and scale == 0.0
