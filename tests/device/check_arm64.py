"""The model that ships on an ARM64 phone: our runner, the real adb and adbd, an emulated CPU.

Answers are real, times are not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agree import Input, check_agreement
from box import Box
from short import PATIENT, config_for, connect, make_box

from bench.config import EvaluateConfig, ReportConfig
from bench.evaluate import evaluate
from bench.phone import score
from bench.phone.adb import Adb
from bench.phone.measure import PhonePlan, bench_phones
from bench.phone.score import evaluate_phones
from bench.report import report
from bench.result import read_results
from export.bundle import Bundle
from tasks.answers import Logits
from tasks.squad import read_squad, sample_path


@pytest.fixture(scope="module")
def arm(adb: Adb) -> Iterator[tuple[Box, str]]:
    box = make_box("arm64", "arm64")
    serial = connect(adb, box.port)
    yield box, serial
    adb.run(["disconnect", serial], 20)
    box.stop()


def test_measured_pulled_and_reported(
    adb: Adb, arm: tuple[Box, str], bundle: Bundle, tmp_path: Path
) -> None:
    box, serial = arm
    before = box.snapshot()
    config = config_for(bundle, serial, tmp_path / "results")
    plan = PhonePlan(rounds=1, seconds=0.1, warmup=0, runs=1, timeout_s=300)
    (result,) = bench_phones(config, lambda line: None, PATIENT, adb, plan)
    assert result.runner == "litert_runner"
    assert "aarch64 wheel" in result.runtime_version
    assert result.device.processor.endswith("arm64-v8a")
    assert box.snapshot() == before
    report(ReportConfig((tmp_path / "results",), tmp_path / "report"))
    page = (tmp_path / "report" / "report.md").read_text()
    assert "phone in a box" in page


def test_answers_and_logits_are_those_of_x86(
    adb: Adb,
    arm: tuple[Box, str],
    bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """EM and F1 of our whole sample, and every logit behind them."""
    _, serial = arm
    seen: dict[Input, Logits] = {}
    run_there = score._run

    def run_and_look(*arguments: Any) -> dict[Input, Logits]:
        seen.update(run_there(*arguments))
        return seen

    monkeypatch.setattr(score, "_run", run_and_look)
    config = EvaluateConfig(
        bundle.folder, runtimes=("tflite",), out=tmp_path / "results", device=f"adb:{serial}"
    )
    (there,) = evaluate_phones(config, care=PATIENT, adb=adb)
    assert read_results([tmp_path / "results"]) == [there]
    assert there.device.kind == "emulated"
    ties = check_agreement(bundle, "tflite", read_squad([sample_path()]), seen)
    (here,) = evaluate(EvaluateConfig(bundle.folder, runtimes=("tflite",)))
    assert here.accuracy is not None
    assert there.accuracy is not None
    assert there.accuracy.data == here.accuracy.data
    pairs = zip(there.accuracy.question_f1, here.accuracy.question_f1, strict=True)
    assert sum(one != other for one, other in pairs) <= ties
