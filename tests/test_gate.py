"""The gates of an export: task scores on shipped bytes, and parity, with the evidence kept."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from distilbert_mobile import main
from export.bundle import load_bundle
from export.gate import Answered, check_drop, compare
from tasks.squad import read_squad, sample_path


def answers(*scores: float, words: str = "") -> list[Answered]:
    texts = words or "a" * len(scores)
    return [
        Answered(str(i), f"question {i}", texts[i], (float(score == 1), score))
        for i, score in enumerate(scores)
    ]


def test_scores_and_changed_answers_come_from_the_same_questions() -> None:
    judged = compare(answers(1, 0.5, 0, 1), answers(1, 0.5, 1, 0, words="aaba"), "dev")
    found = judged.accuracy
    assert (found.n, found.f1, found.checkpoint_f1) == (4, 62.5, 62.5)
    assert (found.exact_match, found.checkpoint_exact_match) == (50, 50)
    assert found.changed == 1
    (changed,) = judged.changed
    assert (changed.id, changed.checkpoint, changed.file) == ("2", "a", "b")
    assert (changed.checkpoint_f1, changed.file_f1) == (0, 100)


def test_equal_answers_have_an_interval_of_nothing() -> None:
    found = compare(answers(1, 0.3), answers(1, 0.3), "dev").accuracy
    assert (found.f1_change_low, found.f1_change_high, found.changed) == (0, 0, 0)


def test_a_loss_over_the_limit_is_refused_with_its_numbers() -> None:
    judged = {"pte": compare(answers(1, 1, 1, 1), answers(1, 1, 1, 0.9), "dev.json")}
    check_drop(judged, 2.5)
    check_drop({"pte": compare(answers(0), answers(1), "dev.json")}, 0.0)
    with pytest.raises(ValueError, match=r"pte file loses 2\.50 F1 of .* 100\.00 on 4 .*dev\.json"):
        check_drop(judged, 2.4)


def test_no_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to answer in dev"):
        compare([], [], "dev")


@pytest.fixture(scope="module")
def checkpoint(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("checkpoint"), layers=2, hidden_size=64)


def export(checkpoint: Path, out: Path, *flags: str) -> int:
    command = ["export", str(checkpoint), "--out", str(out), "--buckets", "48", *flags]
    return main([*command, "--runtime", "tflite"])


def test_a_bundle_carries_the_scores_of_its_bytes(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = tmp_path / "bundle", str(sample_path())
    gate = ("--gate-data", data, "--gate-questions", "8", "--max-f1-drop", "100")
    assert export(checkpoint, out, *gate) == 0
    accuracy = load_bundle(out).manifest.models["tflite"].accuracy
    assert accuracy is not None
    assert (accuracy.n, accuracy.data) == (8, sample_path().name)
    assert f"F1 {accuracy.f1:.2f} against" in capsys.readouterr().out
    evidence = json.loads((tmp_path / "bundle.evidence" / "accuracy.json").read_text())
    changed = evidence["judged"]["tflite"]["changed"]
    assert len(changed) == accuracy.changed
    known = {question.id for question in read_squad([sample_path()])}
    assert {one["id"] for one in changed} <= known


def test_a_failed_gate_exits_with_1_and_leaves_the_evidence_and_no_bundle(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    gate = ("--gate-data", str(sample_path()), "--gate-questions", "4", "--max-f1-drop", "-200")
    assert export(checkpoint, out, *gate) == 1
    assert "at most -200 is allowed" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.evidence"]


def test_a_file_out_of_parity_is_kept_as_evidence_and_its_layer_is_named(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An outlier in one input of a linear leaves no steps for the others in 8 bits."""
    folder = tmp_path / "checkpoint"
    shutil.copytree(checkpoint, folder)
    weights = load_file(folder / "model.safetensors")
    layer = "bert.encoder.layer.1"
    weights[f"{layer}.intermediate.dense.bias"][0] = 1e4
    weights[f"{layer}.output.dense.weight"][:, 1:] *= 20.0
    weights[f"{layer}.output.dense.weight"][:, 0] *= 1e-4
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    out = tmp_path / "bundle"
    assert export(folder, out) == 1
    error = capsys.readouterr().err
    assert "does not compute what the checkpoint does" in error
    assert "the first place that departs is layer_1" in error
    assert not out.exists()
    evidence = tmp_path / "bundle.evidence"
    assert {path.name for path in evidence.iterdir()} == {"model.tflite", "parity-tflite.json"}
    report = json.loads((evidence / "parity-tflite.json").read_text())
    cosines = {place["place"]: place["cosine"] for place in report["places"]}
    assert cosines["layer_0"] > 0.99 > cosines["layer_1"]
    assert export(folder, out, "--keep", "layers.1.down") == 0
    assert load_bundle(out).manifest.recipe == "int8, float32: layers.1.down"
    assert not evidence.exists()
