"""What a network must not hold before its numbers are narrowed."""

import math
from collections.abc import Iterator

import torch
from torch import nn

from export.recipes import BLOCK, Recipe
from tasks.blocks import BLOCK_SIZE

LARGEST_HALF = 65504.0
"""The largest float16; a mask beyond it is minus infinity there, and ruins an int8 scale."""
_LENGTH = 16
_CONSTANTS = ("add", "sub", "mul", "div", "masked_fill", "where", "full", "scalar_tensor", "clamp")
"""Operators whose numbers are values, not places or sizes."""
_WEIGHTED = (nn.Linear, nn.Embedding)


def check_widths(network: nn.Module, recipe: Recipe) -> None:
    """Raise ValueError for a module to keep that is not there, or a width blocks do not divide."""
    weights = {name: m for name, m in network.named_modules() if isinstance(m, _WEIGHTED)}
    for kept in recipe.keep:
        if not any(name == kept or name.startswith(f"{kept}.") for name in weights):
            raise ValueError(
                f"there is no linear or table called {kept!r} to keep in float32; "
                f"there are: {', '.join(weights)} (or a part of such a name before a dot)"
            )
    for name, module in weights.items():
        numbers = recipe.table(name) if isinstance(module, nn.Embedding) else recipe.linears
        width = module.weight.shape[1]
        if numbers.scales == BLOCK and width % BLOCK_SIZE and not recipe.keeps(name):
            raise ValueError(
                f"{recipe.name} shares scales among {BLOCK_SIZE} weights, which do not divide the "
                f"width {width} of {name}; choose int8 or int4-channel"
            )


def kept_bytes(network: nn.Module, recipe: Recipe) -> set[int]:
    """Return the float32 sizes of the weights that the recipe keeps."""
    return {
        4 * module.weight.numel()
        for name, module in network.named_modules()
        if isinstance(module, _WEIGHTED) and recipe.keeps(name)
    }


def refuse_extremes(network: nn.Module, inputs: tuple[str, ...], recipe: Recipe) -> None:
    """Raise ValueError where a narrowed network would compute with a number float16 cannot hold.

    Masks of -3.4e38 turn into NaN in float16 and stretch an int8 scale until nothing is left. The
    graph of the network is searched, its constants and the scalars of its operators.
    """
    if recipe.linears.dtype == "float32" and recipe.tables.dtype == "float32":
        return
    example = {name: torch.ones(1, _LENGTH, dtype=torch.int64) for name in inputs}
    program = torch.export.export(network, (), kwargs=example, strict=False)
    for place, value in _extremes(program):
        raise ValueError(
            f"{place} holds {value:.3g}, which {recipe.name} cannot: float16 ends at "
            f"{LARGEST_HALF:.0f}, and an int8 scale that reaches so far has no steps left for "
            "anything else; mask with -1e4"
        )


def _extremes(program: torch.export.ExportedProgram) -> Iterator[tuple[str, float]]:
    for name, tensor in {**program.state_dict, **program.constants}.items():
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() and tensor.numel():
            largest = float(tensor.abs().max())
            if not largest <= LARGEST_HALF:
                yield name, largest
    for node in program.graph.nodes:
        operator = str(node.target).removeprefix("aten.").split(".")[0]
        if node.op == "call_function" and operator.rstrip("_") in _CONSTANTS:
            stack = list(node.meta.get("nn_module_stack", {}).values())
            place = f"{stack[-1][0] or 'the network'} ({operator})" if stack else operator
            for value in (*node.args, *node.kwargs.values()):
                number = isinstance(value, int | float) and not isinstance(value, bool)
                if number and not (math.fabs(value) <= LARGEST_HALF):
                    yield place, float(value)
