"""A Hugging Face checkpoint folder, read strictly into the inference network."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from export.bundle import record_file
from export.families import shape_of
from export.manifest import Licences
from export.network import Network
from export.shape import Shape
from export.silent import leave_out_silent
from export.weights import translate

WEIGHTS = "model.safetensors"


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
    if not isinstance(config, dict):
        raise ValueError(f"{path} is no checkpoint's config: expected an object")
    try:
        return shape_of(config, path)
    except KeyError as error:
        family = config["model_type"]
        raise ValueError(f"{path} lacks {error}; it is not a {family} config") from None


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
    weights = {
        name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
            "LayerNorm.beta", "LayerNorm.bias"
        ): tensor.to(torch.float32)
        for name, tensor in stored.items()
    }
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            raise ValueError(
                f"{path}: the tensor {name!r} holds numbers that are not finite (NaN or infinite); "
                "the training went wrong, take an earlier checkpoint"
            )
    return weights


def load_network(folder: Path) -> Network:
    """Build the inference network of a checkpoint, in evaluation mode, without silent parts."""
    shape = read_shape(folder)
    weights = read_weights(folder)
    with torch.device("meta"):  # no time for random weights
        network = Network(shape)
    try:
        network.to_empty(device="cpu").load_state_dict(translate(shape, weights))
    except KeyError as error:
        raise ValueError(f"{folder / WEIGHTS} lacks the tensor {error}") from None
    except (RuntimeError, ValueError) as error:  # torch lists the tensors whose shape is wrong
        raise ValueError(f"{folder / WEIGHTS} does not fit config.json: {error}") from None
    network.eval().requires_grad_(False)
    leave_out_silent(network)
    return network


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
