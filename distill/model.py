"""Torch models of the distillation stage: loading, precision, and the view `tasks` has of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from distill.heads import head_of, load_with_head, read_config
from tasks.qa import SpanModel

_DROPOUTS = {
    "bert": ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"),
    "distilbert": ("dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout"),
}


def load_model(
    folder: Path,
    device: torch.device,
    dropout: float | None = None,
    *,
    seed: int = 0,
    attention: str = "auto",
) -> Any:
    """A question answering model in float32; `dropout` replaces all of the checkpoint's.

    seed: of the head's weights where the checkpoint has no such head. attention: auto, eager or
    sdpa. Raises FileNotFoundError without a checkpoint and ValueError for an unsupported family.
    """
    return _load(folder, "qa", device, dropout, seed, attention)


def save_model(model: Any, folder: Path) -> None:
    """Writes weights and config; readable for all, where safetensors writes for the owner alone."""
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)


def check_length(model: Any, name: object, max_length: int) -> None:
    """Raises ValueError where the model takes no inputs of `max_length` tokens."""
    positions = model.config.max_position_embeddings
    if max_length > positions:
        raise ValueError(
            f"max_length is {max_length}, but {name} takes at most {positions} "
            f"tokens; give --max-length {positions} or less"
        )


def load_classifier(
    folder: Path,
    device: torch.device,
    labels: Sequence[str],
    dropout: float | None = None,
    *,
    seed: int = 0,
    attention: str = "auto",
) -> Any:
    """A classifier in float32 whose outputs are `labels` in this order; none: one number.

    A checkpoint's own classifier is kept where it has these very labels, in any order; else the
    last layer starts random from `seed`. Errors as with `load_model`.
    """
    model = _load(folder, "classification", device, dropout, seed, attention)
    found = checkpoint_labels(folder)
    order = None if found is None else label_order(found, labels)
    if order is not None:
        _reorder(model.classifier, order)
    else:
        _renew(model, max(1, len(labels)), seed)
    names = list(labels) or ["LABEL_0"]
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: number for number, name in enumerate(names)}
    model.config.problem_type = "single_label_classification" if labels else "regression"
    model.num_labels = len(names)
    return model


def load_teacher_classifier(folder: Path, device: torch.device, labels: Sequence[str]) -> Any:
    """A fine-tuned classifier of exactly these labels, its outputs put in their order.

    Raises ValueError where the checkpoint is none or has other labels.
    """
    found = checkpoint_labels(folder)
    if found is None or label_order(found, labels) is None:
        has = "no classifier" if found is None else f"the labels {', '.join(found[:8])}"
        wanted = ", ".join(labels[:8]) or "one number (regression)"
        raise ValueError(
            f"the teacher in {folder} has {has}, but is asked for {wanted}; fine-tune it on the "
            "same task first: distilbert-mobile finetune --student TEACHER --task ..."
        )
    return load_classifier(folder, device, labels).eval()


def checkpoint_labels(folder: Path) -> list[str] | None:
    """The labels of a checkpoint's classifier in the order of its outputs; None without one."""
    if head_of(folder) != "classification":
        return None
    names = read_config(folder, tuple(_DROPOUTS)).id2label
    return [names[number] for number in sorted(names)]


def label_order(found: Sequence[str], wanted: Sequence[str]) -> list[int] | None:
    """For each wanted label the place of it in `found`; None if they are not the same labels.

    Unnamed labels (LABEL_0, LABEL_1, ...) are taken as they come, and so are they where none is
    wanted: for regression.
    """
    unnamed = [f"LABEL_{number}" for number in range(len(found))]
    if list(found) == unnamed and len(found) == max(1, len(wanted)):
        return list(range(len(found)))
    if len(found) != len(wanted) or set(found) != set(wanted):
        return None
    return [list(found).index(name) for name in wanted]


def token_types(model: Any, token_type_ids: Tensor) -> dict[str, Tensor]:
    """Token types as arguments of the models that have them."""
    return {} if model.config.model_type == "distilbert" else {"token_type_ids": token_type_ids}


def span_model(model: Any) -> SpanModel:
    """A torch question answering model as the `tasks` package calls it: one window at a time."""

    def run(
        input_ids: list[int], token_type_ids: list[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        ids, types = (torch.tensor([x], device=model.device) for x in (input_ids, token_type_ids))
        with torch.inference_mode():
            output = model(input_ids=ids, **token_types(model, types))
        start, end = output.start_logits[0], output.end_logits[0]
        return start.float().cpu().numpy(), end.float().cpu().numpy()

    return run


def use_bf16(precision: str, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as asked, or where the hardware has it for "auto"."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _load(
    folder: Path,
    head: str,
    device: torch.device,
    dropout: float | None,
    seed: int,
    attention: str,
) -> Any:
    config = read_config(folder, tuple(_DROPOUTS))
    if dropout is not None:
        for name in _DROPOUTS[config.model_type]:
            setattr(config, name, dropout)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, _ = load_with_head(
            folder,
            head,
            config=config,
            attn_implementation=_attention(attention, device),
        )
    return model.to(device)


def _attention(name: str, device: torch.device) -> str:
    """As asked; else eager on a CPU, where which one is faster depends on the processor."""
    if name != "auto":
        return name
    return "eager" if device.type == "cpu" else "sdpa"


def _reorder(layer: nn.Linear, order: Sequence[int]) -> None:
    with torch.no_grad():
        layer.weight.copy_(layer.weight[list(order)])
        layer.bias.copy_(layer.bias[list(order)])


def _renew(model: Any, outputs: int, seed: int) -> None:
    """A new last layer, as transformers starts one."""
    # Made without values: torch's own start would draw from everybody's random numbers.
    new = nn.Linear(model.classifier.in_features, outputs, device="meta").to_empty(device="cpu")
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        new.weight.normal_(0.0, model.config.initializer_range, generator=random)
        new.bias.zero_()
    model.classifier = new.to(model.classifier.weight.device)
    model.config.num_labels = outputs


def freeze(model: Any, part: str) -> None:
    """Takes the word and position tables, or these and all layers, out of the training."""
    body = getattr(model, model.base_model_prefix)
    layers = body.transformer if model.config.model_type == "distilbert" else body.encoder
    parts = {"none": [], "embeddings": [body.embeddings], "encoder": [body.embeddings, layers]}
    for module in parts[part]:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
