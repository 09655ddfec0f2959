"""A transformer layer as BERT, DistilBERT, RoBERTa and ELECTRA have it, for one sequence."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.shape import Shape

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
}


class PlainNorm(nn.Module):
    """A layer norm written out, for a converter that would put reshapes around its own version."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        """[length, width] to the same, each row with mean 0 and variance 1 before the weights."""
        centred = x - x.mean(-1, keepdim=True)
        variance = (centred * centred).mean(-1, keepdim=True)
        return centred * torch.rsqrt(variance + self.eps) * self.weight + self.bias


def replace_modules(
    model: nn.Module,
    kinds: dict[type[nn.Module], Callable[[Any], nn.Module]],
    skip: Callable[[str], bool] = lambda name: False,
) -> None:
    """Put, in place, what `kinds` makes of a module where that has one of its types exactly."""
    for name, module in list(model.named_modules()):
        if type(module) in kinds and not skip(name):
            parent, _, attribute = name.rpartition(".")
            setattr(model.get_submodule(parent), attribute, kinds[type(module)](module))


class Attention(nn.Module):
    """Self-attention over one sequence, [length, width], with the score scale folded into q.

    `values` is the width of what the values are computed from.
    """

    def __init__(self, width: int, heads: int, values: int) -> None:
        super().__init__()
        self.heads, self.width = heads, width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(values, width)
        self.output = nn.Linear(width, width)

    def forward(
        self, x: Tensor, values: Tensor, bias: Tensor, asking: Tensor | None = None
    ) -> Tensor:
        """Attend with `x` to `values`; `bias` [1, 1, length] is added to the scores of a token.

        asking: the rows of `x` that an output is wanted for; None for all.
        """
        query = (
            self.query(x if asking is None else asking)
            .view(-1, self.heads, self.width)
            .permute(1, 0, 2)
        )
        key = self.key(x).view(-1, self.heads, self.width).permute(1, 2, 0)
        value = self.value(values).view(-1, self.heads, self.width).permute(1, 0, 2)
        weights = torch.softmax(torch.bmm(query, key) + bias, dim=-1)
        mixed = torch.bmm(weights, value).permute(1, 0, 2).contiguous()
        out: Tensor = self.output(mixed.view(-1, self.heads * self.width))
        return out


class Layer(nn.Module):
    """One transformer layer, layer norm after each residual sum."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape.hidden, shape.heads, shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden, eps=shape.eps)
        self.up = nn.Linear(shape.hidden, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.hidden)
        self.output_norm = nn.LayerNorm(shape.hidden, eps=shape.eps)
        self.activation = ACTIVATIONS[shape.activation]

    def forward(self, x: Tensor, bias: Tensor, rows: int | None = None) -> Tensor:
        """[length, hidden] to the same, or to its first `rows`; `bias` as in Attention."""
        asking = x if rows is None else x[:rows]
        x = self.attention_norm(asking + self.attention(x, x, bias, asking))
        out: Tensor = self.output_norm(x + self.down(self.activation(self.up(x))))
        return out
