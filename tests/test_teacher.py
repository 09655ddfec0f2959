"""A teacher reads what its student reads, or is refused with the reason."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForMaskedLM

from distill.teacher import check_teacher, load_masked_lm, teacher_ids
from tasks.tokenizer import SPECIAL_TOKENS

TOKENS = [*SPECIAL_TOKENS, "a", "b", "c", "##a", "##b", "ab"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def body(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("body"), layers=1)


def test_a_masked_lm_is_loaded_in_float32_for_evaluation(body: Path, tmp_path: Path) -> None:
    AutoModelForMaskedLM.from_pretrained(body).half().save_pretrained(tmp_path)
    model = load_masked_lm(tmp_path, CPU, dropout=0.25)
    assert not model.training
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    assert {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)} == {0.25}
    decoder = model.get_output_embeddings().weight
    assert decoder is model.get_input_embeddings().weight


def test_without_a_masked_lm_head_it_says_how_to_train_one(body: Path) -> None:
    cure = rf"has a qa head.*pretrain --student {body} --text FILES --freeze encoder --out DIR"
    with pytest.raises(ValueError, match=cure):
        load_masked_lm(body, CPU)
    torch.manual_seed(3)
    first = load_masked_lm(body, CPU, new_head=True)
    torch.manual_seed(3)
    second = load_masked_lm(body, CPU, new_head=True)
    head = first.cls.predictions.transform.dense.weight
    torch.testing.assert_close(head, second.cls.predictions.transform.dense.weight)


def test_equal_vocabularies_need_no_map() -> None:
    assert teacher_ids(TOKENS, list(TOKENS)) is None


@given(st.permutations(TOKENS), st.sets(st.sampled_from(TOKENS[5:])))
def test_each_id_of_a_cut_vocabulary_has_its_teachers(order: list[str], gone: set[str]) -> None:
    student = [token for token in order if token not in gone]
    ids = teacher_ids(TOKENS, student)
    if student == TOKENS:
        assert ids is None
        return
    assert ids is not None
    assert ids.dtype == np.int64
    assert [TOKENS[number] for number in ids] == student


def test_a_token_that_the_teacher_lacks_is_named() -> None:
    student = [*TOKENS[:6], "x", "y", "z", "w"]
    found = r"lacks 4 of the student's tokens, first 'x' \(id 6, where the teacher has 'b'\); 'y'"
    with pytest.raises(ValueError, match=found):
        teacher_ids(TOKENS, student)
    with pytest.raises(ValueError, match=r"'more' \(id 11, where the teacher has nothing\)"):
        teacher_ids(TOKENS, [*TOKENS, "more"])


@pytest.mark.parametrize("special", SPECIAL_TOKENS)
def test_a_special_token_that_one_of_them_lacks_is_named(special: str) -> None:
    other = ["<s>" if token == special else token for token in TOKENS]
    cut = [token for token in TOKENS if token != special]
    for teacher, student, name in (
        (TOKENS, other, "student"),
        (other, TOKENS, "teacher"),
        (TOKENS, cut, "student"),
    ):
        with pytest.raises(ValueError, match=rf"the {name}'s vocabulary has no \{special}"):
            teacher_ids(teacher, student)


def test_both_models_must_take_the_longest_sequence() -> None:
    short, long = (
        SimpleNamespace(config=SimpleNamespace(max_position_embeddings=n)) for n in (128, 512)
    )
    check_teacher(long, short, 128)
    for models, name in (((short, long), "teacher"), ((long, short), "student")):
        with pytest.raises(ValueError, match=rf"the {name} has positions for 128.*--max-length"):
            check_teacher(*models, 129)
