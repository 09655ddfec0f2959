"""The inference network as one .pte file with a method that takes any length."""

import copy
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.layers import replace_modules
from export.manifest import Entry, Interface, TensorSpec
from export.network import Network
from export.recipes import BLOCK, POSITIONS, STATIC, Numbers, Recipe
from export.samples import Sample
from tasks.blocks import BLOCK_SIZE, block_numbers, block_scales

METHOD = "forward"
SHORTEST = 2
_ROOT = "network."


def pte_interface(network: Network, longest: int) -> Interface:
    """Describe how the .pte file for up to `longest` tokens is called."""
    return Interface(
        entries=(Entry(METHOD, SHORTEST, longest),),
        inputs=tuple(TensorSpec(name, "int64", (1, "length")) for name in network.shape.inputs),
        outputs=network.outputs,
    )


class Outputs(nn.Module):
    """The network with its outputs as a tuple, which is what a .pte method returns."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        return tuple(self.network(input_ids, attention_mask, token_type_ids).values())


class _HalfLinear(nn.Module):
    """A linear in float16 between float32 neighbours: layer norms overflow in float16."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.half(), requires_grad=False)
        bias = linear.bias
        self.bias = None if bias is None else nn.Parameter(bias.half(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x.half(), self.weight, self.bias).float()


class _HalfTable(nn.Module):
    """A table in float16 whose rows are computed with in float32."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.weight = nn.Parameter(table.weight.half(), requires_grad=False)

    def forward(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids, self.weight).float()


class _BlockTable(nn.Module):
    """A table in 4 bits with a float16 scale for each block of a word, computed in float32.

    Its numbers are those that LiteRT's quantizer chooses: both files hold the same table, and one
    that was rounded before training is stored as it is. It names its operator: the one that
    executorch's passes choose takes scales of the type that it gives out, which is float32, and
    they would be a quarter of the table.
    """

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        # Defines the operators used here and below.
        importlib.import_module("executorch.exir.passes._quant_patterns_and_replacements")
        weight = table.weight.detach().float().numpy()
        scales = block_scales(weight)
        numbers = torch.from_numpy(block_numbers(weight, scales))
        packed = torch.ops.quant_fusion._pack_embedding_weight.default(numbers, 4)
        self.register_buffer("packed", packed)
        self.register_buffer("scales", torch.from_numpy(scales).half())

    def forward(self, ids: Tensor) -> Tensor:
        rows: Tensor = torch.ops.quantized_decomposed.embedding_4bit.dtype(
            self.packed, self.scales, None, -8, 7, ids, dtype=torch.float32
        )
        return rows


def write_pte(
    network: Network,
    recipe: Recipe,
    longest: int,
    path: Path,
    calibration: Sequence[Sample] = (),
) -> Interface:
    """Convert the network to `path`. Narrowing works on a copy; `network` stays as it is.

    `calibration` is run to find the scales of a static recipe.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import (
        EdgeCompileConfig,
        ExecutorchBackendConfig,
        to_edge_transform_and_lower,
    )

    interface = pte_interface(network, longest)
    inputs = tuple(torch.ones(1, longest // 2, dtype=torch.int64) for _ in interface.inputs)
    length = torch.export.Dim("length", min=SHORTEST, max=longest)
    shapes = tuple({1: length} for _ in inputs)
    model: nn.Module = Outputs(network)
    if recipe.quantized:
        feeds = [_feed(interface, s) for s in calibration if s.length <= longest]
        model = _quantize(network, recipe, inputs, shapes, feeds or [inputs])
    elif recipe.linears.dtype == "float16":
        model = _halve(network, recipe)
    program = torch.export.export(model, inputs, dynamic_shapes=shapes, strict=False)
    edge = to_edge_transform_and_lower(
        program,
        partitioner=[XnnpackPartitioner()],
        compile_config=EdgeCompileConfig(_check_ir_validity=False, _skip_dim_order=True),
    )
    # Without the flag the int8 embedding stays a dequantize that no phone has a kernel for.
    config = ExecutorchBackendConfig(do_quant_fusion_and_const_prop=recipe.quantized)
    with path.open("wb") as stream:
        edge.to_executorch(config).write_to_file(stream)
    return interface


def _feed(interface: Interface, sample: Sample) -> tuple[Tensor, ...]:
    values = sample.real()
    return tuple(torch.tensor([values[tensor.name]]) for tensor in interface.inputs)


def _halve(network: Network, recipe: Recipe) -> nn.Module:
    model = copy.deepcopy(network)
    replace_modules(model, {nn.Linear: _HalfLinear, nn.Embedding: _HalfTable}, recipe.keeps)
    return Outputs(model)


def _quantize(
    network: Network,
    recipe: Recipe,
    inputs: tuple[Tensor, ...],
    shapes: tuple[object, ...],
    feeds: Sequence[tuple[Tensor, ...]],
) -> nn.Module:
    from torchao.quantization import Int8DynamicActivationIntxWeightConfig, quantize_

    model = Outputs(copy.deepcopy(network))
    replace_modules(
        model.network,
        {nn.Embedding: _BlockTable},
        lambda name: recipe.keeps(name) or recipe.table(name).scales != BLOCK,
    )
    # The tables that are left are all stored in one way.
    numbers = recipe.table(POSITIONS)
    quantize_(model, _tables(numbers), filter_fn=_chooses(nn.Embedding, recipe))
    if recipe.linears.dtype == "int4":
        granularity = _granularity(recipe.linears)
        config = Int8DynamicActivationIntxWeightConfig(
            weight_dtype=getattr(torch, recipe.linears.dtype), weight_granularity=granularity
        )
        quantize_(model, config, filter_fn=_chooses(nn.Linear, recipe))
        return model
    return _quantize_linears(model, recipe, inputs, shapes, feeds)


def _tables(numbers: Numbers) -> Any:
    from torchao.quantization import IntxWeightOnlyConfig

    return IntxWeightOnlyConfig(
        weight_dtype=getattr(torch, numbers.dtype), granularity=_granularity(numbers)
    )


def _granularity(numbers: Numbers) -> Any:
    from torchao.quantization import PerAxis, PerGroup

    return PerGroup(BLOCK_SIZE) if numbers.scales == BLOCK else PerAxis(0)


def _chooses(kind: type[nn.Module], recipe: Recipe) -> Any:
    def choose(module: nn.Module, name: str) -> bool:
        return isinstance(module, kind) and not recipe.keeps(name.removeprefix(_ROOT))

    return choose


def _quantize_linears(
    model: nn.Module,
    recipe: Recipe,
    inputs: tuple[Tensor, ...],
    shapes: tuple[object, ...],
    feeds: Sequence[tuple[Tensor, ...]],
) -> nn.Module:
    """Quantize by observers in the graph: three times as fast to export as through torchao."""
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_module_name_filter,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    exported = torch.export.export(model, inputs, dynamic_shapes=shapes, strict=False).module()
    static = recipe.activations == STATIC
    config = get_symmetric_quantization_config(is_per_channel=True, is_dynamic=not static)
    quantizer = XNNPACKQuantizer()
    quantizer.set_operator_type(torch.ops.aten.linear.default, config)
    kept = [get_module_name_filter(f"{_ROOT}{name}") for name in recipe.keep]
    quantizer.set_filter_function(lambda node: not any(inside(node) for inside in kept))
    prepared = prepare_pt2e(exported, quantizer)
    # The observers need a run even where activations are dynamic.
    for feed in feeds if static else feeds[:1]:
        prepared(*feed)
    converted: nn.Module = convert_pt2e(prepared)
    return converted
