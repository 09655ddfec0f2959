"""A student's weights from its teacher's: layers chosen, renamed for DistilBERT, or projected."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# BERT's name of a part of a layer -> DistilBERT's.
LAYER_NAMES = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
# BERT's name of a weight of the masked-LM head -> DistilBERT's. BERT's decoder bias is its bias.
_HEAD_NAMES = {
    "cls.predictions.transform.dense.weight": "vocab_transform.weight",
    "cls.predictions.transform.dense.bias": "vocab_transform.bias",
    "cls.predictions.transform.LayerNorm.weight": "vocab_layer_norm.weight",
    "cls.predictions.transform.LayerNorm.bias": "vocab_layer_norm.bias",
    "cls.predictions.decoder.weight": "vocab_projector.weight",
    "cls.predictions.bias": "vocab_projector.bias",
}
_LAYER = re.compile(r"(bert\.encoder|distilbert\.transformer)\.layer\.(\d+)\.(.*)\.(weight|bias)")
# The linears of a feed-forward part, in BERT and in DistilBERT.
_INNER, _OUTER = ("intermediate.dense", "ffn.lin1"), ("output.dense", "ffn.lin2")
_WORDS = "embeddings.word_embeddings.weight"
# A weight with one row (or entry) for each token of the vocabulary.
VOCABULARY_WEIGHTS = (
    *(f"bert.{_WORDS}", f"distilbert.{_WORDS}", "vocab_projector.weight", "vocab_projector.bias"),
    *(f"cls.predictions.{name}" for name in ("decoder.weight", "decoder.bias", "bias")),
)


def student_weights(
    teacher: dict[str, Tensor], layers: Sequence[int], family: str
) -> dict[str, Tensor]:
    """The weights of a student from the state dict of a BERT or DistilBERT with any head.

    Names are those of models with a head (`bert.encoder...`). DistilBERT has no token types: that
    of the first segment, which BERT adds to every position of a text without a second one, is
    folded into the position embeddings. It has no pooler either, and the classification head that
    reads it has another activation (ReLU, where BERT has tanh), so both are left out.
    """
    kept: dict[str, Tensor] = {}
    for name, value in teacher.items():
        found = _LAYER.fullmatch(name)
        if found is None:
            kept[name] = value.clone()
        elif int(found[2]) in layers:
            number = layers.index(int(found[2]))
            kept[f"{found[1]}.layer.{number}.{found[3]}.{found[4]}"] = value.clone()
    if family == "bert" or f"distilbert.{_WORDS}" in kept:
        return kept
    types = kept.pop("bert.embeddings.token_type_embeddings.weight")
    kept["bert.embeddings.position_embeddings.weight"] += types[0]
    renamed = {_in_distilbert(name): value for name, value in kept.items()}
    renamed.pop("", None)
    return renamed


def _in_distilbert(name: str) -> str:
    """DistilBERT's name of a weight of BERT; empty where it has none."""
    found = _LAYER.fullmatch(name)
    if found is not None:
        return f"distilbert.transformer.layer.{found[2]}.{LAYER_NAMES[found[3]]}.{found[4]}"
    if name.startswith("cls."):
        return _HEAD_NAMES.get(name, "")
    if name.startswith(("bert.pooler.", "classifier.")):
        return ""
    return re.sub(r"^bert\.", "distilbert.", name)


def fitting_weights(
    weights: dict[str, Tensor], teacher: Any, student: Any
) -> tuple[dict[str, Tensor], float]:
    """The weights that a student of another shape can keep, and what its embeddings keep.

    `teacher` and `student` are model configs. A narrower student keeps the embeddings, projected
    onto the first principal directions of the word embeddings, and the per-token bias of a
    masked-LM head. At the teacher's width a layer keeps its attention where the number of heads is
    the same, and of its feed-forward part the neurons with the largest weights; a wider one starts
    anew. The second value is the share of the word embeddings' variance that the projection keeps
    (1 at the teacher's width).
    """
    if student.hidden_size != teacher.hidden_size:
        return _projected(weights, student.hidden_size)
    same_heads = student.num_attention_heads == teacher.num_attention_heads
    inner = inner_width(student)
    if inner < inner_width(teacher):
        weights = _strongest_neurons(weights, inner)
    wider = inner > inner_width(teacher)
    kept = {}
    for name, value in weights.items():
        found = _LAYER.fullmatch(name)
        part = found[3] if found else ""
        attention = part.startswith("attention.") and not part.endswith("LayerNorm")
        feed_forward = part in (*_INNER, *_OUTER)
        if not (attention and not same_heads) and not (feed_forward and wider):
            kept[name] = value
    return kept, 1.0


def _strongest_neurons(weights: dict[str, Tensor], inner: int) -> dict[str, Tensor]:
    """The state dict with `inner` neurons of each feed-forward part, in their old order.

    A neuron counts as much as the weights into it times those out of it, each by their norm.
    """
    kept = dict(weights)
    for name, value in weights.items():
        found = _LAYER.fullmatch(name)
        if found is None or found[3] not in _INNER or found[4] != "weight":
            continue
        into = name.removesuffix(".weight")
        out = into.replace(found[3], _OUTER[_INNER.index(found[3])])
        strength = value.norm(dim=1) * weights[f"{out}.weight"].norm(dim=0)
        neurons = strength.topk(inner).indices.sort().values
        kept[name] = value[neurons]
        kept[f"{into}.bias"] = weights[f"{into}.bias"][neurons]
        kept[f"{out}.weight"] = weights[f"{out}.weight"][:, neurons]
    return kept


def _projected(weights: dict[str, Tensor], width: int) -> tuple[dict[str, Tensor], float]:
    """Embeddings on the first `width` principal directions of the centred word embeddings.

    Centring the words moves all of them by one vector: no logit of a tied decoder changes against
    another. Positions and token types are added to the words, so they get the same directions.
    """
    name = next(name for name in weights if name.endswith(_WORDS))
    words = weights[name].double()
    centred = words - words.mean(0)
    variances, directions = torch.linalg.eigh(centred.T @ centred)  # rising
    directions = directions[:, -width:].flip(1)
    kept = {}
    for name, value in weights.items():
        if name in VOCABULARY_WEIGHTS and value.ndim == 1:
            kept[name] = value
        elif name in VOCABULARY_WEIGHTS:
            kept[name] = ((value.double() - words.mean(0)) @ directions).float()
        elif name.endswith("_embeddings.weight"):
            kept[name] = (value.double() @ directions).float()
    return kept, float(variances[-width:].sum() / variances.sum())


def inner_width(config: Any) -> int:
    """Width of the feed-forward parts, by either family's name."""
    return int(config.hidden_dim if config.model_type == "distilbert" else config.intermediate_size)
