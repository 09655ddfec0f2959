"""Losses on hidden states and answer spans; each is a sum, so batches can be cut anywhere."""

from torch import Tensor
from torch.nn import functional


def span_cross_entropy(
    start: Tensor, end: Tensor, start_at: Tensor, end_at: Tensor, mask: Tensor
) -> Tensor:
    """Cross entropy of start and end (mean of both), summed over windows.

    start, end: logits [windows, tokens]; start_at, end_at: positions [windows]; mask: [windows,
    tokens], true for real tokens. Padding takes no part in the softmax.
    """
    losses = [
        functional.cross_entropy(_masked(logits, mask), at, reduction="sum")
        for logits, at in ((start, start_at), (end, end_at))
    ]
    return (losses[0] + losses[1]) / 2


def span_kl(student: Tensor, teacher: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """T^2 KL(softmax(teacher / T) || softmax(student / T)) over real tokens, summed over windows.

    student, teacher: logits [windows, tokens]. The factor T^2 keeps the gradient's size
    independent of the temperature (Hinton et al. 2015).
    """
    log_student = functional.log_softmax(_masked(student, mask) / temperature, dim=-1)
    log_teacher = functional.log_softmax(_masked(teacher, mask) / temperature, dim=-1)
    terms = log_teacher.exp() * (log_teacher - log_student)
    return terms.masked_fill(~mask, 0.0).sum() * temperature**2


def hidden_cosine(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """1 - cosine of hidden states [windows, tokens, width], mean over tokens, sum over windows."""
    distance = 1 - functional.cosine_similarity(student.float(), teacher.float(), dim=-1)
    return ((distance * mask).sum(-1) / mask.sum(-1)).sum()


def cosine_sum(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """1 - cosine of hidden states [sequences, tokens, width], summed over real tokens.

    mask: [sequences, tokens], true for real tokens. The cosine is taken in float32.
    """
    distance = 1 - functional.cosine_similarity(student.float(), teacher.float(), dim=-1)
    return distance.masked_fill(~mask, 0.0).sum()


def hidden_mse_sum(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """Squared difference of hidden states, mean over the width, summed over real tokens.

    student, teacher: [sequences, tokens, width]; mask: [sequences, tokens], true for real tokens.
    """
    squares = (student.float() - teacher.float()).square().mean(-1)
    return squares.masked_fill(~mask, 0.0).sum()


def _masked(logits: Tensor, mask: Tensor) -> Tensor:
    # A large finite number: -inf would make 0 x inf = NaN in the KL.
    return logits.float().masked_fill(~mask, -1e9)
