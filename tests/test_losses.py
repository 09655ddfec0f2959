"""The losses are the written formulas, ignore padding and do not depend on how a batch is cut."""

from collections.abc import Callable

import pytest
import torch

from distill.losses import cosine_sum, hidden_cosine, hidden_mse_sum, span_cross_entropy, span_kl

SIZES = (5, 3)
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@pytest.fixture
def logits() -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(2, 5) for _ in range(4)]


MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
START, END = torch.tensor([1, 0]), torch.tensor([4, 2])


def test_cross_entropy_is_the_sum_over_windows_without_padding(logits: list[torch.Tensor]) -> None:
    expected = sum(
        -(torch.log_softmax(side[row, :size], 0)[at[row]])
        for side, at in ((logits[0], START), (logits[1], END))
        for row, size in enumerate(SIZES)
    )
    found = span_cross_entropy(logits[0], logits[1], START, END, MASK)
    torch.testing.assert_close(found, expected / 2)


def test_kl_is_hintons_without_padding(logits: list[torch.Tensor]) -> None:
    expected = torch.zeros(())
    for row, size in enumerate(SIZES):
        p = torch.softmax(logits[1][row, :size] / 3, 0)
        q = torch.softmax(logits[0][row, :size] / 3, 0)
        expected += 9 * (p * (p / q).log()).sum()
    torch.testing.assert_close(span_kl(logits[0], logits[1], MASK, 3.0), expected)
    assert float(span_kl(logits[0], logits[0], MASK, 3.0)) == pytest.approx(0, abs=1e-6)


def test_padding_has_no_gradient(logits: list[torch.Tensor]) -> None:
    student = logits[0].requires_grad_()
    loss = span_kl(student, logits[1], MASK, 2.0)
    (loss + span_cross_entropy(student, student, START, END, MASK)).backward()
    assert student.grad is not None
    assert torch.equal(student.grad[~MASK], torch.zeros(2))
    assert student.grad[MASK].abs().min() > 0


def test_cosine_counts_real_tokens_only() -> None:
    one, other = torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    rows = [
        (1 - torch.cosine_similarity(one[row, :size], other[row, :size], dim=-1)).mean()
        for row, size in enumerate(SIZES)
    ]
    torch.testing.assert_close(hidden_cosine(one, other, MASK), sum(rows))


def test_a_batch_may_be_cut_anywhere(logits: list[torch.Tensor]) -> None:
    whole = span_kl(logits[0], logits[1], MASK, 2.0)
    parts = [
        span_kl(logits[0][i : i + 1], logits[1][i : i + 1], MASK[i : i + 1], 2.0) for i in (0, 1)
    ]
    torch.testing.assert_close(whole, sum(parts))


def test_sums_over_hidden_states_are_the_formulas_on_real_tokens() -> None:
    torch.manual_seed(3)
    one, other = torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    cosines, squares = torch.zeros(()), torch.zeros(())
    for row, size in enumerate(SIZES):
        for a, b in zip(one[row, :size], other[row, :size], strict=True):
            cosines += 1 - a @ b / (a.norm() * b.norm())
            squares += (a - b) @ (a - b) / 8
    torch.testing.assert_close(cosine_sum(one, other, MASK), cosines)
    torch.testing.assert_close(hidden_mse_sum(one, other, MASK), squares)


@pytest.mark.parametrize("loss", [cosine_sum, hidden_mse_sum])
def test_padding_of_any_value_changes_no_sum_and_no_gradient(loss: Loss) -> None:
    torch.manual_seed(3)
    one, other = torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    found = []
    for padding in (1.0, float("nan")):
        student = one.masked_fill(~MASK[..., None], padding).requires_grad_()
        value = loss(student, other, MASK)
        value.backward()
        assert student.grad is not None
        found.append((value.detach(), student.grad[MASK]))
    torch.testing.assert_close(found[0], found[1])
