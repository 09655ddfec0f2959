"""Torch models of the distillation stage: loading, precision, and the view `tasks` has of them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoConfig, AutoModelForQuestionAnswering
from transformers.utils.logging import disable_progress_bar

from distill.folder import require_checkpoint
from tasks.qa import SpanModel

_DROPOUTS = {
    "bert": ("hidden_dropout_prob", "attention_probs_dropout_prob"),
    "distilbert": ("dropout", "attention_dropout", "qa_dropout"),
}


def load_model(folder: Path, device: torch.device, dropout: float | None = None) -> Any:
    """A question answering model in float32; `dropout` replaces all of the checkpoint's.

    Raises FileNotFoundError without a checkpoint and ValueError for an unsupported family.
    """
    require_checkpoint(folder)
    config = AutoConfig.from_pretrained(folder)
    if config.model_type not in _DROPOUTS:
        raise ValueError(
            f"the checkpoint in {folder} is of family {config.model_type!r}; supported: "
            f"{', '.join(_DROPOUTS)}"
        )
    if dropout is not None:
        for name in _DROPOUTS[config.model_type]:
            setattr(config, name, dropout)
    disable_progress_bar()  # the command line shows its own
    model = AutoModelForQuestionAnswering.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        # On a CPU a training step with eager attention is 1.3 times as fast as with sdpa.
        attn_implementation="eager" if device.type == "cpu" else "sdpa",
    )
    return model.to(device)


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
