"""Students of another shape: what they keep is the teacher's, projected as well as can be."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForMaskedLM

from distill.student import make_student
from distill.student_config import StudentConfig


@pytest.fixture(scope="module")
def body(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher without a head."""
    teacher, folder = (tmp_path_factory.mktemp(name) for name in ("teacher", "body"))
    transformers.AutoModel.from_pretrained(make_bert(teacher)).save_pretrained(folder)
    shutil.copyfile(teacher / "vocab.txt", folder / "vocab.txt")
    return folder


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "distill.json").read_text())
    return found


def distances(rows: Tensor) -> Tensor:
    return (rows.double()[:, None] - rows.double()[None]).norm(dim=-1)


@pytest.mark.parametrize("family", ["distilbert", "bert"])
def test_a_narrower_student_keeps_the_geometry_of_the_words(
    make_bert: Callable[..., Path], tmp_path: Path, family: str
) -> None:
    teacher = make_bert(tmp_path / "teacher", layers=2)
    weights = load_file(teacher / "model.safetensors")
    name = "bert.embeddings.word_embeddings.weight"
    flat = torch.randn(len(weights[name]), 8) @ torch.randn(8, 32)  # words of 8 dimensions alone
    weights[name] = flat + torch.randn(32)
    save_file(weights, teacher / "model.safetensors", metadata={"format": "pt"})
    config = StudentConfig(teacher, tmp_path / "out", family=family, width=8, heads=2, head="mlm")
    student = AutoModelForMaskedLM.from_pretrained(make_student(config))
    table = student.get_input_embeddings().weight.detach()
    torch.testing.assert_close(distances(table), distances(flat), atol=1e-5, rtol=1e-5)
    metrics = record(config.out)["metrics"]
    assert metrics["embedding_variance"] == 1.0
    embeddings = [n for n in metrics["random_parts"] if n.startswith(f"{family}.embeddings")]
    assert embeddings == [f"{family}.embeddings.LayerNorm"]
    assert student.config.hidden_size == 8
    inner = (
        student.config.hidden_dim if family == "distilbert" else student.config.intermediate_size
    )
    assert inner == 12  # as many times the width as in the teacher


def test_the_projection_is_the_best_of_its_width(body: Path, tmp_path: Path) -> None:
    config = StudentConfig(body, tmp_path / "out", width=8, heads=2)
    table = load_file(make_student(config) / "model.safetensors")[
        "embeddings.word_embeddings.weight"
    ]
    words = load_file(body / "model.safetensors")["embeddings.word_embeddings.weight"]
    centred = words - words.mean(0)
    singular = torch.linalg.svdvals(centred.double())
    best = float((singular[:8] ** 2).sum() / (singular**2).sum())
    assert float((table**2).sum() / (centred**2).sum()) == pytest.approx(best, rel=1e-5)
    assert record(config.out)["metrics"]["embedding_variance"] == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "random"),
    [({"heads": 2}, "attention"), ({"intermediate": 96}, "ffn")],
)
def test_at_the_teachers_width_only_what_has_another_shape_is_random(
    body: Path, tmp_path: Path, changes: dict[str, int], random: str
) -> None:
    config = StudentConfig(body, tmp_path / "out", (1,), **changes)
    weights = load_file(make_student(config) / "model.safetensors")
    reference = load_file(
        make_student(StudentConfig(body, tmp_path / "same", (1,))) / "model.safetensors"
    )
    parts = record(config.out)["metrics"]["random_parts"]
    assert parts
    assert all(random in part for part in parts)
    for name, value in weights.items():
        if name.rpartition(".")[0] not in parts:
            assert torch.equal(value, reference[name]), name


@pytest.mark.parametrize("family", ["distilbert", "bert"])
def test_a_student_with_fewer_neurons_keeps_those_that_do_something(
    make_bert: Callable[..., Path], tmp_path: Path, family: str
) -> None:
    teacher = make_bert(tmp_path / "teacher", layers=2)
    weights = load_file(teacher / "model.safetensors")
    idle = torch.randperm(48)[:20]
    for layer in range(2):
        weights[f"bert.encoder.layer.{layer}.output.dense.weight"][:, idle] = 0.0
    save_file(weights, teacher / "model.safetensors", metadata={"format": "pt"})
    whole, cut = (
        make_student(
            StudentConfig(teacher, tmp_path / str(inner), (0, 1), family, intermediate=inner)
        )
        for inner in (48, 28)
    )
    assert record(cut)["metrics"]["random_parts"] == []
    models = [transformers.AutoModelForQuestionAnswering.from_pretrained(m) for m in (whole, cut)]
    ids = torch.arange(5, 25)[None]
    with torch.no_grad():
        whole_logits, cut_logits = (model.eval()(ids).start_logits for model in models)
    torch.testing.assert_close(cut_logits, whole_logits)
    shape = models[1].config
    assert (shape.hidden_dim if family == "distilbert" else shape.intermediate_size) == 28
