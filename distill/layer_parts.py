"""The linears of a BERT's or DistilBERT's layers, by what they do."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from distill.student_weights import LAYER_NAMES


@dataclass(frozen=True)
class Parts:
    """The linears around the heads and the neurons of one layer."""

    queries: tuple[nn.Linear, ...]
    mixed: nn.Linear
    up: nn.Linear
    down: nn.Linear


def layers_of(model: Any) -> list[Parts]:
    """The layers of a BERT or DistilBERT with any head."""

    def linear(layer: str, name: str) -> Any:
        return model.get_submodule(f"{layer}.{own_name(model, name)}")

    return [
        Parts(
            tuple(linear(layer, f"attention.self.{name}") for name in ("query", "key", "value")),
            linear(layer, "attention.output.dense"),
            linear(layer, "intermediate.dense"),
            linear(layer, "output.dense"),
        )
        for layer in layer_names(model)
    ]


def layer_names(model: Any) -> list[str]:
    stack = "transformer" if model.config.model_type == "distilbert" else "encoder"
    count = model.config.num_hidden_layers
    return [f"{model.base_model_prefix}.{stack}.layer.{number}" for number in range(count)]


def own_name(model: Any, name: str) -> str:
    """What the model calls the part of a layer that BERT calls `name`."""
    return LAYER_NAMES[name] if model.config.model_type == "distilbert" else name
