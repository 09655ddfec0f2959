"""The inference network as one .tflite file with a signature per input length."""

import copy
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from export.layers import PlainNorm, replace_modules
from export.manifest import Entry, Interface, TensorSpec
from export.network import Network
from export.recipes import STATIC, Numbers, Recipe
from export.samples import Sample
from export.tflite_pack import pack
from tasks.blocks import BLOCK_SIZE

EVERYWHERE = ".*"


def tflite_interface(network: Network, lengths: Sequence[int]) -> Interface:
    """Describe how the .tflite file of these lengths is called."""
    return Interface(
        entries=tuple(Entry(f"length_{length}", length, length) for length in lengths),
        inputs=tuple(TensorSpec(name, "int32", (1, "length")) for name in network.shape.inputs),
        outputs=network.outputs,
    )


def write_tflite(
    network: Network,
    recipe: Recipe,
    lengths: Sequence[int],
    path: Path,
    calibration: Sequence[Sample] = (),
) -> Interface:
    """Convert the network to `path`, all lengths sharing one copy of the weights.

    `calibration` is run to find the scales of a static recipe; there must be some of each length.
    """
    os.environ["LITERT_TORCH_SHOW_PROGRESS"] = "n"  # read once, when the library is imported
    import litert_torch

    interface = tflite_interface(network, lengths)
    network = copy.deepcopy(network)
    replace_modules(network, {nn.LayerNorm: PlainNorm})
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
        if recipe.linears.dtype == recipe.tables.dtype == "float32":
            floats.rename(path)
        else:
            _narrow(floats, path, network, recipe, interface, calibration)
    return interface


def _narrow(
    floats: Path,
    path: Path,
    network: Network,
    recipe: Recipe,
    interface: Interface,
    calibration: Sequence[Sample],
) -> None:
    from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

    tool = quantizer.Quantizer(str(floats))
    operations = qtyping.TFLOperationName
    _set(tool, operations.FULLY_CONNECTED, recipe.linears, static=recipe.activations == STATIC)
    _set(tool, operations.EMBEDDING_LOOKUP, recipe.tables, static=False)
    for module, scope in _scopes(floats, network):
        if recipe.keeps(module):
            tool.update_quantization_recipe(
                scope,
                operations.ALL_SUPPORTED,
                algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE,
            )
        elif (numbers := recipe.table(module)) != recipe.tables:
            _set(tool, operations.EMBEDDING_LOOKUP, numbers, static=False, scope=scope)
    found = None
    if recipe.activations == STATIC:
        found = tool.calibrate(_feeds(interface, calibration), num_threads=1)
    done = tool.quantize(found, enable_progress_report=False)
    done.export_model(str(path), overwrite=True)
    pack(path)


def _set(
    tool: Any, operation: Any, numbers: Numbers, static: bool, scope: str = EVERYWHERE
) -> None:
    """Ask for the weights of one kind of operator as `numbers`, where the scope's pattern fits."""
    from ai_edge_quantizer import algorithm_manager, qtyping

    if not numbers.integer:
        weights = qtyping.TensorQuantizationConfig(16, dtype=qtyping.TensorDataType.FLOAT)
        config = qtyping.OpQuantizationConfig(
            weight_tensor_config=weights,
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        )
        casting = algorithm_manager.AlgorithmName.FLOAT_CASTING
        tool.update_quantization_recipe(scope, operation, config, casting)
        return
    bits = int(numbers.dtype.removeprefix("int"))
    if static:
        tool.add_static_config(scope, operation, activation_num_bits=8, weight_num_bits=bits)
        return
    scales = {"row": "CHANNELWISE", "block": f"BLOCKWISE_{BLOCK_SIZE}", "tensor": "TENSORWISE"}
    granularity = qtyping.QuantGranularity[scales[numbers.scales]]
    tool.add_dynamic_config(scope, operation, bits, granularity)


def _scopes(floats: Path, network: nn.Module) -> list[tuple[str, str]]:
    """Return each module with weights, and a pattern of what the quantizer calls its operator.

    It knows an operator by the names of its outputs, which tell nothing where operators were fused.
    The name of a linear's weights tells the module, and so does that of what a lookup makes.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(floats.read_bytes(), 0)
    modules = {tuple(_traced_parts(network, name)): name for name, _ in network.named_modules()}
    scopes = []
    for graph in model.subgraphs:
        names = [tensor.name.decode() for tensor in graph.tensors]
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            kind = max(code.builtinCode, code.deprecatedBuiltinCode)
            if kind == schema.BuiltinOperator.FULLY_CONNECTED:
                source = names[operator.inputs[1]]
            elif kind == schema.BuiltinOperator.EMBEDDING_LOOKUP:
                source = names[operator.outputs[0]]
            else:
                continue
            module = modules.get(_module_parts(source))
            if module is not None:
                scope = "".join(f"{names[output]};" for output in operator.outputs)
                scopes.append((module, f"^{re.escape(scope)}$"))
    return scopes


def _module_parts(tensor: str) -> tuple[str, ...]:
    """Split `root.Network/a.Layer_0/b.Attention_attention/c.Linear_query;1` into its last names."""
    path = tensor.rpartition(";;")[2].partition(";")[0]
    return tuple(part.rpartition(".")[2].partition("_")[2] for part in path.split("/")[1:])


def _traced_parts(network: nn.Module, name: str) -> Iterator[str]:
    """Yield the parts of a module's name that the converter keeps: lists leave no trace."""
    path = ""
    for part in name.split("."):
        path = f"{path}.{part}" if path else part
        if not isinstance(network.get_submodule(path), nn.ModuleList):
            yield part


def _feeds(
    interface: Interface, calibration: Sequence[Sample]
) -> dict[str, list[dict[str, np.ndarray[Any, Any]]]]:
    feeds: dict[str, list[dict[str, np.ndarray[Any, Any]]]] = {}
    for entry in interface.entries:
        padded = (s.padded() for s in calibration if s.length == entry.max_length)
        feeds[entry.name] = [
            {t.name: np.array([values[t.name]], dtype=np.int32) for t in interface.inputs}
            for values in padded
        ]
    return feeds
