"""The one inference network, rewritten for phones, that every exporter and the parity check use."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.manifest import QUESTION_ANSWERING, TensorSpec

MASKED = -1e4
"""Added to the scores of padding: e^-10000 is 0 in float32, and it survives float16 and int8."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
}


@dataclass(frozen=True)
class Shape:
    """What config.json says about the network, in the same words for every family."""

    family: str
    task: str
    vocab_size: int
    hidden: int
    feed_forward: int
    layers: int
    heads: int
    positions: int
    token_types: int
    activation: str
    eps: float
    labels: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the graph inputs, in order."""
        types = ("token_type_ids",) if self.token_types > 1 else ()
        return ("input_ids", "attention_mask", *types)

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The graph outputs, in order."""
        if self.task == QUESTION_ANSWERING:
            names = ("start_logits", "end_logits")
            return tuple(TensorSpec(name, "float32", (1, "length")) for name in names)
        return (TensorSpec("logits", "float32", (1, len(self.labels))),)


class Attention(nn.Module):
    """Self-attention over one sequence, [length, hidden], with the score scale folded into q."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.width = shape.heads, shape.hidden // shape.heads
        self.query = nn.Linear(shape.hidden, shape.hidden)
        self.key = nn.Linear(shape.hidden, shape.hidden)
        self.value = nn.Linear(shape.hidden, shape.hidden)
        self.output = nn.Linear(shape.hidden, shape.hidden)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """`bias` [1, 1, length] is 0 for real tokens and MASKED for padding."""
        query = self.query(x).view(-1, self.heads, self.width).permute(1, 0, 2)
        key = self.key(x).view(-1, self.heads, self.width).permute(1, 2, 0)
        value = self.value(x).view(-1, self.heads, self.width).permute(1, 0, 2)
        weights = torch.softmax(torch.bmm(query, key) + bias, dim=-1)
        mixed = torch.bmm(weights, value).permute(1, 0, 2).contiguous()
        out: Tensor = self.output(mixed.view(-1, self.heads * self.width))
        return out


class Layer(nn.Module):
    """One transformer layer, layer norm after each residual sum."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.attention_norm = nn.LayerNorm(shape.hidden, eps=shape.eps)
        self.up = nn.Linear(shape.hidden, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.hidden)
        self.output_norm = nn.LayerNorm(shape.hidden, eps=shape.eps)
        self.activation = ACTIVATIONS[shape.activation]

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """[length, hidden] to [length, hidden]."""
        x = self.attention_norm(x + self.attention(x, bias))
        out: Tensor = self.output_norm(x + self.down(self.activation(self.up(x))))
        return out


class Network(nn.Module):
    """Embeddings, layers and the task head for one sequence: inputs [1, length]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.tokens = nn.Embedding(shape.vocab_size, shape.hidden)
        self.positions = nn.Embedding(shape.positions, shape.hidden)
        # There are two types at most, so they are arithmetic instead of a third table: row 0 is
        # folded into the positions, this is row 1 minus row 0.
        self.second_type = nn.Parameter(torch.zeros(shape.hidden))
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.eps)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        answering = shape.task == QUESTION_ANSWERING
        if not answering:
            self.pooler = nn.Linear(shape.hidden, shape.hidden)
        self.head = nn.Linear(shape.hidden, 2 if answering else len(shape.labels))

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Logits by name, from [1, length] ids, mask and (where the network has any) types."""
        # Times the mask (padding may read row 0): a lookup of constants alone would be folded into
        # a float32 copy of the table for every length.
        places = torch.arange(input_ids.shape[1]) * attention_mask.view(-1)
        x = self.tokens(input_ids.view(-1)) + self.positions(places)
        if token_type_ids is not None:
            x = x + token_type_ids.view(-1, 1).to(x.dtype) * self.second_type
        bias = (1.0 - attention_mask.view(1, 1, -1).to(x.dtype)) * MASKED
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, bias)
        if self.shape.task == QUESTION_ANSWERING:
            logits = self.head(x).permute(1, 0).contiguous()
            return {"start_logits": logits[0:1], "end_logits": logits[1:2]}
        pooled = self.pooler(x[0:1])
        pooled = torch.tanh(pooled) if self.shape.family == "bert" else functional.relu(pooled)
        return {"logits": self.head(pooled)}
