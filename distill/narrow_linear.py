"""A pruned student computes only with what is not silent; its weights and their names stay whole.

A silent part (`distill.structured_pruning`) costs as much as any other where its zeros are
multiplied. Here they are left out of the forward and the backward product, which changes neither:
the gradient of a silent weight is 0 both ways.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from distill.layer_parts import layers_of
from distill.student_config import FAMILIES


def compute_without_silent(model: Any) -> None:
    """Lets a BERT or DistilBERT compute without its silent heads and neurons, in place.

    Its outputs, its gradients and the names and shapes of its weights stay as they are. Another
    family is left alone, as `prune` makes none.
    """
    if model.config.model_type not in FAMILIES:
        return
    count = model.config.num_attention_heads
    for parts in layers_of(model):
        _leave_out_silent(parts.queries, parts.mixed, parts.mixed.in_features // count)
        _leave_out_silent((parts.up,), parts.down, 1)


def _leave_out_silent(sources: Sequence[nn.Linear], sink: nn.Linear, width: int) -> None:
    """Lets `sources` give, and `sink` take, only parts (of `width` features) that are not silent.

    A part is silent where all its weights and biases in the sources and all its weights in the
    sink are 0. One part is kept where all are.
    """
    parts = sink.weight.detach().abs().amax(0)
    for source in sources:
        parts = parts + source.weight.detach().abs().amax(1) + source.bias.detach().abs()
    speaks = parts.view(-1, width).amax(1) > 0
    if not speaks.any():
        speaks[0] = True
    if speaks.all():
        return
    features = speaks.repeat_interleave(width).nonzero().flatten()
    for source in sources:
        _narrow(source, "rows", features)
    _narrow(sink, "columns", features)


class NarrowLinear(nn.Linear):
    """A linear that gives only the features `rows`, or takes only the features `columns`."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.linear(input, *self.live())

    def live(self) -> tuple[Tensor, Tensor]:
        """What it computes with: the weights [outputs, inputs] and biases [outputs] that stay."""
        weight: Tensor = self.weight
        bias: Tensor = self.bias
        if (rows := getattr(self, "rows", None)) is not None:
            weight, bias = weight.index_select(0, rows), bias.index_select(0, rows)
        if (columns := getattr(self, "columns", None)) is not None:
            weight = weight.index_select(1, columns)
        return weight, bias


def _narrow(linear: nn.Linear, side: str, features: Tensor) -> None:
    linear.__class__ = NarrowLinear  # the same parameters in the same places, another forward
    linear.register_buffer(side, features, persistent=False)
