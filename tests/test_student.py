"""A student computes what its teacher computes with the other layers left out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForQuestionAnswering, GPT2Config

from distill.student import every_other_layer, make_student
from distill.student_config import StudentConfig
from tasks.tokenizer import load_tokenizer

WORDS = "embeddings.word_embeddings.weight"
IDS = torch.tensor([[2, 9, 8, 3, 7, 12, 11, 3], [2, 5, 3, 6, 3, 0, 0, 0]])
MASK = (IDS != 0).long()


@pytest.fixture(scope="module")
def teacher(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="module")
def body(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The teacher without its head."""
    folder = tmp_path_factory.mktemp("body")
    transformers.AutoModel.from_pretrained(teacher).save_pretrained(folder)
    shutil.copyfile(teacher / "vocab.txt", folder / "vocab.txt")
    return folder


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "distill.json").read_text())
    return found


def count(model: Any) -> int:
    return sum(value.numel() for value in model.parameters())


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
        ({"layers": ()}, r"layers \[\] cannot be kept"),
        ({"depth": 5}, "depth 5 is more than the teacher's 4 layers.*--random-start"),
        ({"depth": 2, "layers": (0, 1)}, "give one of them"),
        ({"depth": 0}, "depth must be at least 1: 0"),
        ({"width": 20, "heads": 3}, "width 20 cannot be divided among 3 attention heads"),
        ({"width": 64}, "width 64 is more than the teacher's 32"),
        ({"head": "ner"}, "head 'ner' is unknown; known: auto, mlm, qa"),
        ({"vocab_size": 100}, "give --vocab-from"),
        ({"vocab_from": (Path("x"),), "vocab_min_count": 0}, "vocab_min_count must be at least 1"),
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


@pytest.mark.parametrize("family", ["distilbert", "bert"])
@pytest.mark.parametrize(
    ("kind", "output"),
    [("", "last_hidden_state"), ("ForMaskedLM", "logits"), ("ForSequenceClassification", "logits")],
)
def test_with_all_layers_it_computes_what_the_teacher_does(
    body: Path, tmp_path: Path, family: str, kind: str, output: str
) -> None:
    auto = getattr(transformers, f"AutoModel{kind}")
    torch.manual_seed(1)
    reference = auto.from_pretrained(body, num_labels=3).eval()
    for weight in reference.parameters():  # biases of a new head are 0, which any loss resembles
        weight.data += 0.05 * torch.randn_like(weight)
    reference.save_pretrained(tmp_path / "teacher")
    shutil.copyfile(body / "vocab.txt", tmp_path / "teacher" / "vocab.txt")
    config = StudentConfig(tmp_path / "teacher", tmp_path / "student", (0, 1, 2, 3), family)
    student = auto.from_pretrained(make_student(config)).eval()
    metrics = record(config.out)["metrics"]
    if kind == "ForSequenceClassification" and family == "distilbert":
        # BERT's head has a tanh where DistilBERT's has a ReLU: its weights would mislead.
        assert metrics["random_parts"] == ["classifier", "pre_classifier"]
        assert student.config.id2label == reference.config.id2label
        return
    assert metrics["random_parts"] == []
    types = {} if family == "distilbert" else {"token_type_ids": torch.zeros_like(IDS)}
    with torch.no_grad():
        found = student(IDS, attention_mask=MASK, **types)[output]
        expected = reference(IDS, attention_mask=MASK)[output]
    if found.ndim == 3:
        found, expected = found[MASK.bool()], expected[MASK.bool()]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_the_decoder_of_a_masked_lm_stays_tied(body: Path, tmp_path: Path) -> None:
    for family in ("bert", "distilbert"):
        config = StudentConfig(body, tmp_path / family, family=family, head="mlm")
        student = AutoModelForMaskedLM.from_pretrained(make_student(config))
        decoder = student.get_output_embeddings().weight
        assert decoder is student.get_input_embeddings().weight
        names = load_file(config.out / "model.safetensors")
        assert sum(value.numel() for value in names.values()) == count(student)


def test_a_head_that_the_teacher_lacks_starts_random_from_the_seed(
    body: Path, tmp_path: Path
) -> None:
    heads = []
    for number, seed in enumerate((1, 1, 2)):
        config = StudentConfig(body, tmp_path / str(number), head="mlm", seed=seed)
        weights = load_file(make_student(config) / "model.safetensors")
        heads.append(weights["vocab_transform.weight"])
        metrics = record(config.out)["metrics"]
        parts = ["vocab_layer_norm", "vocab_projector", "vocab_transform"]
        assert (metrics["head"], metrics["random_parts"]) == ("mlm", parts)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_making_a_student_leaves_torchs_generator_alone(body: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    make_student(StudentConfig(body, tmp_path / "student", head="mlm"))
    assert torch.equal(torch.rand(1), expected)


def test_a_distilbert_is_a_teacher_too(body: Path, tmp_path: Path) -> None:
    make_student(StudentConfig(body, tmp_path / "first", (0, 1, 2, 3)))
    config = StudentConfig(tmp_path / "first", tmp_path / "second", (1, 3))
    make_student(config)
    first, second = (load_file(tmp_path / n / "model.safetensors") for n in ("first", "second"))
    for name, value in second.items():
        source = name.replace("layer.1.", "layer.3.").replace("layer.0.", "layer.1.")
        assert torch.equal(value, first[source]), name
    with pytest.raises(ValueError, match="no token types for a student of family bert"):
        make_student(StudentConfig(tmp_path / "first", tmp_path / "bert", family="bert"))


def test_a_random_start_takes_the_shape_alone(body: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "vocab.txt"):  # no weights are needed
        shutil.copyfile(body / name, bare / name)
    tables = []
    for number, seed in enumerate((1, 1, 2)):
        out = tmp_path / str(number)
        config = StudentConfig(bare, out, (0, 3), head="mlm", random_start=True, seed=seed)
        make_student(config)
        metrics = record(out)["metrics"]
        assert metrics["random_parameters"] == metrics["parameters"]
        tables.append(load_file(out / "model.safetensors")[f"distilbert.{WORDS}"])
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])
    assert tables[0].std() == pytest.approx(0.02, rel=0.1)
    shape = AutoConfig.from_pretrained(out)
    assert (shape.n_layers, shape.dim) == (2, 32)
    deep = StudentConfig(bare, tmp_path / "deep", depth=6, width=64, random_start=True)
    assert AutoConfig.from_pretrained(make_student(deep)).n_layers == 6
    assert AutoConfig.from_pretrained(deep.out).dim == 64


def test_the_record_names_no_path_of_this_machine(body: Path, tmp_path: Path) -> None:
    out = make_student(StudentConfig(body, tmp_path / "student", seed=7))
    text = (out / "distill.json").read_text()
    assert str(tmp_path) not in text
    assert record(out)["config"]["teacher"] == body.name
    assert record(out)["config"]["layers"] == [0, 3]
    assert record(out)["inputs"]["teacher"].keys() == {"config.json", "model.safetensors"}


def test_the_default_layers_are_the_papers() -> None:
    assert every_other_layer(12) == (0, 2, 4, 7, 9, 11)
    assert every_other_layer(6) == (0, 2, 5)
    assert every_other_layer(1) == (0,)
    assert every_other_layer(12, 4) == (0, 4, 7, 11)
    assert every_other_layer(6, 1) == (0,)
    assert every_other_layer(3, 3) == (0, 1, 2)
