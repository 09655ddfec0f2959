"""The student that ships answers, and its card tells the truth about it."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.config import EvaluateConfig
from bench.evaluate import evaluate
from bench.result import Accuracy, read_result
from export.bundle import record_file
from export.shipped import SHIPPED

MODEL = SHIPPED.folder
PAGE = MODEL.parents[1] / "docs" / "student"
DEV = Path(__file__).resolve().parents[2] / "shared" / "data" / "qa" / "squad11-dev-A.json.gz"


def f1(model: Path) -> dict[str, float]:
    results = evaluate(EvaluateConfig(model))
    return {result.runtime: result.accuracy.f1 for result in results if result.accuracy}


def test_int8_answers_our_sample_like_the_checkpoint(shipped_bundle: Path) -> None:
    (reference,) = f1(MODEL).values()
    found = f1(shipped_bundle)
    assert set(found) == {"tflite", "pte"}
    assert reference > 60
    for score in found.values():
        assert score > reference - 5  # 49 questions: one of them is 2 points


def page_scores() -> dict[str, Accuracy]:
    """What the page says of dev-A, by runtime."""
    results = [read_result(path) for path in (PAGE / "results").glob("*-squad11-dev-A-*.json")]
    return {result.runtime: result.accuracy for result in results if result.accuracy}


def test_int8_loses_little_on_real_questions() -> None:
    scores = page_scores()
    reference = scores.pop("torch")
    assert set(scores) == {"tflite", "pte"}
    for score in scores.values():
        assert score.n == reference.n == 5253
        assert score.f1 > max(82.1, reference.f1 - 0.3)


@pytest.mark.skipif(not DEV.is_file(), reason="../shared/data is not here")
def test_the_files_answer_as_the_page_says(shipped_bundle: Path) -> None:
    page = page_scores()
    results = evaluate(EvaluateConfig(shipped_bundle, (DEV,), questions=150))
    assert {result.runtime for result in results} == {"tflite", "pte"}
    for result in results:
        assert result.accuracy is not None
        known = page[result.runtime].question_f1[:150]
        change = np.subtract(result.accuracy.question_f1, known)
        # Another processor may round a scale in another way: an answer changes here and there.
        assert np.abs(change).mean() < 3
        assert abs(change.mean()) < 1.5


def test_both_files_fit_into_15_megabytes(shipped_bundle: Path) -> None:
    sizes = [path.stat().st_size for path in shipped_bundle.glob("model.*")]
    assert len(sizes) == 2
    assert max(sizes) <= 15_000_000


def test_the_page_has_the_scores_of_these_files(shipped_bundle: Path) -> None:
    """Files by their sizes: another processor may round a scale in another way."""
    results = [read_result(path) for path in sorted((PAGE / "results").glob("*.json"))]
    scored = {one.subject.file_bytes for one in results if one.runtime != "torch"}
    assert scored == {path.stat().st_size for path in shipped_bundle.glob("model.*")}
    (checkpoint,) = (one for one in results if one.runtime == "torch")
    assert checkpoint.subject.file_sha256 == record_file(MODEL / "model.safetensors").sha256


def test_the_card_states_scores_licences_and_origin() -> None:
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    record = json.loads((MODEL / "distill.json").read_text(encoding="utf-8"))
    found = record["pack"]["scores"]["squad11-dev-A.json.gz"]
    assert f"F1 {found['f1']:.2f} (95 % interval {found['f1_low']:.2f} to " in card
    assert found["f1"] > 82.1
    assert "## Limits and bias" in card
    for part in ("license: apache-2.0", "data_license: cc-by-sa-4.0", "all-MiniLM-L6-v2"):
        assert part in card
    assert not [word for word in json.dumps(record).split('"') if word.startswith("/")]
