"""Linear layers that train in int8: two of a step's three products, the forward one and the
gradient of the input. The gradient of the weights stays in float32.

SwitchBack (Wortsman et al., "Stable and low-precision training for large-scale vision-language
models", 2023), with a scale for each output channel of the weights in the forward product, as in
the int8 files that ship: what is trained is close to what runs on the phone.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill.narrow_linear import NarrowLinear


def use_int8(model: nn.Module) -> int:
    """Lets all linear layers inside the encoder of `model` train in int8; returns their number.

    The weights, and their names, stay as they are. In evaluation the layers compute in float32.
    """
    found = [
        module
        for name, module in model.named_modules()
        if type(module) in (nn.Linear, NarrowLinear)
        and (".encoder." in name or ".transformer." in name)
    ]
    for module in found:
        module.__class__ = _Int8Linear  # the same parameters in the same places, another forward
    return len(found)


class _Int8Linear(NarrowLinear):
    def forward(self, input: Tensor) -> Tensor:
        weight, bias = self.live()
        if not self.training:
            return functional.linear(input, weight, bias)
        product: Tensor = _SwitchBack.apply(input, weight)  # type: ignore[no-untyped-call]
        return product if bias is None else product + bias


class _SwitchBack(torch.autograd.Function):
    """x [..., inputs] times w [outputs, inputs] transposed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        ctx.save_for_backward(rows, w)
        whole, scale = quantized(rows, dim=1)
        whole_w, scale_w = quantized(w, dim=1)
        product = torch._int_mm(whole, whole_w.t()).float() * scale * scale_w.t()
        return product.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        rows, w = ctx.saved_tensors
        gradient = gradients[0].reshape(-1, w.shape[0])
        whole, scale = quantized(gradient, dim=1)
        whole_w, scale_w = quantized(w, dim=0)
        of_input = torch._int_mm(whole, whole_w).float() * scale * scale_w
        return of_input.view(*gradients[0].shape[:-1], -1), gradient.t() @ rows


def quantized(matrix: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """int8 values and float32 scales, one for each slice along `dim`: the largest value is 127."""
    scale = matrix.abs().amax(dim, keepdim=True).clamp_min(1e-30) / 127
    return (matrix / scale).round().to(torch.int8), scale
