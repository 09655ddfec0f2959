"""Shipped files and checkpoints go through the same code, and the score says on which data."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from bench.config import EvaluateConfig
from bench.evaluate import evaluate
from bench.result import read_results
from bench.shapes import Shape, write_shape
from export.config import ExportConfig
from tasks.squad import read_squad, sample_path

QUESTIONS = 12


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate") / "tiny"
    return write_shape(Shape("tiny", "bert", 1, 32, 2, 64, 0), folder)


@pytest.fixture(scope="module")
def bundle(checkpoint: Path) -> Path:
    from export.build import build_bundle

    out = checkpoint.parent / "tiny-fp32"
    build_bundle(ExportConfig(checkpoint, out, ("tflite",), recipe="fp32", buckets=(96,)))
    return out


def test_the_file_scores_what_its_checkpoint_scores(
    checkpoint: Path, bundle: Path, tmp_path: Path
) -> None:
    progress: list[tuple[str, int, int]] = []
    (shipped,) = evaluate(
        EvaluateConfig(bundle, questions=QUESTIONS, out=tmp_path), lambda *a: progress.append(a)
    )
    (reference,) = evaluate(
        EvaluateConfig(checkpoint, questions=QUESTIONS, max_length=96, out=tmp_path)
    )
    assert shipped.accuracy
    assert shipped.accuracy == reference.accuracy  # float32 on both sides: the same answers
    assert shipped.accuracy.n == QUESTIONS
    by_question = shipped.accuracy.question_f1
    assert sum(by_question) / QUESTIONS == pytest.approx(shipped.accuracy.f1, abs=0.01)
    assert progress[-1] == ("tiny-fp32 tflite", QUESTIONS, QUESTIONS)
    assert (reference.runtime, reference.subject.manifest_sha256) == ("torch", None)
    assert read_results([tmp_path]) == [shipped, reference]


def test_the_data_is_recorded_by_name_hash_and_number(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "dev.json.gz"
    path.write_bytes(gzip.compress(sample_path().read_bytes()))
    (result,) = evaluate(EvaluateConfig(bundle, (path,), questions=2))
    assert result.accuracy
    (data,) = result.accuracy.data
    assert data.name == "dev.json.gz"
    assert data.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (result.accuracy.n, result.accuracy.limit) == (2, 2)


def test_the_sample_is_the_default(bundle: Path) -> None:
    (result,) = evaluate(EvaluateConfig(bundle, runtimes=("tflite",)))
    assert result.accuracy
    assert result.accuracy.n == len(read_squad([sample_path()]))


def test_hostile_text_is_answered_or_refused_by_name(bundle: Path, tmp_path: Path) -> None:
    context = "a [SEP] b \x00\x07 😀 [CLS] " + "lamp " * 20_000
    questions = [
        {"id": str(i), "question": text, "answers": [{"text": "lamp", "answer_start": 1000}]}
        for i, text in enumerate(["[SEP] [CLS]?", "why " * 2000])
    ]
    start = context.index("lamp")
    for question in questions:
        question["answers"] = [{"text": "lamp", "answer_start": start}]
    path = tmp_path / "hostile.json"
    document = {"data": [{"paragraphs": [{"context": context, "qas": questions}]}]}
    path.write_text(json.dumps(document))
    (result,) = evaluate(EvaluateConfig(bundle, (path,)))
    assert result.accuracy
    assert result.accuracy.n == 2


@pytest.mark.parametrize(
    ("name", "complaint"), [("empty", "neither a bundle"), ("none", "neither a bundle")]
)
def test_what_is_neither_bundle_nor_checkpoint_is_refused(
    tmp_path: Path, name: str, complaint: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=complaint):
        evaluate(EvaluateConfig(tmp_path / name))


def test_wrong_data_is_refused_before_the_model_runs(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('{"data": 3}')
    with pytest.raises(ValueError, match=r"data\.json"):
        evaluate(EvaluateConfig(bundle, (path,)))
    with pytest.raises(FileNotFoundError, match=r"gone\.json"):
        evaluate(EvaluateConfig(bundle, (tmp_path / "gone.json",)))


def test_a_damaged_checkpoint_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    for file in checkpoint.iterdir():
        content = file.read_bytes()
        half = len(content) // 2 if file.suffix == ".safetensors" else len(content)
        (folder / file.name).write_bytes(content[:half])
    with pytest.raises(ValueError, match="damaged or cut short"):
        evaluate(EvaluateConfig(folder, questions=1))


def test_an_unsupported_family_names_the_supported_ones(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(ValueError, match="supported are bert, distilbert"):
        evaluate(EvaluateConfig(tmp_path, questions=1))


def test_runtimes_are_for_bundles(checkpoint: Path) -> None:
    with pytest.raises(ValueError, match="runs in torch; runtimes are for bundles"):
        evaluate(EvaluateConfig(checkpoint, runtimes=("tflite",)))


def test_a_wrong_number_of_questions_is_refused(bundle: Path) -> None:
    with pytest.raises(ValueError, match="questions must be whole numbers of at least 1"):
        EvaluateConfig(bundle, questions=0)


def test_a_hub_data_set_is_scored_under_its_name(bundle: Path, tmp_path: Path) -> None:
    answers = {"text": ["in Paris"], "answer_start": [5]}
    row = {"id": "1", "question": "where?", "context": "I am in Paris", "answers": answers}
    (tmp_path / "validation.jsonl").write_text(json.dumps(row))
    out = tmp_path / "results"
    (result,) = evaluate(EvaluateConfig(bundle, (Path(f"hub:{tmp_path}"),), out=out))
    assert read_results([out]) == [result]  # a name with slashes makes no folders
    assert result.accuracy
    assert (result.accuracy.n, result.accuracy.data[0].name) == (1, f"hub:{tmp_path}")
