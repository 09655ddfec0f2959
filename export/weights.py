"""A checkpoint's tensors as those of the inference network, folding what can be computed now."""

import math

import torch
from torch import Tensor

from export.families import FAMILIES
from export.manifest import QUESTION_ANSWERING
from export.mobilebert_weights import fold_embeddings, mobile_layer
from export.shape import Shape

Weights = dict[str, Tensor]


def translate(shape: Shape, weights: Weights) -> Weights:
    """The network's state, by name; KeyError names a tensor that the checkpoint lacks.

    Raises ValueError where the position table is not as long as config.json says.
    """
    state = _embeddings(shape, weights)
    for i in range(shape.layers):
        state |= {f"layers.{i}.{name}": tensor for name, tensor in _layer(shape, weights, i)}
    family = FAMILIES[shape.family]
    if shape.task == QUESTION_ANSWERING:
        modules = {"head": "qa_outputs"}
    else:
        modules = {"head": family.classifier}
        if shape.pooler is not None:
            modules["pooler"] = family.pooler
    return state | _copies(weights, modules)


def _embeddings(shape: Shape, weights: Weights) -> Weights:
    where = f"{shape.family}.embeddings"
    table = weights[f"{where}.position_embeddings.weight"]
    if len(table) != shape.positions + shape.skipped_positions:
        raise ValueError(
            f"max_position_embeddings says {shape.positions + shape.skipped_positions} positions, "
            f"but {where}.position_embeddings.weight has {len(table)} rows"
        )
    positions = table[shape.skipped_positions :]
    second_type = torch.zeros(positions.shape[1])
    if shape.token_types:
        types = weights[f"{where}.token_type_embeddings.weight"]
        positions, second_type = positions + types[0], types[-1] - types[0]
    state = {
        "tokens.weight": weights[f"{where}.word_embeddings.weight"],
        "positions.weight": positions.contiguous(),
        "second_type": second_type,
    }
    if shape.mobile is not None:
        return fold_embeddings(shape, shape.mobile, weights, state)
    modules = {"norm": f"{where}.LayerNorm"}
    if shape.embedding not in (None, shape.hidden):
        modules["project"] = f"{shape.family}.embeddings_project"
    return state | _copies(weights, modules)


def _layer(shape: Shape, weights: Weights, number: int) -> list[tuple[str, Tensor]]:
    """The tensors of one layer, the scale of the attention scores folded into the queries."""
    family = FAMILIES[shape.family]
    where, width = f"{family.layers}.{number}", shape.hidden
    if shape.mobile is not None:
        layer, width = mobile_layer(shape.mobile, weights, where), shape.mobile.width or width
    else:
        names = {ours: f"{where}.{theirs}" for ours, theirs in family.layer.items()}
        layer = _copies(weights, names)
    scale = 1 / math.sqrt(width // shape.heads)
    return [
        (name, tensor * scale if name.startswith("attention.query.") else tensor)
        for name, tensor in layer.items()
    ]


def _copies(weights: Weights, modules: dict[str, str]) -> Weights:
    """Weight and bias of each module, under our name for it."""
    return {
        f"{ours}.{part}": weights[f"{theirs}.{part}"]
        for ours, theirs in modules.items()
        for part in ("weight", "bias")
    }
