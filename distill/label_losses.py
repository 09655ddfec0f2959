"""Losses of classification and regression; each is a sum over examples."""

from torch import Tensor
from torch.nn import functional


def class_cross_entropy(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Cross entropy in nats, times each example's weight.

    logits: [examples, classes]; classes, weights: [examples].
    """
    return (functional.cross_entropy(logits.float(), classes, reduction="none") * weights).sum()


def class_kl(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 KL(softmax(teacher / T) || softmax(student / T)) of logits [examples, classes].

    The factor T^2 keeps the gradient's size independent of the temperature (Hinton et al. 2015).
    """
    log_student = functional.log_softmax(student.float() / temperature, dim=-1)
    log_teacher = functional.log_softmax(teacher.float() / temperature, dim=-1)
    return (log_teacher.exp() * (log_teacher - log_student)).sum() * temperature**2


def squared_error(predicted: Tensor, expected: Tensor) -> Tensor:
    """Squared differences of numbers [examples]."""
    return (predicted.float() - expected.float()).square().sum()
