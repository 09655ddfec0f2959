"""The inference network as one .tflite file with a signature per input length."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from export.manifest import Entry, Interface, TensorSpec
from export.network import Network
from export.recipes import Recipe


def tflite_interface(network: Network, lengths: Sequence[int]) -> Interface:
    """Describe how the .tflite file of these lengths is called."""
    return Interface(
        entries=tuple(Entry(f"length_{length}", length, length) for length in lengths),
        inputs=tuple(TensorSpec(name, "int32", (1, "length")) for name in network.shape.inputs),
        outputs=network.shape.outputs,
    )


def write_tflite(network: Network, recipe: Recipe, lengths: Sequence[int], path: Path) -> Interface:
    """Convert the network to `path`, all lengths sharing one copy of the weights."""
    os.environ["LITERT_TORCH_SHOW_PROGRESS"] = "n"  # read once, when the library is imported
    import litert_torch

    interface = tflite_interface(network, lengths)
    converter: Any = litert_torch
    for entry in interface.entries:
        sample = {
            tensor.name: torch.ones(1, entry.max_length, dtype=torch.int32)
            for tensor in interface.inputs
        }
        converter = converter.signature(entry.name, network, sample_kwargs=sample)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="tflite-") as folder:
        floats = Path(folder) / "float32.tflite"
        converter.convert().export(str(floats))
        if recipe.quantized:
            _quantize(floats, path)
        else:
            floats.rename(path)
    return interface


def _quantize(floats: Path, path: Path) -> None:
    from ai_edge_quantizer import quantizer, recipe

    tool = quantizer.Quantizer(str(floats), recipe.dynamic_wi8_afp32())
    tool.quantize(enable_progress_report=False).export_model(str(path), overwrite=True)
