"""The chunked vocabulary losses are the naive formulas, their gradients included."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from distill.vocabulary_loss import (
    TeacherTerm,
    VocabularyLosses,
    VocabularyTerm,
    held_out_scores,
    vocabulary_losses,
)
from distill.vocabulary_passes import Rows

WORDS, WIDTH, TEACHER_WIDTH = 37, 6, 9


def term(count: int, seed: int, width: int = WIDTH, **more: object) -> VocabularyTerm:
    torch.manual_seed(seed)
    options = {"dtype": torch.float64} | more
    parts = [torch.randn(*shape, **options) for shape in ((count, width), (WORDS, width), (WORDS,))]
    return VocabularyTerm(*(part.requires_grad_() for part in parts))


def teacher_of(count: int, seed: int = 99) -> TeacherTerm:
    made = term(count, seed, TEACHER_WIDTH)
    return TeacherTerm(*(part.detach() for part in (made.hidden, made.weight, made.bias)))


def places(count: int, seed: int = 7) -> tuple[Tensor, Tensor]:
    torch.manual_seed(seed)
    targets = torch.randint(0, WORDS, (count,))
    targets[torch.rand(count) < 0.6] = -100
    return targets, torch.rand(count, dtype=torch.float64) * 3


def naive(
    student: VocabularyTerm,
    teacher: TeacherTerm | None,
    targets: Tensor,
    kl_weights: Tensor,
    temperature: float,
) -> VocabularyLosses:
    own = functional.linear(student.hidden, student.weight, student.bias)
    mlm = functional.cross_entropy(own.double(), targets, reduction="sum")
    kl = torch.zeros_like(mlm)
    if teacher is not None:
        theirs = functional.linear(teacher.hidden, teacher.weight, teacher.bias).double()
        terms = functional.kl_div(
            functional.log_softmax(own.double() / temperature, -1),
            functional.softmax(theirs / temperature, -1),
            reduction="none",
        )
        kl = (terms.sum(-1) * kl_weights).sum() * temperature**2
    total = kl * student.kl_scale + mlm * student.mlm_scale
    return VocabularyLosses(total, kl.detach(), mlm.detach())


def gradients(total: Tensor, student: VocabularyTerm) -> tuple[Tensor, ...]:
    return torch.autograd.grad(total, (student.hidden, student.weight, student.bias))


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(1, 80),
    chunk=st.sampled_from([1, 5, 33, 64, 1000]),
    temperature=st.sampled_from([1.0, 2.0, 3.7]),
    scales=st.sampled_from([(5.0, 2.0), (0.0, 1.0), (1.0, 0.0), (0.3, 0.3)]),
)
def test_losses_and_gradients_are_the_naive_ones(
    count: int, chunk: int, temperature: float, scales: tuple[float, float]
) -> None:
    made = term(count, 3)
    student = VocabularyTerm(made.hidden, made.weight, made.bias, *scales)
    teacher, (targets, weights) = teacher_of(count), places(count)
    found = vocabulary_losses([student], teacher, targets, weights, temperature, chunk)[0]
    expected = naive(student, teacher, targets, weights, temperature)
    torch.testing.assert_close(found.total, expected.total)
    for scale, mine, theirs in zip(
        scales, (found.kl, found.mlm), (expected.kl, expected.mlm), strict=True
    ):
        torch.testing.assert_close(mine, theirs if scale else torch.zeros_like(theirs))
    for mine, theirs in zip(
        gradients(found.total, student), gradients(expected.total, student), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


def test_rows_that_are_not_sorted_as_on_a_gpu_give_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    student, teacher, (targets, weights) = term(50, 3), teacher_of(50), places(50)

    def unsorted(targets: Tensor, kl_weights: Tensor) -> Rows:
        columns = (targets.clamp(min=0), targets >= 0, kl_weights)
        return Rows(None, targets.shape[0], *(column.unsqueeze(-1) for column in columns))

    monkeypatch.setattr(Rows, "of", staticmethod(unsorted))
    for scales in ((5.0, 2.0), (0.0, 1.0), (1.0, torch.tensor(0.0))):
        scaled = VocabularyTerm(student.hidden, student.weight, student.bias, *scales)
        found = vocabulary_losses([scaled], teacher, targets, weights, 2.0, 16)[0].total
        expected = naive(scaled, teacher, targets, weights, 2.0).total
        torch.testing.assert_close(found, expected)
        for mine, theirs in zip(gradients(found, scaled), gradients(expected, scaled), strict=True):
            torch.testing.assert_close(mine, theirs)


def test_gradcheck() -> None:
    teacher, (targets, weights) = teacher_of(5), places(5, seed=1)
    assert 0 < int((targets >= 0).sum()) < 5

    def total(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        student = VocabularyTerm(hidden, weight, bias, 5.0, torch.tensor(2.0))
        return vocabulary_losses([student], teacher, targets, weights, 2.0, 3)[0].total * 1.5

    made = term(5, 4)
    assert torch.autograd.gradcheck(total, (made.hidden, made.weight, made.bias))


def test_several_students_share_a_teacher_and_nothing_else() -> None:
    count, (targets, weights) = 50, places(50)
    teacher, other = teacher_of(count), term(count, 5, width=4)
    first = term(count, 3)
    students = [
        VocabularyTerm(first.hidden, first.weight, first.bias, 5.0, 2.0),
        VocabularyTerm(other.hidden, other.weight, other.bias, 0.0, 1.0),
        VocabularyTerm(first.hidden, first.weight, first.bias, 1.0, torch.tensor(0.0)),
    ]
    found = vocabulary_losses(students, teacher, targets, weights, 2.0, 16)
    for student, losses in zip(students, found, strict=True):
        alone = vocabulary_losses([student], teacher, targets, weights, 2.0, 16)[0]
        torch.testing.assert_close(vars(losses), vars(alone), rtol=0, atol=0)
        for mine, theirs in zip(
            gradients(losses.total, student),
            gradients(naive(student, teacher, targets, weights, 2.0).total, student),
            strict=True,
        ):
            torch.testing.assert_close(mine, theirs)


def test_without_a_teacher_only_masked_rows_are_learned_from() -> None:
    student, (targets, weights) = term(40, 3), places(40)
    found = vocabulary_losses([student], None, targets, weights, 2.0)[0]
    hidden = gradients(found.total, student)[0]
    assert float(found.kl) == 0
    torch.testing.assert_close(
        found.total,
        functional.cross_entropy(
            student.hidden @ student.weight.t() + student.bias, targets, reduction="sum"
        ),
    )
    assert torch.equal(hidden.abs().sum(-1) > 0, targets >= 0)


def test_no_positions_give_zero_and_zero_gradients() -> None:
    student = term(0, 3)
    empty = torch.zeros(0, dtype=torch.int64), torch.zeros(0)
    found = vocabulary_losses([student], teacher_of(0), *empty, 2.0)[0]
    assert float(found.total.detach()) == 0
    assert [float(part.abs().sum()) for part in gradients(found.total, student)] == [0, 0, 0]
    assert [int(score) for score in held_out_scores(student, None, empty[0])] == [0, 0, 0]


def test_a_student_equal_to_its_teacher_has_no_divergence() -> None:
    student, (targets, weights) = term(40, 3, dtype=torch.float32), places(40)
    teacher = TeacherTerm(
        *(part.detach() for part in (student.hidden, student.weight, student.bias))
    )
    found = vocabulary_losses([student], teacher, targets * 0 - 100, weights, 2.0)[0]
    assert float(found.kl) == 0
    assert max(float(part.abs().max()) for part in gradients(found.total, student)) == 0


def test_a_tied_weight_gathers_gradients_of_every_use_and_batch() -> None:
    made, (targets, weights) = term(30, 3), places(30)
    ids, table = torch.randint(0, WORDS, (30,)), made.weight
    found = []
    for losses in (vocabulary_losses, None):
        table.grad = None
        for part in (slice(0, 11), slice(11, 30)):
            hidden = functional.embedding(ids[part], table)
            student = VocabularyTerm(hidden, table, made.bias, 5.0, 2.0)
            teacher = teacher_of(30)
            teacher = TeacherTerm(teacher.hidden[part], teacher.weight, teacher.bias)
            arguments = teacher, targets[part], weights[part], 2.0
            loss = losses([student], *arguments)[0] if losses else naive(student, *arguments)
            (loss.total / 7).backward()
        found.append(table.grad)
    torch.testing.assert_close(found[0], found[1])


def test_frozen_parts_get_no_gradient_and_evaluation_has_none() -> None:
    made, (targets, weights) = term(20, 3), places(20)
    frozen = VocabularyTerm(made.hidden, made.weight.detach(), made.bias)
    total = vocabulary_losses([frozen], teacher_of(20), targets, weights, 2.0)[0].total
    torch.testing.assert_close(
        torch.autograd.grad(total, made.hidden)[0],
        gradients(naive(made, teacher_of(20), targets, weights, 2.0).total, made)[0],
    )
    with torch.no_grad():
        quiet = vocabulary_losses([made], teacher_of(20), targets, weights, 2.0)[0].total
    assert not quiet.requires_grad
    torch.testing.assert_close(quiet, total.detach())


def test_bf16_autocast_stays_near_float32_and_gradients_keep_their_type() -> None:
    student, (targets, weights) = term(64, 3, dtype=torch.float32), places(64)
    teacher = teacher_of(64)
    teacher = TeacherTerm(
        *(part.float() for part in (teacher.hidden, teacher.weight, teacher.bias))
    )
    expected = gradients(naive(student, teacher, targets, weights, 2.0).total, student)
    with torch.autocast("cpu", torch.bfloat16):
        found = vocabulary_losses([student], teacher, targets, weights, 2.0, 40)[0]
    assert found.total.dtype == torch.float32
    for mine, theirs in zip(gradients(found.total, student), expected, strict=True):
        assert mine.dtype == torch.float32
        assert float((mine - theirs).norm() / theirs.norm()) < 0.02


def test_large_logits_stay_finite() -> None:
    made, (targets, weights) = term(20, 3, dtype=torch.float32), places(20)
    loud = VocabularyTerm(made.hidden.detach().mul(1000).requires_grad_(), made.weight, made.bias)
    found = vocabulary_losses([loud], teacher_of(20), targets, weights, 1.0)[0]
    assert all(part.isfinite().all() for part in gradients(found.total, loud))
    torch.testing.assert_close(
        found.mlm, naive(loud, None, targets, weights, 1.0).mlm.float(), rtol=1e-5, atol=0
    )


def test_held_out_scores_are_likelihood_and_shared_argmaxes() -> None:
    student, teacher, (targets, _) = term(70, 3), teacher_of(70), places(70)
    nats, shared, count = held_out_scores(student, teacher, targets, chunk=9)
    own = student.hidden @ student.weight.t() + student.bias
    theirs = teacher.hidden @ teacher.weight.t() + teacher.bias
    torch.testing.assert_close(nats, functional.cross_entropy(own, targets, reduction="sum"))
    masked = targets >= 0
    assert int(shared) == int((own.argmax(-1) == theirs.argmax(-1))[masked].sum())
    assert int(count) == int(masked.sum())
    same = TeacherTerm(student.hidden, student.weight, student.bias)
    assert int(held_out_scores(student, same, targets)[1]) == int(count)


def test_shapes_that_do_not_fit_are_named() -> None:
    student, (targets, weights) = term(20, 3), places(20)
    cut = TeacherTerm(torch.zeros(20, 4), torch.zeros(WORDS - 1, 4), torch.zeros(WORDS - 1))
    with pytest.raises(ValueError, match=r"teacher's hidden states .* vocabulary of 37"):
        vocabulary_losses([student], cut, targets, weights, 2.0)
    with pytest.raises(ValueError, match="student's hidden states"):
        vocabulary_losses([student], None, targets[:3], weights[:3], 2.0)
    with pytest.raises(ValueError, match="temperature is 0"):
        vocabulary_losses([student], None, targets, weights, 0.0)
