"""The one inference network, rewritten for phones, that every exporter and the parity check use."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.layers import Layer
from export.manifest import QUESTION_ANSWERING, TensorSpec
from export.mobilebert import DEFAULT_EPS, MobileLayer, Widening
from export.shape import Shape

MASKED = -1e4
"""Added to the scores of padding: e^-10000 is 0 in float32, and it survives float16 and int8."""

POOLERS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": functional.relu,
    "gelu": functional.gelu,
}


class Network(nn.Module):
    """Embeddings, layers and the task head for one sequence: inputs [1, length].

    What differs between the families is a part that is there or not; none is asked for by name.
    """

    positions: nn.Embedding

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self._embed(shape)
        self.layers = nn.ModuleList(
            Layer(shape) if shape.mobile is None else MobileLayer(shape, shape.mobile)
            for _ in range(shape.layers)
        )
        answering = shape.task == QUESTION_ANSWERING
        pooled = not answering and shape.pooler is not None
        self.pooler = nn.Linear(shape.hidden, shape.hidden) if pooled else None
        self.head = nn.Linear(shape.hidden, 2 if answering else len(shape.labels))

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What `forward` returns, in order."""
        return self.shape.outputs

    def keep_positions(self, count: int) -> None:
        """Cut the position table after `count` rows: a file takes no longer inputs than that."""
        rows = self.positions.weight.detach()[:count].clone()
        self.positions = nn.Embedding(len(rows), rows.shape[1], _weight=rows).requires_grad_(False)
        self.shape = replace(self.shape, positions=len(rows))

    def _embed(self, shape: Shape) -> None:
        """Make the tables and what follows them: MobileBERT widens the tokens, ELECTRA the sum."""
        tokens, mobile = shape.embedding or shape.hidden, shape.mobile
        widened = mobile is not None and (mobile.trigram or tokens != shape.hidden)
        width = tokens if mobile is None else shape.hidden
        self.tokens = nn.Embedding(shape.vocab_size, tokens)
        self.widen = Widening(tokens, width, mobile.trigram) if mobile and widened else None
        self.positions = nn.Embedding(shape.positions, width)
        # There are two types at most, so they are arithmetic instead of a third table: row 0 is
        # folded into the positions, this is row 1 minus row 0.
        self.second_type = nn.Parameter(torch.zeros(width))
        folded = mobile is not None and not mobile.layer_norm
        eps = DEFAULT_EPS if mobile else shape.eps
        self.norm = None if folded else nn.LayerNorm(width, eps=eps)
        self.project = nn.Linear(width, shape.hidden) if width != shape.hidden else None

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Logits by name, from [1, length] ids, mask and (where the network has any) types."""
        x, bias = self._embedded(input_ids, attention_mask, token_type_ids)
        for layer in self.layers[:-1]:
            x = layer(x, bias)
        last = self.layers[-1]
        # A classifier reads the first token alone: the last layer computes no other.
        only_first = self.shape.task != QUESTION_ANSWERING and isinstance(last, Layer)
        return self._logits(last(x, bias, 1) if only_first else last(x, bias))

    def states(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> list[Tensor]:
        """What leaves the embeddings and then each layer, each [length, hidden]."""
        x, bias = self._embedded(input_ids, attention_mask, token_type_ids)
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1], bias))
        return states

    def _embedded(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """What enters the first layer, and what the mask adds to the scores of every layer."""
        # Times the mask (padding may read row 0): a lookup of constants alone would be folded into
        # a float32 copy of the table for every length.
        places = torch.arange(input_ids.shape[1]) * attention_mask.view(-1)
        x = self.tokens(input_ids.view(-1))
        real = attention_mask.to(x.dtype)
        if self.widen is not None:
            x = self.widen(x, real.view(-1, 1))
        x = x + self.positions(places)
        if token_type_ids is not None:
            x = x + token_type_ids.view(-1, 1).to(x.dtype) * self.second_type
        if self.norm is not None:
            x = self.norm(x)
        if self.project is not None:
            x = self.project(x)
        return x, (1.0 - real.view(1, 1, -1)) * MASKED

    def _logits(self, x: Tensor) -> dict[str, Tensor]:
        """[length, hidden] to the logits of the task."""
        if self.shape.task == QUESTION_ANSWERING:
            logits = self.head(x).permute(1, 0).contiguous()
            return {"start_logits": logits[0:1], "end_logits": logits[1:2]}
        first = x[0:1]
        if self.pooler is not None and self.shape.pooler is not None:
            first = POOLERS[self.shape.pooler](self.pooler(first))
        return {"logits": self.head(first)}
