"""A Hugging Face checkpoint folder, read strictly into the inference network."""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from export.bundle import record_file
from export.manifest import QUESTION_ANSWERING, SEQUENCE_CLASSIFICATION, Licences
from export.network import ACTIVATIONS, Network, Shape

WEIGHTS = "model.safetensors"
FAMILIES = ("bert", "distilbert")
TASKS = {
    "ForQuestionAnswering": QUESTION_ANSWERING,
    "ForSequenceClassification": SEQUENCE_CLASSIFICATION,
}
# config.json names, by family, of what Shape calls hidden, feed_forward, layers, heads, activation
CONFIG_NAMES = {
    "bert": (
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "hidden_act",
    ),
    "distilbert": ("dim", "hidden_dim", "n_layers", "n_heads", "activation"),
}
# our module in a layer -> its name in the checkpoint's layer
LAYER_NAMES = {
    "bert": {
        "attention.query": "attention.self.query",
        "attention.key": "attention.self.key",
        "attention.value": "attention.self.value",
        "attention.output": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "output_norm": "output.LayerNorm",
    },
    "distilbert": {
        "attention.query": "attention.q_lin",
        "attention.key": "attention.k_lin",
        "attention.value": "attention.v_lin",
        "attention.output": "attention.out_lin",
        "attention_norm": "sa_layer_norm",
        "up": "ffn.lin1",
        "down": "ffn.lin2",
        "output_norm": "output_layer_norm",
    },
}
LAYER_PREFIX = {"bert": "bert.encoder.layer", "distilbert": "distilbert.transformer.layer"}
POOLER = {"bert": "bert.pooler.dense", "distilbert": "pre_classifier"}


def read_shape(folder: Path) -> Shape:
    """Read config.json; ValueError says what is unsupported and what is supported."""
    path = folder / "config.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not a checkpoint folder: it has no config.json; "
            "save one with model.save_pretrained(folder)"
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from None
    family = config.get("model_type")
    if family not in FAMILIES:
        raise ValueError(
            f"{path}: unsupported model family {family!r}; supported are {', '.join(FAMILIES)}"
        )
    try:
        return _shape(config, family, path)
    except KeyError as error:
        raise ValueError(f"{path} lacks {error}; it is not a {family} config") from None


def _shape(config: dict[str, Any], family: str, path: Path) -> Shape:
    hidden, feed_forward, layers, heads, activation = (config[n] for n in CONFIG_NAMES[family])
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"{path}: unsupported activation {activation!r}; supported are {', '.join(ACTIVATIONS)}"
        )
    token_types = config.get("type_vocab_size", 2) if family == "bert" else 0
    if token_types > 2:
        raise ValueError(f"{path}: {token_types} token types; supported are at most 2")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ValueError(f"{path}: only absolute position embeddings are supported")
    task = _task(config, path)
    count = config.get("num_labels", 2)
    labels = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(count)}
    return Shape(
        family=family,
        task=task,
        vocab_size=config["vocab_size"],
        hidden=hidden,
        feed_forward=feed_forward,
        layers=layers,
        heads=heads,
        positions=config["max_position_embeddings"],
        token_types=token_types,
        activation=activation,
        eps=config.get("layer_norm_eps", 1e-12),
        labels=()
        if task == QUESTION_ANSWERING
        else tuple(labels[key] for key in sorted(labels, key=int)),
    )


def _task(config: dict[str, Any], path: Path) -> str:
    names = config.get("architectures") or []
    for name in names:
        for ending, task in TASKS.items():
            if name.endswith(ending):
                return task
    raise ValueError(
        f"{path}: unsupported architecture {', '.join(names) or 'none'}; the model needs a trained "
        f"head, supported are ...{', ...'.join(TASKS)}; add one with distilbert-mobile finetune"
    )


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Read model.safetensors as float32, by the names transformers uses today."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing; save the checkpoint with model.save_pretrained(folder), "
            "which writes safetensors in one file"
        )
    try:
        stored = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or cut short: {error}") from None
    # The first BERT checkpoints call the layer norm's numbers gamma and beta.
    return {
        name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
            "LayerNorm.beta", "LayerNorm.bias"
        ): tensor.to(torch.float32)
        for name, tensor in stored.items()
    }


def load_network(folder: Path) -> Network:
    """Build the inference network of a checkpoint, in evaluation mode."""
    shape = read_shape(folder)
    weights = read_weights(folder)
    network = Network(shape)
    try:
        network.load_state_dict(_translate(shape, weights))
    except KeyError as error:
        raise ValueError(f"{folder / WEIGHTS} lacks the tensor {error}") from None
    except RuntimeError as error:  # torch lists the tensors whose shape is wrong
        raise ValueError(f"{folder / WEIGHTS} does not fit config.json: {error}") from None
    return network.eval().requires_grad_(False)


def _translate(shape: Shape, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the checkpoint's tensors to the network's, folding what can be computed now."""
    embeddings = f"{shape.family}.embeddings"
    positions = weights[f"{embeddings}.position_embeddings.weight"]
    second_type = torch.zeros(shape.hidden)
    if shape.token_types:
        types = weights[f"{embeddings}.token_type_embeddings.weight"]
        positions, second_type = positions + types[0], types[-1] - types[0]
    state = {
        "tokens.weight": weights[f"{embeddings}.word_embeddings.weight"],
        "positions.weight": positions,
        "second_type": second_type,
    }
    modules = {"norm": f"{embeddings}.LayerNorm"}
    for i in range(shape.layers):
        for ours, theirs in LAYER_NAMES[shape.family].items():
            modules[f"layers.{i}.{ours}"] = f"{LAYER_PREFIX[shape.family]}.{i}.{theirs}"
    if shape.task == QUESTION_ANSWERING:
        modules["head"] = "qa_outputs"
    else:
        modules |= {"pooler": POOLER[shape.family], "head": "classifier"}
    scale = 1 / math.sqrt(shape.hidden // shape.heads)
    for ours, theirs in modules.items():
        factor = scale if ours.endswith(".query") else 1.0
        for part in ("weight", "bias"):
            state[f"{ours}.{part}"] = weights[f"{theirs}.{part}"] * factor
    return state


def checkpoint_sha256(folder: Path) -> str:
    """Return the SHA-256 of the weights file."""
    return record_file(folder / WEIGHTS).sha256


def read_licences(folder: Path) -> Licences:
    """Read `license:` and `data_license:` from the front matter of the model card, if any."""
    card = folder / "README.md"
    lines = card.read_text(encoding="utf-8").splitlines() if card.is_file() else []
    stated: dict[str, str] = {}
    if lines and lines[0].strip() == "---":
        for line in lines[1:]:
            if line.strip() == "---":
                break
            key, colon, value = line.partition(":")
            if colon and value.strip():
                stated[key.strip()] = value.strip().strip("\"'")
    return Licences(weights=stated.get("license"), data=stated.get("data_license"))
