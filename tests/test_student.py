"""A student computes what its teacher computes with the other layers left out."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForQuestionAnswering, GPT2Config

from distill.student import every_other_layer, make_student
from distill.student_config import StudentConfig
from tasks.tokenizer import load_tokenizer

IDS = torch.tensor([[2, 9, 8, 3, 7, 12, 11, 3], [2, 5, 3, 6, 3, 0, 0, 0]])
MASK = (IDS != 0).long()


@pytest.fixture(scope="module")
def teacher(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("teacher"))


def test_the_default_layers_are_the_papers() -> None:
    assert every_other_layer(12) == (0, 2, 4, 7, 9, 11)
    assert every_other_layer(6) == (0, 2, 5)
    assert every_other_layer(1) == (0,)


@pytest.mark.parametrize("layers", [None, (1, 2), (3,)])
@pytest.mark.parametrize("family", ["distilbert", "bert"])
def test_it_equals_the_teacher_with_the_other_layers_removed(
    teacher: Path, tmp_path: Path, family: str, layers: tuple[int, ...] | None
) -> None:
    out = make_student(StudentConfig(teacher, tmp_path / "student", layers, family))
    student = AutoModelForQuestionAnswering.from_pretrained(out).eval()
    reference = AutoModelForQuestionAnswering.from_pretrained(teacher).eval()
    encoder = reference.bert.encoder
    encoder.layer = torch.nn.ModuleList([encoder.layer[i] for i in layers or (0, 3)])
    # DistilBERT knows no token types: it is equal where all of them are those of a first segment.
    types = torch.zeros_like(IDS)
    if family == "bert":
        types[:, 4:] = 1
    with torch.no_grad():
        expected = reference(IDS, attention_mask=MASK, token_type_ids=types)
        extra = {"token_type_ids": types} if family == "bert" else {}
        found = student(IDS, attention_mask=MASK, **extra)
    for name in ("start_logits", "end_logits"):
        real = MASK.bool()
        torch.testing.assert_close(found[name][real], expected[name][real], atol=1e-5, rtol=1e-5)
    assert load_tokenizer(out).tokens == load_tokenizer(teacher).tokens


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"layers": (4,)}, r"layers \[4\] cannot be kept.*0 to 3"),
        ({"layers": (2, 1)}, "rising order"),
        ({"layers": (1, 1)}, "each once"),
        ({"family": "gpt2"}, "'gpt2' is unknown; known: bert, distilbert"),
    ],
)
def test_what_cannot_be_cut_is_refused(
    teacher: Path, tmp_path: Path, changes: dict[str, object], found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        make_student(StudentConfig(teacher, tmp_path / "student", **changes))
    assert list(tmp_path.iterdir()) == []


def test_other_families_and_missing_teachers_are_refused(tmp_path: Path) -> None:
    GPT2Config(n_layer=1).save_pretrained(tmp_path / "gpt2")
    with pytest.raises(ValueError, match=r"family 'gpt2'; supported: bert"):
        make_student(StudentConfig(tmp_path / "gpt2", tmp_path / "student"))
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        make_student(StudentConfig(tmp_path / "nothing", tmp_path / "student"))


def test_an_existing_folder_stays_unless_forced(teacher: Path, tmp_path: Path) -> None:
    out = tmp_path / "student"
    out.mkdir()
    (out / "precious").touch()
    with pytest.raises(FileExistsError, match="--force"):
        make_student(StudentConfig(teacher, out))
    assert [path.name for path in out.iterdir()] == ["precious"]
    make_student(StudentConfig(teacher, out, force=True))
    assert (out / "config.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["student"]
