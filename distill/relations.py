"""The self-attention relation loss of MiniLMv2 (Wang et al. 2020, arXiv 2012.15828).

What is compared is how alike the queries of a sequence's tokens are, and so for keys and values.
These relations have no width, so student and teacher may differ in width and in heads.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_NAMES = {"bert": ("query", "key", "value"), "distilbert": ("q_lin", "k_lin", "v_lin")}


@dataclass
class Recorded:
    """Queries, keys and values of the last forward pass, each [sequences, tokens, width]."""

    query: Tensor | None = None
    key: Tensor | None = None
    value: Tensor | None = None

    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """Raises ValueError where the model was not run."""
        if self.query is None or self.key is None or self.value is None:
            raise ValueError("no queries, keys and values: the model did not run while recorded")
        return self.query, self.key, self.value


@contextmanager
def qkv(model: Any, layer: int) -> Iterator[Recorded]:
    """Records queries, keys and values of a layer while the model runs inside the context.

    layer: counted from 0, or from the last one with -1. Raises ValueError for a layer that is not
    there and for a family other than BERT and DistilBERT.
    """
    attention, names = _attention(model, layer)
    recorded = Recorded()
    hooks = [
        getattr(attention, theirs).register_forward_hook(_recorder(recorded, mine))
        for mine, theirs in zip(("query", "key", "value"), names, strict=True)
    ]
    try:
        yield recorded
    finally:
        for hook in hooks:
            hook.remove()


def relation_kl_sum(student: Recorded, teacher: Recorded, mask: Tensor, heads: int) -> Tensor:
    """KL(teacher || student) of the relations of queries, keys and values, summed over real tokens.

    A relation is softmax(x x^T / sqrt(head size)) over the real tokens of a sequence, in `heads`
    relation heads that need not be the attention's. The mean over the three kinds and the heads is
    summed over query tokens. mask: [sequences, tokens], true for real tokens.

    Raises ValueError where a width is not a multiple of `heads`.
    """
    losses = [
        _kl_sum(mine, theirs, mask, heads)
        for mine, theirs in zip(student.parts(), teacher.parts(), strict=True)
    ]
    return torch.stack(losses).sum() / (3 * heads)


def _kl_sum(student: Tensor, teacher: Tensor, mask: Tensor, heads: int) -> Tensor:
    """[sequences, heads, tokens, tokens] at a time, summed over heads and real tokens."""
    log_student = torch.log_softmax(_scores(student, mask, heads), -1)
    log_teacher = torch.log_softmax(_scores(teacher, mask, heads), -1)
    terms = log_teacher.exp() * (log_teacher - log_student)
    return terms.sum(-1).sum(1).masked_fill(~mask, 0.0).sum()


def _scores(states: Tensor, mask: Tensor, heads: int) -> Tensor:
    width = states.shape[-1]
    if heads < 1 or width % heads:
        raise ValueError(
            f"a width of {width} cannot be cut into {heads} relation heads; give a number of "
            "heads that divides the widths of student and teacher"
        )
    split = states.view(*states.shape[:-1], heads, width // heads).transpose(1, 2)
    scores: Tensor = (split @ split.transpose(-1, -2)).float() / math.sqrt(width // heads)
    # A large finite number: -inf would make 0 x inf = NaN in the KL.
    return scores.masked_fill(~mask[:, None, None, :], -1e9)


def _recorder(recorded: Recorded, name: str) -> Any:
    def record(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        setattr(recorded, name, output)

    return record


def _attention(model: Any, layer: int) -> tuple[Any, tuple[str, str, str]]:
    family = model.config.model_type
    if family not in _NAMES:
        raise ValueError(
            f"the relation loss knows the families {', '.join(_NAMES)}; this model is {family!r}"
        )
    body = getattr(model, model.base_model_prefix, model)
    layers = body.encoder.layer if family == "bert" else body.transformer.layer
    if not -len(layers) <= layer < len(layers):
        raise ValueError(
            f"no layer {layer} to compare relations of: the model has the layers 0 to "
            f"{len(layers) - 1}"
        )
    block = layers[layer]
    return (block.attention.self if family == "bert" else block.attention), _NAMES[family]
