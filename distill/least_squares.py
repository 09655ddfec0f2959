"""After pruning, the linears behind the silenced parts learn to give what the whole model gave.

Kwon et al. (2022) choose a scale for each head and neuron that stays, by least squares on a layer's
output. Here the whole linear behind them is free, with its bias, and what it must give includes
what the layers before it still lack. Labels and gradients have no part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from distill.batches import Batch
from distill.model import token_types
from tasks.token_counts import Report

RIDGE = 1e-3
"""What holds the weights where they are, as a share of the mean square of an input."""


class _ReachedError(Exception):
    """Ends a forward pass where nothing behind it is asked for."""


@dataclass(frozen=True)
class _Call:
    """What a layer is called with beside its states, and which tokens of a batch are real."""

    arguments: tuple[Any, ...]
    named: dict[str, Any]
    real: Tensor


@torch.no_grad()
def refit(
    pruned: Any,
    whole: Any,
    layers: Sequence[str],
    sums: Sequence[tuple[str, str]],
    batches: Sequence[Batch],
    report: Report = lambda *_: None,
) -> None:
    """Fits linears of `pruned` so that the norms behind them are entered as in `whole`.

    layers: names of the layers. sums: names of linear and norm in a layer, in order; what the
    linear gives is added to a residual and enters the norm; the last norm ends the layer. An input
    whose weights are all 0 stays silent. The states of all batches, [tokens, width] of both models,
    are in memory.
    """
    states, calls = zip(*(_first_call(pruned, layers[0], batch) for batch in batches), strict=True)
    wanted = found = list(states)
    steps = len(layers) * len(sums)
    for number, name in enumerate(layers):
        old, new = whole.get_submodule(name), pruned.get_submodule(name)
        for step, (linear, norm) in enumerate(sums):
            report("fitting what stays", number * len(sums) + step, steps)
            _fit(new, old, linear, norm, list(zip(calls, found, wanted, strict=True)))
        wanted = [_after(old, norm, call, x) for call, x in zip(calls, wanted, strict=True)]
        found = [_after(new, norm, call, x) for call, x in zip(calls, found, strict=True)]


def _fit(
    new: nn.Module,
    old: nn.Module,
    linear_name: str,
    norm_name: str,
    data: Sequence[tuple[_Call, Tensor, Tensor]],
) -> None:
    """Changes a linear by the D that minimises |X D - R|^2 + r |D|^2.

    X: its inputs at the real tokens, and a column of ones for the bias; R: what is missing at the
    norm behind it; r: `RIDGE` of the mean square of X. data: calls, and states for new and for old.
    """
    linear = new.get_submodule(linear_name)
    assert isinstance(linear, nn.Linear)
    heard = linear.weight.any(0)
    size = int(heard.sum())
    squares = torch.zeros(size + 1, size + 1, dtype=torch.float64)
    products = torch.zeros(size + 1, linear.out_features, dtype=torch.float64)
    for call, found, wanted in data:
        inputs, gives = _entering(new, (linear_name, norm_name), call, found)
        (target,) = _entering(old, (norm_name,), call, wanted)
        x = nn.functional.pad(inputs[call.real][:, heard], (0, 1), value=1.0)
        squares += x.T @ x
        products += x.T @ (target - gives)[call.real]
    ridge = RIDGE * squares.diagonal()[:-1].mean().expand(size + 1).clone()
    ridge[-1] = 0  # the bias is free
    change = torch.linalg.solve(squares + ridge.diag(), products).to(linear.weight)
    linear.weight[:, heard] += change[:-1].T
    linear.bias.add_(change[-1])


def _after(layer: nn.Module, norm: str, call: _Call, states: Tensor) -> Tensor:
    """The states that leave a layer, which its last norm gives."""
    (summed,) = _entering(layer, (norm,), call, states)
    left: Tensor = layer.get_submodule(norm)(summed)
    return left


def _entering(layer: nn.Module, names: Sequence[str], call: _Call, states: Tensor) -> list[Tensor]:
    """What enters the named modules of a layer, in the order in which they are called."""
    found: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0])
        if len(found) == len(names):
            raise _ReachedError

    hooks = [layer.get_submodule(name).register_forward_pre_hook(keep) for name in names]
    try:
        layer(states, *call.arguments, **call.named)
    except _ReachedError:
        return found
    finally:
        for hook in hooks:
            hook.remove()
    raise AssertionError(f"the layer has not called all of {names}")


def _first_call(model: Any, layer: str, batch: Batch) -> tuple[Tensor, _Call]:
    """The states that enter a model's first layer, and how it calls its layers."""
    calls: list[tuple[Tensor, _Call]] = []

    def keep(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls.append((arguments[0], _Call(arguments[1:], named, batch.mask.bool())))
        raise _ReachedError

    hook = model.get_submodule(layer).register_forward_pre_hook(keep, with_kwargs=True)
    types = token_types(model, batch.token_type_ids)
    try:
        model(input_ids=batch.input_ids, attention_mask=batch.mask, **types)
    except _ReachedError:
        return calls[0]
    finally:
        hook.remove()
    raise AssertionError(f"the model has not called {layer}")
