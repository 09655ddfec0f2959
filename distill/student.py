"""Cuts a student out of a teacher: some of its layers, and no token types for DistilBERT."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForQuestionAnswering, DistilBertConfig
from transformers.utils.logging import disable_progress_bar

from distill.config import StudentConfig
from distill.folder import finished_folder, hash_folder, require_checkpoint, write_record

FAMILIES = ("distilbert", "bert")
TOKENIZER_FILES = (
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
# BERT's name of a part of a layer -> DistilBERT's.
_LAYER_NAMES = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}


def every_other_layer(count: int) -> tuple[int, ...]:
    """Half of `count` layers, evenly spread with both ends: 0, 2, 4, 7, 9, 11 of 12 (the paper)."""
    kept = max(1, count // 2)
    return tuple(round(i * (count - 1) / max(1, kept - 1)) for i in range(kept))


def make_student(config: StudentConfig) -> Path:
    """Writes a question answering checkpoint with the chosen layers of the teacher.

    The question answering head comes along where the teacher has one, else it starts random.
    Raises ValueError for a teacher that is not BERT, unknown layers or an unknown family.
    """
    if config.family not in FAMILIES:
        raise ValueError(f"family {config.family!r} is unknown; known: {', '.join(FAMILIES)}")
    require_checkpoint(config.teacher)
    teacher_config = AutoConfig.from_pretrained(config.teacher)
    if teacher_config.model_type != "bert":
        raise ValueError(
            f"the teacher in {config.teacher} is of family {teacher_config.model_type!r}; "
            "supported: bert"
        )
    layers = config.layers or every_other_layer(teacher_config.num_hidden_layers)
    _check_layers(layers, teacher_config.num_hidden_layers)
    torch.manual_seed(0)  # only the head of a teacher without one is random
    disable_progress_bar()  # the command line shows its own
    teacher = AutoModelForQuestionAnswering.from_pretrained(config.teacher, dtype=torch.float32)
    student_config = _student_config(teacher_config, len(layers), config.family)
    student = AutoModelForQuestionAnswering.from_config(student_config)
    student.load_state_dict(student_weights(teacher.state_dict(), layers, config.family))
    with finished_folder(config.out, config.force) as folder:
        student.save_pretrained(folder)
        copy_tokenizer(config.teacher, folder)
        record = replace(config, layers=tuple(layers))
        write_record(folder, "student", record, {"teacher": hash_folder(config.teacher)}, {})
    return config.out


def student_weights(
    teacher: dict[str, Tensor], layers: Sequence[int], family: str
) -> dict[str, Tensor]:
    """The state dict of a student from a BERT question answering state dict.

    DistilBERT has no token types: that of the first segment, which BERT adds to every position of
    a text without a second one, is folded into the position embeddings.
    """
    kept: dict[str, Tensor] = {}
    for name, value in teacher.items():
        found = re.match(r"bert\.encoder\.layer\.(\d+)\.(.*)\.(weight|bias)$", name)
        if found is None:
            kept[name] = value.clone()
        elif int(found[1]) in layers:
            kept[f"bert.encoder.layer.{layers.index(int(found[1]))}.{found[2]}.{found[3]}"] = (
                value.clone()
            )
    return kept if family == "bert" else dict(_to_distilbert(n, kept) for n in _folded(kept))


def _folded(weights: dict[str, Tensor]) -> list[str]:
    types = weights.pop("bert.embeddings.token_type_embeddings.weight")
    weights["bert.embeddings.position_embeddings.weight"] += types[0]
    return list(weights)


def _to_distilbert(name: str, weights: dict[str, Tensor]) -> tuple[str, Tensor]:
    found = re.match(r"bert\.encoder\.layer\.(\d+)\.(.*)\.(weight|bias)$", name)
    if found is not None:
        renamed = f"distilbert.transformer.layer.{found[1]}.{_LAYER_NAMES[found[2]]}.{found[3]}"
    else:
        renamed = re.sub(r"^bert\.", "distilbert.", name)
    return renamed, weights[name]


def _student_config(teacher: Any, layers: int, family: str) -> Any:
    if family == "bert":
        config = AutoConfig.for_model(**{**teacher.to_dict(), "num_hidden_layers": layers})
        return config
    if teacher.hidden_act != "gelu" or teacher.layer_norm_eps != 1e-12:
        raise ValueError(
            f"DistilBERT has GELU and a layer-norm epsilon of 1e-12; the teacher has "
            f"{teacher.hidden_act!r} and {teacher.layer_norm_eps}; use family bert"
        )
    return DistilBertConfig(
        vocab_size=teacher.vocab_size,
        max_position_embeddings=teacher.max_position_embeddings,
        n_layers=layers,
        n_heads=teacher.num_attention_heads,
        dim=teacher.hidden_size,
        hidden_dim=teacher.intermediate_size,
        pad_token_id=teacher.pad_token_id,
        qa_dropout=0.1,
    )


def _check_layers(layers: Sequence[int], count: int) -> None:
    wrong = [layer for layer in layers if not 0 <= layer < count]
    if wrong or list(layers) != sorted(set(layers)):
        raise ValueError(
            f"layers {list(layers)} cannot be kept: the teacher has layers 0 to {count - 1}; name "
            "each once, in rising order"
        )


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copies the tokenizer's files from one checkpoint folder to another, unchanged."""
    found = [name for name in TOKENIZER_FILES if (source / name).is_file()]
    if not {"vocab.txt", "tokenizer.json"} & set(found):
        raise FileNotFoundError(f"{source} has no tokenizer: vocab.txt and tokenizer.json missing")
    for name in found:
        shutil.copyfile(source / name, target / name)
