"""Shipped files and checkpoints go through the same code, and the score says on which data."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.config import EvaluateConfig
from bench.evaluate import evaluate
from bench.measured import data_name
from bench.result import Accuracy, NullThreshold, read_results
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


@pytest.fixture
def half_answerable(tmp_path: Path) -> Path:
    document = json.loads(sample_path().read_text(encoding="utf-8"))
    asked = [one for part in document["data"][0]["paragraphs"] for one in part["qas"]][:QUESTIONS]
    for one in asked[::2]:
        one |= {"answers": [], "is_impossible": True}
    paragraphs = document["data"][0]["paragraphs"]
    for part in paragraphs:
        part["qas"] = [one for one in part["qas"] if one in asked]
    document["data"] = [{"title": "half", "paragraphs": [p for p in paragraphs if p["qas"]]}]
    path = tmp_path / "half.json"
    path.write_text(json.dumps(document))
    return path


def _f1_under(bundle: Path, data: Path, threshold: str | None) -> Accuracy:
    (result,) = evaluate(EvaluateConfig(bundle, (data,), null_threshold=threshold))
    assert result.accuracy
    return result.accuracy


def test_a_null_threshold_gives_up_questions(bundle: Path, half_answerable: Path) -> None:
    always = _f1_under(bundle, half_answerable, None)
    never = _f1_under(bundle, half_answerable, "-1e9")
    assert always.null_threshold is None
    assert _f1_under(bundle, half_answerable, "1e9").f1 == always.f1
    assert never.f1 == pytest.approx(100 * sum(f == 100 for f in never.question_f1) / never.n)
    assert never.null_threshold == NullThreshold(-1e9, False, 0.0, 100.0)


def test_the_best_null_threshold_scores_the_same_when_given(
    bundle: Path, half_answerable: Path
) -> None:
    best = _f1_under(bundle, half_answerable, "best")
    found = best.null_threshold
    assert found
    assert found.tuned
    ends = [_f1_under(bundle, half_answerable, end).f1 for end in ("-1e9", "1e9")]
    assert best.f1 >= max(ends)
    given = _f1_under(bundle, half_answerable, repr(found.value))
    assert given == replace(best, null_threshold=replace(found, tuned=False))


def test_both_scores_of_one_file_are_kept(
    bundle: Path, half_answerable: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results"
    for threshold in (None, "best"):
        evaluate(EvaluateConfig(bundle, (half_answerable,), null_threshold=threshold, out=out))
    names = {data_name(found.accuracy) for found in read_results([out]) if found.accuracy}
    assert len(names) == 2  # a report does not take one for the other


def test_best_thresholds_of_several_files_are_one_column() -> None:
    (found,) = read_results([Path(__file__).parent / "golden" / "results" / "accuracy.json"])
    assert found.accuracy
    rule = found.accuracy.null_threshold
    assert rule
    higher = replace(found.accuracy, null_threshold=replace(rule, value=rule.value + 1))
    assert data_name(higher) == data_name(found.accuracy)


@pytest.mark.parametrize("text", ["", "nan", "inf", "half"])
def test_a_null_threshold_is_a_number(bundle: Path, text: str) -> None:
    with pytest.raises(ValueError, match="null_threshold must be a number or 'best'"):
        EvaluateConfig(bundle, null_threshold=text)


def test_the_best_null_threshold_needs_questions_without_an_answer(bundle: Path) -> None:
    with pytest.raises(ValueError, match="every question has an answer"):
        evaluate(EvaluateConfig(bundle, null_threshold="best"))
