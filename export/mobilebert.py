"""MobileBERT's parts: embedding with the neighbours, and layers between bottlenecks.

With a scale and an offset instead of layer norms (`NoNorm`), the scale and the offset of a linear's
output are folded into the linear; what is left is the scale of the other summand.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.layers import ACTIVATIONS, Attention
from export.shape import Mobile, Shape

# transformers makes the layer norms of the embeddings and of the last feed-forward of a layer with
# torch's default, whatever the config says.
DEFAULT_EPS = 1e-5


class Widening(nn.Module):
    """Token vectors to the width of the layers, with the neighbours' where the network has it so.

    A neighbour that is padding counts as nothing, as beyond the ends: so a sequence gives the same
    with padding as without.
    """

    def __init__(self, narrow: int, wide: int, trigram: bool) -> None:
        super().__init__()
        self.trigram = trigram
        self.dense = nn.Linear(3 * narrow if trigram else narrow, wide)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """[length, narrow] to [length, wide]; `real` [length, 1] is 0 for padding, else 1."""
        if self.trigram:
            # Padded before it is cut: torch.export takes no part that may be one row long.
            ends = functional.pad(x * real, (0, 0, 1, 1))
            x = torch.cat([ends[2:], ends[1:-1], ends[:-2]], dim=1)
        out: Tensor = self.dense(x)
        return out


class NormedSum(nn.LayerNorm):
    """Layer norm of a residual sum."""

    def forward(self, update: Tensor, kept: Tensor) -> Tensor:  # type: ignore[override]
        """Both [length, width]."""
        return super().forward(update + kept)


class ScaledSum(nn.Module):
    """A residual sum that scales its second part; the first comes scaled from its linear."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, update: Tensor, kept: Tensor) -> Tensor:
        """Both [length, width]."""
        return update + kept * self.weight


def _sum(mobile: Mobile, width: int, eps: float) -> nn.Module:
    return NormedSum(width, eps=eps) if mobile.layer_norm else ScaledSum(width)


def _bottleneck(mobile: Mobile, outer: int, inner: int, eps: float) -> nn.Module:
    """A linear, and a layer norm if the network has any."""
    norms = [nn.LayerNorm(inner, eps=eps)] if mobile.layer_norm else []
    return nn.Sequential(nn.Linear(outer, inner), *norms)


class FeedForward(nn.Module):
    """A feed-forward block with its residual sum."""

    def __init__(self, width: int, shape: Shape, mobile: Mobile, eps: float) -> None:
        super().__init__()
        self.up = nn.Linear(width, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, width)
        self.sum = _sum(mobile, width, eps)
        self.activation = ACTIVATIONS[shape.activation]

    def forward(self, x: Tensor) -> Tensor:
        """[length, width] to the same."""
        out: Tensor = self.sum(self.down(self.activation(self.up(x))), x)
        return out


class MobileLayer(nn.Module):
    """One layer: narrow inside, where there are bottlenecks, with several feed-forward blocks."""

    def __init__(self, shape: Shape, mobile: Mobile) -> None:
        super().__init__()
        outer, inner = shape.hidden, mobile.width or shape.hidden
        narrow, apart = mobile.width is not None, mobile.width is not None and mobile.shared
        self.enter = _bottleneck(mobile, outer, inner, shape.eps) if narrow else None
        self.ask = _bottleneck(mobile, outer, inner, shape.eps) if apart else None
        self.attention = Attention(inner, shape.heads, outer if apart else inner)
        self.attention_sum = _sum(mobile, inner, shape.eps)
        last = mobile.feed_forwards - 1
        self.forwards = nn.ModuleList(
            FeedForward(inner, shape, mobile, DEFAULT_EPS if i == last else shape.eps)
            for i in range(mobile.feed_forwards)
        )
        self.leave = nn.Linear(inner, outer) if narrow else None
        self.leave_sum = _sum(mobile, outer, shape.eps) if narrow else None

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """[length, hidden] to [length, hidden]; `bias` as in Attention."""
        inner = x if self.enter is None else self.enter(x)
        asking, values = (inner, inner) if self.ask is None else (self.ask(x), x)
        inner = self.attention_sum(self.attention(asking, values, bias), inner)
        for block in self.forwards:
            inner = block(inner)
        if self.leave is not None and self.leave_sum is not None:
            inner = self.leave_sum(self.leave(inner), x)
        out: Tensor = inner
        return out
