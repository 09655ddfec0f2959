"""After pruning, the linears behind the silenced parts learn to give what the whole model gave.

Kwon et al. (2022) choose a scale for each head and neuron that stays, by least squares on a layer's
output. Here the whole linear behind them is free, with its bias, and what it must give includes
what the layers before it still lack. Labels and gradients have no part in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

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
            wanted_sums = _sums(old, norm, calls, wanted)
            _fit(new, linear, norm, zip(calls, found, wanted_sums, strict=True))
        wanted = [old.get_submodule(norm)(x) for x in wanted_sums]
        found = [new.get_submodule(norm)(x) for x in _sums(new, norm, calls, found)]


def _fit(
    layer: nn.Module,
    linear_name: str,
    norm_name: str,
    data: Iterable[tuple[_Call, Tensor, Tensor]],
) -> None:
    """Changes a linear by the D that minimises |X D - R|^2 + r |D|^2.

    X: its inputs at the real tokens, and a column of ones for the bias; R: what is missing at the
    norm behind it; r: `RIDGE` of the mean square of X. data: calls, the states that enter the
    layer, and what should enter the norm.
    """
    linear = layer.get_submodule(linear_name)
    assert isinstance(linear, nn.Linear)
    heard = linear.weight.any(0)
    size = int(heard.sum())
    squares = torch.zeros(size + 1, size + 1, dtype=torch.float64)
    products = torch.zeros(size + 1, linear.out_features, dtype=torch.float64)
    for call, states, wanted in data:
        inputs, gives = _entering(layer, (linear_name, norm_name), call, states)
        x = nn.functional.pad(inputs[call.real][:, heard], (0, 1), value=1.0)
        squares += x.T @ x
        products += x.T @ (wanted - gives)[call.real]
    ridge = RIDGE * squares.diagonal()[:-1].mean().expand(size + 1).clone()
    ridge[-1] = 0  # the bias is free
    change = torch.linalg.solve(squares + ridge.diag(), products).to(linear.weight)
    linear.weight[:, heard] += change[:-1].T
    linear.bias.add_(change[-1])


def _sums(
    layer: nn.Module, norm: str, calls: Sequence[_Call], states: Sequence[Tensor]
) -> list[Tensor]:
    """What enters a norm of a layer, for all batches."""
    return [
        _entering(layer, (norm,), call, one)[0] for call, one in zip(calls, states, strict=True)
    ]


def _entering(layer: nn.Module, names: Sequence[str], call: _Call, states: Tensor) -> list[Tensor]:
    """What enters the named modules of a layer, in the order in which they are called."""
    found: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0])
        if len(found) == len(names):
            raise _ReachedError

    with _until(layer.get_submodule(name).register_forward_pre_hook(keep) for name in names):
        layer(states, *call.arguments, **call.named)
    return found


def _first_call(model: Any, layer: str, batch: Batch) -> tuple[Tensor, _Call]:
    """The states that enter a model's first layer, and how it calls its layers."""
    calls: list[tuple[Tensor, _Call]] = []

    def keep(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls.append((arguments[0], _Call(arguments[1:], named, batch.mask.bool())))
        raise _ReachedError

    with _until([model.get_submodule(layer).register_forward_pre_hook(keep, with_kwargs=True)]):
        model(
            input_ids=batch.input_ids,
            attention_mask=batch.mask,
            **token_types(model, batch.token_type_ids),
        )
    return calls[0]


@contextmanager
def _until(hooks: Iterable[RemovableHandle]) -> Iterator[None]:
    """A forward pass that one of its hooks ends."""
    handles = list(hooks)
    try:
        yield
    except _ReachedError:
        pass
    finally:
        for handle in handles:
            handle.remove()
