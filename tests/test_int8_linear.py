"""Training in int8: the products against float32 ones, and a run that learns, stops and goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from distill.int8_linear import quantized, use_int8


class _Encoder(nn.Module):
    """One linear layer where a model has its encoder, and one outside of it."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = nn.ModuleDict({"encoder": nn.ModuleDict({"dense": nn.Linear(48, 32)})})
        self.head = nn.Linear(32, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bert["encoder"]["dense"](x)  # type: ignore[index, no-any-return, operator]


@pytest.fixture
def encoder() -> _Encoder:
    torch.manual_seed(0)
    return _Encoder()


def _dense(model: _Encoder) -> nn.Linear:
    return model.bert["encoder"]["dense"]  # type: ignore[index, return-value]


def _inputs() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    x = torch.randn(3, 5, 48, generator=random)
    x[0, 0] *= 50  # a token far larger than the others must not cost them their precision
    return x.requires_grad_(), torch.randn(3, 5, 32, generator=random)


def test_quantized_rows_have_their_own_scale() -> None:
    matrix = torch.tensor([[1.0, -2.0], [0.0, 0.0], [300.0, 600.0]])
    whole, scale = quantized(matrix, dim=1)
    assert whole.tolist() == [[64, -127], [0, 0], [64, 127]]
    assert torch.allclose(whole * scale, matrix, atol=600 / 127 / 2)


def test_only_the_encoder_changes_and_no_name_does(encoder: _Encoder) -> None:
    names = list(encoder.state_dict())
    assert use_int8(encoder) == 1
    assert list(encoder.state_dict()) == names
    assert type(encoder.head) is nn.Linear


def test_forward_and_the_gradient_of_the_input_are_close_and_that_of_the_weights_exact(
    encoder: _Encoder,
) -> None:
    x, gradient = _inputs()
    exact = encoder(x)
    exact.backward(gradient)
    expected = x.grad, _dense(encoder).weight.grad, _dense(encoder).bias.grad
    assert all(value is not None for value in expected)
    x, gradient = _inputs()
    encoder.zero_grad()
    use_int8(encoder)
    found = encoder(x)
    found.backward(gradient)
    token = torch.linalg.vector_norm
    assert not torch.equal(found, exact)
    assert (token(found - exact, dim=-1) < 0.02 * token(exact, dim=-1)).all()
    assert x.grad is not None
    assert expected[0] is not None
    assert (token(x.grad - expected[0], dim=-1) < 0.02 * token(expected[0], dim=-1)).all()
    torch.testing.assert_close(_dense(encoder).weight.grad, expected[1])
    torch.testing.assert_close(_dense(encoder).bias.grad, expected[2])


def test_evaluation_is_in_float32(encoder: _Encoder) -> None:
    x, _ = _inputs()
    exact = encoder(x)
    use_int8(encoder)
    assert torch.equal(encoder.eval()(x), exact)


@pytest.mark.usefixtures("compiler")
def test_a_compiled_run_in_int8_learns_as_one_in_float32(
    make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    from distill.finetune import finetune
    from distill.finetune_config import FinetuneConfig
    from distill.job import Progress
    from tasks.squad import sample_path

    def losses(**settings: object) -> list[float]:
        seen: list[Progress] = []
        name = "-".join(map(str, settings.values()))
        config = FinetuneConfig(
            student=student,
            out=tmp_path / name,
            data=(sample_path(),),
            questions=16,
            max_length=128,
            epochs=1,
            batch_size=4,
            dropout=0.0,
            learning_rate=1e-3,
            **settings,  # type: ignore[arg-type]
        )
        finetune(config, seen.append)
        return [progress.losses["loss"] for progress in seen if progress.losses]

    student = make_bert(tmp_path / "student", layers=1)
    expected = losses(precision="fp32", attention="eager")
    assert expected[-1] < expected[0]
    assert losses(precision="fp32", attention="sdpa") == pytest.approx(expected, rel=1e-4)
    in_int8 = losses(precision="int8", attention="eager")
    assert in_int8 == pytest.approx(expected, rel=0.03)
    assert in_int8 != expected
    compiled = losses(precision="int8", attention="sdpa", compile=True)
    assert compiled == pytest.approx(in_int8, rel=0.01)
