"""Question-answering checkpoints in published shapes, with seeded random weights.

No trained weights are needed to compare size and speed, and none are claimed: `weights.json`
beside the model says they are random, and every result made from them carries that label.
"""

import json
import math
import shutil
import string
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.result import RANDOM, RANDOM_LICENCE, TRAINED
from tasks.squad import read_squad, sample_path

if TYPE_CHECKING:
    import torch

VOCABULARY_SIZE = 30_522  # bert-base-uncased
MAX_POSITIONS = 512
SEED = 0
LABEL_FILE = "weights.json"
FAMILIES = {"bert": "Bert", "distilbert": "DistilBert", "mobilebert": "MobileBert"}


@dataclass(frozen=True)
class Shape:
    """A published network; `encoder_parameters` counts it with its pooler, without a task head.

    MobileBERT's other sizes (bottlenecks of 128, four feed-forward networks) are its paper's.
    """

    name: str
    family: str
    layers: int
    hidden: int
    heads: int
    feed_forward: int
    encoder_parameters: int


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("bert-base", "bert", 12, 768, 12, 3072, 109_482_240),
        Shape("distilbert", "distilbert", 6, 768, 12, 3072, 66_362_880),
        Shape("tinybert4", "bert", 4, 312, 12, 1200, 14_350_248),
        Shape("mobilebert", "mobilebert", 24, 512, 4, 512, 24_844_544),
    )
}


def find_shape(name: str) -> Shape:
    """The shape called `name`."""
    if name not in SHAPES:
        raise ValueError(f"unknown shape {name!r}; the known shapes are: {', '.join(SHAPES)}")
    return SHAPES[name]


def weights_label(checkpoint: Path) -> str:
    """TRAINED, or RANDOM for a folder written by `write_shape`."""
    path = checkpoint / LABEL_FILE
    return str(json.loads(path.read_text())["weights"]) if path.is_file() else TRAINED


def count_parameters(checkpoint: Path) -> int:
    """Parameters stored in a checkpoint folder, read from the safetensors header."""
    with (checkpoint / "model.safetensors").open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return sum(math.prod(tensor["shape"]) for tensor in header.values())


def build_encoder(shape: Shape) -> "torch.nn.Module":
    """The bare encoder (with its pooler where it has one), to count parameters as the papers do."""
    encoder: torch.nn.Module = _class(shape, "Model")(_network_config(shape))
    return encoder


def _class(shape: Shape, kind: str) -> Any:
    import transformers

    return getattr(transformers, FAMILIES[shape.family] + kind)


def is_written(folder: Path) -> bool:
    """Whether `write_shape` finished there."""
    return (folder / LABEL_FILE).is_file()


def write_shape(shape: Shape, folder: Path, seed: int = SEED) -> Path:
    """Write the checkpoint folder, complete or not at all; a complete one is left as it is."""
    if is_written(folder):
        return folder
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _class(shape, "ForQuestionAnswering")(_network_config(shape)).save_pretrained(partial)
    _write_tokenizer(partial)
    (partial / "README.md").write_text(
        f"---\nlicense: {RANDOM_LICENCE}\n---\n\nThe shape of {shape.name} with {RANDOM}.\n"
    )
    (partial / LABEL_FILE).write_text(json.dumps({"weights": RANDOM, "seed": seed}) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def _network_config(shape: Shape) -> Any:
    config = _class(shape, "Config")
    sizes = {"vocab_size": VOCABULARY_SIZE, "max_position_embeddings": MAX_POSITIONS}
    if shape.family == "distilbert":
        names = ("dim", "n_layers", "n_heads", "hidden_dim")
    else:
        names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    values = (shape.hidden, shape.layers, shape.heads, shape.feed_forward)
    return config(**sizes, **dict(zip(names, values, strict=True)))


def _write_tokenizer(folder: Path) -> None:
    pieces = make_vocabulary(_sample_words())
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    flags = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(flags, indent=1) + "\n")


def make_vocabulary(words: Iterable[str]) -> list[str]:
    """30,522 pieces: the special ones where bert-base-uncased has them, characters, `words`.

    The rest is `[unusedN]`, so that our sample becomes word pieces much as it would for BERT.
    """
    characters = string.ascii_lowercase + string.digits + string.punctuation
    known = ["[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    known += [f"##{c}" for c in string.ascii_lowercase + string.digits]
    known = list(dict.fromkeys([*known, *words]))
    unused = (f"[unused{i}]" for i in range(VOCABULARY_SIZE))
    head = ["[PAD]", *(next(unused) for _ in range(99))]
    pieces = [*head, *known][:VOCABULARY_SIZE]
    return [*pieces, *(next(unused) for _ in range(VOCABULARY_SIZE - len(pieces)))]


def _sample_words() -> list[str]:
    words: set[str] = set()
    for item in read_squad([sample_path()]):
        text = f"{item.question} {item.context}".lower()
        words.update("".join(c if c.isalpha() else " " for c in text).split())
    return sorted(words)
