"""What a student's record says of its weights and its vocabulary."""

import json
from pathlib import Path
from typing import Any

from distill.folder import RECORD
from distill.student_weights import VOCABULARY_WEIGHTS
from tasks.vocabulary_cut import Retokenisation, held_back_lines

INT8_ROW_SCALE = 4
"""Bytes of the float32 scale that an int8 table has for each row."""


def bytes_saved(model: Any, removed: int) -> dict[str, int]:
    """Bytes that `removed` tokens take in a model's tables, at float32 and at int8.

    int8 as an export has it: a byte a value and a float32 scale a row; biases stay float32. A tied
    table counts once.
    """
    float32 = int8 = 0
    for name, value in model.named_parameters():
        # A model without a head names its weights without the family.
        if {name, f"{model.base_model_prefix}.{name}"} & set(VOCABULARY_WEIGHTS):
            width = value[0].numel()
            float32 += 4 * removed * width
            int8 += removed * (width + INT8_ROW_SCALE if value.ndim == 2 else 4)
    return {"float32": float32, "int8": int8}


def summary(folder: Path) -> list[str]:
    """What the record of a student says of its weights and vocabulary, in lines for a terminal."""
    metrics = json.loads((folder / RECORD).read_text(encoding="utf-8"))["metrics"]
    millions, new = metrics["parameters"] / 1e6, metrics["random_parameters"] / 1e6
    lines = [f"{millions:.2f} M parameters, {new:.2f} M of them start random"]
    if 0 < metrics["embedding_variance"] < 1:
        share = 100 * metrics["embedding_variance"]
        lines.append(f"the projected embeddings keep {share:.1f} % of the variance")
    if (found := metrics.get("vocabulary")) is not None:
        saved = found["bytes_saved"]
        lines.append(
            f"vocabulary: {found['after']} of {found['before']} tokens, "
            f"{saved['float32'] / 1e6:.2f} MB saved in float32, {saved['int8'] / 1e6:.2f} in int8"
        )
        held_back = found["held_back"]
        lines += held_back_lines(None if held_back is None else Retokenisation(**held_back))
    return lines
