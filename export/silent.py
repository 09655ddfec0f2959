"""Heads and neurons that add nothing to any output, as structured pruning leaves them."""

import torch
from torch import Tensor, nn

from export.layers import Attention, Layer


def leave_out_silent(network: nn.Module) -> None:
    """Take out, in place, what is multiplied by zeros alone; the network computes the same.

    That is an attention head, or a neuron of a feed-forward part, all of whose weights in the
    linear behind it are 0. One of each stays in every layer.
    """
    for layer in network.modules():
        if isinstance(layer, Layer):
            _narrow(layer)


def _narrow(layer: Layer) -> None:
    attention = layer.attention
    heads = _speaking(
        attention.output.weight.abs().view(-1, attention.heads, attention.width).sum(2)
    )
    if len(heads) < attention.heads:
        _keep_heads(attention, heads)
    neurons = _speaking(layer.down.weight.abs())
    if len(neurons) < layer.up.out_features:
        layer.up, layer.down = _rows(layer.up, neurons), _columns(layer.down, neurons)


def _keep_heads(attention: Attention, heads: Tensor) -> None:
    rows = (heads[:, None] * attention.width + torch.arange(attention.width)).flatten()
    for name in ("query", "key", "value"):
        setattr(attention, name, _rows(getattr(attention, name), rows))
    attention.output = _columns(attention.output, rows)
    attention.heads = len(heads)


def _speaking(weights: Tensor) -> Tensor:
    """The columns of [outputs, parts] that are not all 0; the first one if all are."""
    found = weights.sum(0).nonzero().flatten()
    return found if len(found) else torch.zeros(1, dtype=torch.long)


def _rows(linear: nn.Linear, kept: Tensor) -> nn.Linear:
    return _linear(linear.weight[kept], linear.bias[kept])


def _columns(linear: nn.Linear, kept: Tensor) -> nn.Linear:
    return _linear(linear.weight[:, kept].contiguous(), linear.bias)


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    with torch.device("meta"):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear.requires_grad_(False)
