"""The inference network as one .pte file with a method that takes any length."""

from pathlib import Path

import torch
from torch import Tensor, nn

from export.manifest import Entry, Interface, TensorSpec
from export.network import Network
from export.recipes import Recipe

METHOD = "forward"
SHORTEST = 2


def pte_interface(network: Network, longest: int) -> Interface:
    """Describe how the .pte file for up to `longest` tokens is called."""
    return Interface(
        entries=(Entry(METHOD, SHORTEST, longest),),
        inputs=tuple(TensorSpec(name, "int64", (1, "length")) for name in network.shape.inputs),
        outputs=network.shape.outputs,
    )


class _Outputs(nn.Module):
    """The network with its outputs as a tuple, which is what a .pte method returns."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        return tuple(self.network(input_ids, attention_mask, token_type_ids).values())


def write_pte(network: Network, recipe: Recipe, longest: int, path: Path) -> Interface:
    """Convert the network to `path`. Quantizing works on a copy; `network` stays as it is."""
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
    model: nn.Module = _Outputs(network)
    if recipe.quantized:
        model = _quantize(network, inputs, shapes)
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


def _quantize(
    network: Network, inputs: tuple[Tensor, ...], shapes: tuple[object, ...]
) -> nn.Module:
    import copy

    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization import IntxWeightOnlyConfig, PerAxis, quantize_
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    model = _Outputs(copy.deepcopy(network))
    tables = IntxWeightOnlyConfig(weight_dtype=torch.int8, granularity=PerAxis(0))
    quantize_(model, tables, filter_fn=lambda module, name: isinstance(module, nn.Embedding))
    exported = torch.export.export(model, inputs, dynamic_shapes=shapes, strict=False).module()
    linears = XNNPACKQuantizer().set_global(
        get_symmetric_quantization_config(is_per_channel=True, is_dynamic=True)
    )
    prepared = prepare_pt2e(exported, linears)
    prepared(*inputs)  # the observers need one batch, even for dynamic activations
    converted: nn.Module = convert_pt2e(prepared)
    return converted
