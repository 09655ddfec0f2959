"""Cuts a student out of a teacher: its layers, its width, its head, its vocabulary."""

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoConfig, DistilBertConfig

from distill.folder import (
    finished_folder,
    hash_folder,
    read_records,
    refuse_existing,
    write_record,
)
from distill.heads import CLASSES, head_of, load_with_head, read_config
from distill.model import save_model
from distill.prune import (
    cut_tables,
    prune_vocabulary,
    pruning_record,
    use_vocabulary,
    write_tokenizer,
)
from distill.student_config import FAMILIES, StudentConfig
from distill.student_weights import fitting_weights, inner_width, student_weights
from tasks.blocks import rounded_to_blocks
from tasks.hub import checkpoint_folder, checkpoint_name
from tasks.token_counts import Report

TOKENIZER_FILES = (
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
_ARCHITECTURES = {
    "mlm": "ForMaskedLM",
    "qa": "ForQuestionAnswering",
    "classification": "ForSequenceClassification",
}


@dataclass(frozen=True)
class _Start:
    """How a student's weights start; `embedding_variance` is the share that a projection keeps."""

    head: str
    parameters: int
    random_parameters: int
    random_parts: list[str]
    embedding_variance: float


def every_other_layer(count: int, kept: int | None = None) -> tuple[int, ...]:
    """Half of `count` layers, evenly spread with both ends: 0, 2, 4, 7, 9, 11 of 12 (the paper).

    `kept` layers where it is given.
    """
    kept = kept or max(1, count // 2)
    return tuple(round(i * (count - 1) / max(1, kept - 1)) for i in range(kept))


def make_student(config: StudentConfig, report: Report = lambda *_: None) -> Path:
    """Writes a checkpoint with the chosen layers of the teacher, and its head where both have one.

    What the teacher has no weights for starts random; `distill.json` names it, and says what a cut
    vocabulary saves and costs. `report` gets what is being done. Raises ValueError for a teacher
    of another family or head, unknown layers and shapes that do not fit; FileNotFoundError without
    a teacher.
    """
    refuse_existing(config.out, config.force)
    source = checkpoint_folder(config.teacher)
    teacher_config = read_config(source, FAMILIES)
    layers = _layers(config, teacher_config.num_hidden_layers)
    head = _head(config, source, teacher_config)
    student_config = _student_config(teacher_config, config, len(layers))
    pruning = prune_vocabulary(config, source, report) if config.vocab_from else None
    if pruning is not None:
        use_vocabulary(student_config, pruning.kept)
    report("cutting the student out of the teacher", 0, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        student = getattr(transformers, CLASSES[head]).from_config(student_config)
        weights, variance = {}, 0.0
        if not config.random_start:
            teacher = _teacher_weights(source, head)
            weights = student_weights(teacher, layers, config.family)
            weights = cut_tables(weights, pruning.kept) if pruning else weights
            weights, variance = fitting_weights(weights, teacher_config, student_config)
        start = _start(student, weights, head, variance)
    if config.table_bits is not None:
        _round_tables(student)
    with finished_folder(config.out, config.force) as folder:
        save_model(student, folder)
        metrics = asdict(start)
        if pruning is None:
            copy_tokenizer(source, folder)
        else:
            write_tokenizer(source, folder, pruning.tokens)
            metrics["vocabulary"] = pruning_record(pruning, student)
        kept = None if config.random_start else tuple(layers)
        record = replace(
            config,
            teacher=checkpoint_name(config.teacher, source),
            layers=kept,
            depth=len(layers) if config.random_start else None,
        )
        inputs = {"teacher": hash_folder(source), "records": read_records({"teacher": source})}
        write_record(folder, "student", record, inputs, metrics)
    return config.out


def _start(student: Any, weights: dict[str, Tensor], head: str, variance: float) -> _Start:
    """Puts the weights into a student whose other weights are random; says which those are."""
    if head == "none":  # a model without a head names its weights without the family
        prefix = f"{student.base_model_prefix}."
        weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    missing, unexpected = student.load_state_dict(weights, strict=False)
    assert not unexpected, unexpected
    # A tied weight has two names; it is random only where both are missing.
    parameters = dict(student.named_parameters())
    random = {name: value for name, value in parameters.items() if name in set(missing)}
    return _Start(
        head=head,
        parameters=sum(value.numel() for value in parameters.values()),
        random_parameters=sum(value.numel() for value in random.values()),
        random_parts=sorted({name.rpartition(".")[0] for name in random}),
        embedding_variance=round(variance, 4),
    )


def _round_tables(student: Any) -> None:
    """Rounds words, positions and token types to 4 bits in blocks; a tied decoder follows."""
    for module in student.modules():
        if isinstance(module, nn.Embedding):
            table = rounded_to_blocks(module.weight.detach().numpy())
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(table))


def _teacher_weights(source: Path, head: str) -> dict[str, Tensor]:
    """The teacher's weights, named as in a model with a head; nothing that it does not have."""
    model, missing = load_with_head(source, head)
    prefix = f"{model.base_model_prefix}." if head == "none" else ""
    return {f"{prefix}{n}": value for n, value in model.state_dict().items() if n not in missing}


def _layers(config: StudentConfig, count: int) -> tuple[int, ...]:
    """The teacher's layers to keep, or as many numbers as a random student has layers."""
    if config.layers is not None:
        wrong = [layer for layer in config.layers if not 0 <= layer < count]
        if wrong or not config.layers or list(config.layers) != sorted(set(config.layers)):
            raise ValueError(
                f"layers {list(config.layers)} cannot be kept: the teacher has layers 0 to "
                f"{count - 1}; name each once, in rising order"
            )
        return config.layers
    if config.depth is not None and config.random_start:
        return tuple(range(config.depth))
    if config.depth is not None and config.depth > count:
        raise ValueError(
            f"depth {config.depth} is more than the teacher's {count} layers; only a random start "
            "(--random-start) can be deeper"
        )
    return every_other_layer(count, config.depth)


def _head(config: StudentConfig, source: Path, teacher: Any) -> str:
    if config.head != "auto":
        return config.head
    if config.random_start and not list(source.glob("model*.safetensors")):
        name = (teacher.architectures or ["Model"])[0]  # a shape without weights will do
        return next(
            (head for head, ending in _ARCHITECTURES.items() if name.endswith(ending)), "none"
        )
    return head_of(source)


def _student_config(teacher: Any, config: StudentConfig, depth: int) -> Any:
    """The model config of the student.

    Raises ValueError for a shape or an architecture that cannot be.
    """
    width = config.width or teacher.hidden_size
    heads = config.heads or teacher.num_attention_heads
    inner = config.intermediate or max(1, round(inner_width(teacher) * width / teacher.hidden_size))
    if width % heads:
        raise ValueError(
            f"width {width} cannot be divided among {heads} attention heads; give --heads as a "
            f"divisor of {width}"
        )
    if width > teacher.hidden_size and not config.random_start:
        raise ValueError(
            f"width {width} is more than the teacher's {teacher.hidden_size}; only a random start "
            "(--random-start) can be wider"
        )
    if config.family == teacher.model_type:
        bert = config.family == "bert"
        names = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
        if not bert:
            names = ("n_layers", "dim", "n_heads", "hidden_dim")
        shape = dict(zip(names, (depth, width, heads, inner), strict=True))
        return AutoConfig.for_model(**{**teacher.to_dict(), **shape})
    return _as_distilbert(teacher, depth, width, heads, inner)


def _as_distilbert(teacher: Any, depth: int, width: int, heads: int, inner: int) -> Any:
    if teacher.model_type != "bert":
        raise ValueError(
            f"a {teacher.model_type} teacher has no token types for a student of family bert; "
            "use family distilbert"
        )
    if teacher.hidden_act != "gelu" or teacher.layer_norm_eps != 1e-12:
        raise ValueError(
            f"DistilBERT has GELU and a layer-norm epsilon of 1e-12; the teacher has "
            f"{teacher.hidden_act!r} and {teacher.layer_norm_eps}; use family bert"
        )
    return DistilBertConfig(
        vocab_size=teacher.vocab_size,
        max_position_embeddings=teacher.max_position_embeddings,
        n_layers=depth,
        n_heads=heads,
        dim=width,
        hidden_dim=inner,
        pad_token_id=teacher.pad_token_id,
        initializer_range=teacher.initializer_range,
        tie_word_embeddings=teacher.tie_word_embeddings,
        id2label=teacher.id2label,
        label2id=teacher.label2id,
        problem_type=teacher.problem_type,
    )


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copies the tokenizer's files from one checkpoint folder to another, unchanged."""
    found = [name for name in TOKENIZER_FILES if (source / name).is_file()]
    if not {"vocab.txt", "tokenizer.json"} & set(found):
        raise FileNotFoundError(f"{source} has no tokenizer: vocab.txt and tokenizer.json missing")
    for name in found:
        shutil.copyfile(source / name, target / name)
