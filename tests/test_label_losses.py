"""The losses of labels are the written formulas and sums over examples."""

import pytest
import torch

from distill.label_losses import class_cross_entropy, class_kl, squared_error


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(3, 4), torch.randn(3, 4)


def test_cross_entropy_counts_each_example_by_its_weight(
    logits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    classes, weights = torch.tensor([1, 0, 3]), torch.tensor([1.0, 0.0, 2.5])
    single = [-torch.log_softmax(logits[0][i], 0)[classes[i]] for i in range(3)]
    expected = single[0] + 2.5 * single[2]
    torch.testing.assert_close(class_cross_entropy(logits[0], classes, weights), expected)


def test_kl_is_hintons(logits: tuple[torch.Tensor, torch.Tensor]) -> None:
    student, teacher = logits
    expected = torch.zeros(())
    for row in range(3):
        p, q = torch.softmax(teacher[row] / 3, 0), torch.softmax(student[row] / 3, 0)
        expected += 9 * (p * (p / q).log()).sum()
    torch.testing.assert_close(class_kl(student, teacher, 3.0), expected)
    assert float(class_kl(teacher, teacher, 3.0)) == pytest.approx(0, abs=1e-6)


def test_squared_error_is_a_sum() -> None:
    assert squared_error(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 0.0])) == 5.0
