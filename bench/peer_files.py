"""Writes what others make of a checkpoint: ONNX files, and the stock exports of both runtimes.

Every file is made from the checkpoint as transformers has it, by the way that its project shows
first, with nothing of ours in it. Run in a worker of its own: converters want memory.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering
from transformers.utils.logging import disable_progress_bar

from export.checkpoint import read_shape

OPSET = 20


def load_model(checkpoint: Path) -> Any:
    """The network as transformers has it, in float32; eager attention, which every export takes."""
    disable_progress_bar()
    return AutoModelForQuestionAnswering.from_pretrained(
        checkpoint, dtype=torch.float32, local_files_only=True, attn_implementation="eager"
    ).eval()


class _Logits(nn.Module):
    """A transformers network that takes its inputs by position and gives its two logits."""

    def __init__(self, checkpoint: Path) -> None:
        super().__init__()
        self.inner = load_model(checkpoint)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        output = self.inner(input_ids=input_ids, attention_mask=attention_mask, **types)
        return output.start_logits, output.end_logits


class _Named(_Logits):
    """The same with its outputs by name, which a .tflite keeps."""

    def forward(self, *args: Any, **values: Any) -> Any:
        start, end = super().forward(*args, **values)
        return {"start_logits": start, "end_logits": end}


def write_onnx(checkpoint: Path, tokens: int, path: Path, int8: bool) -> None:
    """ONNX for any length, by torch's exporter; in int8 by ONNX Runtime's dynamic quantizer."""
    names = read_shape(checkpoint).inputs
    inputs = _ones(names, 32, torch.int64)
    length = torch.export.Dim("length", min=2, max=read_shape(checkpoint).positions)
    floats = path.with_suffix(".float.onnx") if int8 else path
    torch.onnx.export(
        _Logits(checkpoint),
        inputs,
        str(floats),
        input_names=list(names),
        output_names=["start_logits", "end_logits"],
        dynamic_shapes=tuple({1: length} for _ in names),
        opset_version=OPSET,
        external_data=False,
        dynamo=True,  # the older exporter's files are wrong on padded input, without a word
        verbose=False,
    )
    if int8:
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(floats, path, weight_type=QuantType.QInt8)
        floats.unlink()


def write_litert(checkpoint: Path, tokens: int, path: Path, int8: bool) -> None:
    """A .tflite of one length by litert-torch; in int8 by its quantizer's dynamic recipe."""
    os.environ["LITERT_TORCH_SHOW_PROGRESS"] = "n"
    import litert_torch

    names = read_shape(checkpoint).inputs
    sample = dict(zip(names, _ones(names, tokens, torch.int32), strict=True))
    floats = path.with_suffix(".float.tflite") if int8 else path
    signature = litert_torch.signature(f"length_{tokens}", _Named(checkpoint), sample_kwargs=sample)
    signature.convert().export(str(floats))
    if int8:
        from ai_edge_quantizer import quantizer, recipe

        tool = quantizer.Quantizer(str(floats), recipe.dynamic_wi8_afp32())
        tool.quantize(enable_progress_report=False).export_model(str(path), overwrite=True)
        floats.unlink()


def write_executorch(checkpoint: Path, tokens: int, path: Path, int8: bool) -> None:
    """A .pte of one length by the XNNPACK recipes that ExecuTorch ships."""
    from executorch.backends.xnnpack.recipes.xnnpack_recipe_types import XNNPackRecipeType
    from executorch.export import ExportRecipe, export

    kind = XNNPackRecipeType.FP32
    if int8:
        kind = XNNPackRecipeType.PT2E_INT8_DYNAMIC_PER_CHANNEL
    inputs = _ones(read_shape(checkpoint).inputs, tokens, torch.int64)
    session = export(_Logits(checkpoint), [inputs], ExportRecipe.get_recipe(kind))
    path.write_bytes(session.get_pte_buffer())


WRITERS: dict[str, Callable[[Path, int, Path, bool], None]] = {
    "onnxruntime": write_onnx,
    "litert-stock": write_litert,
    "executorch-stock": write_executorch,
}


def _ones(names: tuple[str, ...], length: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    return tuple(torch.ones(1, length, dtype=dtype) for _ in names)
