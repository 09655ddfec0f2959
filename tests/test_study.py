"""The main job on tiny networks: everything is made, and an interrupted study goes on."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.config import StudyConfig
from bench.result import RANDOM, read_results
from bench.reuse import bundle_is_current
from bench.shapes import Shape, write_shape
from bench.study import study
from bench.subject import PACKAGES
from export.config import ExportConfig

FILES = 2 * 2  # models x recipes, one runtime


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> StudyConfig:
    """A student and a stand-in for BERT-base, small enough for a test."""
    root = tmp_path_factory.mktemp("study")
    student = write_shape(Shape("student", "distilbert", 1, 32, 2, 64, 0), root / "student")
    for label in ("weights.json", "README.md"):
        (student / label).unlink()
    write_shape(Shape("bert-base", "bert", 2, 32, 2, 64, 0), root / "runs" / "bert-base")
    return StudyConfig(
        models=(student,),
        shapes=("bert-base",),
        runtimes=("tflite",),
        threads=(1,),
        tokens=(32, 80),
        runs=root / "runs",
        bundles=root / "bundles",
        results=root / "results",
        report=root / "report",
    )


@pytest.fixture(scope="module")
def said(config: StudyConfig) -> list[tuple[str, int, int]]:
    """The progress of the first, complete study."""
    lines: list[tuple[str, int, int]] = []
    study(config, lambda *line: lines.append(line))
    return lines


def _again(config: StudyConfig) -> list[str]:
    lines: list[str] = []
    study(config, lambda text, done, total: lines.append(text))
    return lines


def _times(folder: Path) -> dict[str, int]:
    """When each file was written; a journal is gone when its session is done."""
    files = (p for p in sorted(folder.rglob("[!.]*")) if p.is_file())
    return {p.name: p.stat().st_mtime_ns for p in files}


def test_everything_is_made(config: StudyConfig, said: list[tuple[str, int, int]]) -> None:
    assert {path.name for path in config.bundles.iterdir()} == {
        f"{model}-{recipe}" for model in ("student", "bert-base") for recipe in ("fp32", "int8")
    }
    results = read_results([config.results])
    assert len([r for r in results if r.speed]) == FILES * 2
    assert [r.runtime for r in results if r.accuracy].count("torch") == 1
    assert {r.subject.model for r in results if r.accuracy} == {"student"}
    assert {r.subject.weights for r in results if r.subject.model == "bert-base"} == {RANDOM}
    page = (config.report / "index.html").read_text(encoding="utf-8")
    assert "Against BERT-base" in page
    links = re.findall(r'<a href="([^"]+\.json)"', page)
    assert len(links) == len(results)
    assert all((config.report / link).resolve().is_file() for link in links)
    assert RANDOM in page


def test_progress_counts_to_the_end(said: list[tuple[str, int, int]]) -> None:
    done = [line[1] for line in said]
    assert done == sorted(done)
    assert said[-1][1] == said[-1][2]
    assert len({total for _, _, total in said}) == 1


def test_compared_files_share_a_session(config: StudyConfig, said: object) -> None:
    results = [r for r in read_results([config.results]) if r.speed]
    sessions = {r.speed.session: r.workload.tokens for r in results if r.speed and r.workload}
    assert sorted(sessions.values()) == [32, 80]


def test_a_second_study_uses_everything_again(config: StudyConfig, said: object) -> None:
    before = _times(config.bundles) | _times(config.results)
    lines = _again(config)
    assert _times(config.bundles) | _times(config.results) == before
    assert not any("loading" in line or "question" in line for line in lines)


@pytest.mark.slow
def test_a_desktop_runtime_is_measured_beside_them(config: StudyConfig, said: object) -> None:
    before = _times(config.results)
    asked = replace(config, peers=("torch-eager-fp32",))
    found: list[str] = []
    results = study(asked, lambda text, done, total: found.append(f"{done}/{total} {text}")).results
    assert before.items() <= _times(config.results).items()
    peers = [r for r in results if r.runtime == "torch-eager" and r.workload]
    assert {(r.subject.model, r.workload.tokens) for r in peers if r.workload} == {
        (model, tokens) for model in ("student", "bert-base") for tokens in (32, 80)
    }
    assert all(r.subject.recipe == "fp32" and r.subject.parity for r in peers)
    assert found[-1].split()[0] in {f"{n}/{n}" for n in range(1, 100)}
    assert "torch eager" in (config.report / "report.md").read_text(encoding="utf-8")
    for path in config.results.glob("*torch-eager*"):
        path.unlink()


@pytest.fixture
def refuse(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A function after which one bundle must be made again, and cannot."""

    def build(wanted: ExportConfig, progress: object) -> None:
        raise ValueError(f"{wanted.out.name}: cosine 0.5")

    wholes: dict[Path, str] = {}

    def damage(name: str) -> None:
        path = config.bundles / name / "manifest.json"
        wholes[path] = path.read_text()
        path.write_text("{")

    monkeypatch.setattr("export.build.build_bundle", build)
    yield damage
    for path, text in wholes.items():
        path.write_text(text)


def test_random_weights_that_fail_their_proof_are_left_out(
    config: StudyConfig, said: object, refuse: Callable[[str], None], tmp_path: Path
) -> None:
    refuse("bert-base-int8")
    lines: list[str] = []
    asked = replace(config, results=tmp_path / "results", report=tmp_path / "report")
    found = study(asked, lambda text, done, total: lines.append(f"{done} of {total}: {text}"))
    assert found.left_out == ("bert-base-int8: bert-base-int8: cosine 0.5",)
    assert any("left out: bert-base-int8" in line for line in lines)
    assert {r.subject.recipe for r in found.results if r.subject.model == "bert-base"} == {"fp32"}
    done, total = lines[-1].split(":")[0].split(" of ")
    assert done == total


def test_a_student_that_fails_its_proof_ends_the_study(
    config: StudyConfig, said: object, refuse: Callable[[str], None]
) -> None:
    refuse("student-int8")
    with pytest.raises(ValueError, match=r"student-int8: cosine 0\.5"):
        _again(config)


def test_a_damaged_bundle_is_exported_and_measured_again(config: StudyConfig, said: object) -> None:
    other = _times(config.bundles / "bert-base-int8")
    path = config.bundles / "student-int8" / "model.tflite"
    path.write_bytes(path.read_bytes()[:-1])
    lines = _again(config)
    assert "student-int8: exported" in lines
    assert "student-fp32: exported before, nothing changed" in lines
    assert _times(config.bundles / "bert-base-int8") == other


def test_a_missing_result_is_measured_again_with_all_it_is_compared_with(
    config: StudyConfig, said: object
) -> None:
    before = _times(config.results)
    (config.results / "student-fp32-tflite-1t-80.json").write_text("{")
    _again(config)
    changed = {name for name, time in _times(config.results).items() if before[name] != time}
    assert len(changed) == FILES
    assert all(name.endswith("-1t-80.json") for name in changed)


def _kill_when(config: StudyConfig, condition: Callable[[str], bool]) -> None:
    """Run the study in a process and end it with SIGKILL at a line of its progress."""
    code = (
        "import sys; from pathlib import *; from bench.config import StudyConfig\n"
        "from bench.study import study\n"
        f"study({config!r}, lambda *line: print(line[0], flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if condition(line):
            os.kill(process.pid, signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()


def test_a_kill_while_measuring_loses_nothing_that_was_finished(
    config: StudyConfig, said: object
) -> None:
    for path in config.results.glob("*-1t-*.json"):
        path.unlink()
    _kill_when(config, lambda line: "1t-80: round 2" in line)
    results = read_results([config.results])
    assert {r.workload.tokens for r in results if r.workload} == {32}
    before = _times(config.results)
    _again(config)
    assert before.items() <= _times(config.results).items()
    assert len([r for r in read_results([config.results]) if r.speed]) == FILES * 2


def test_a_kill_while_exporting_leaves_no_half_bundle(config: StudyConfig, said: object) -> None:
    shutil.rmtree(config.bundles / "student-int8")
    _kill_when(config, lambda line: "student-int8: writing" in line)
    assert not (config.bundles / "student-int8").exists()
    lines = _again(config)
    assert "student-int8: exported" in lines
    assert not list(config.bundles.glob(".*.partial"))


def test_a_changed_checkpoint_is_exported_again(config: StudyConfig, said: object) -> None:
    def is_current(asked: StudyConfig) -> bool:
        folder = config.bundles / "student-int8"
        return bundle_is_current(
            folder, config.models[0], "int8", asked.runtimes, asked.scale.tokens
        )

    assert is_current(config)
    assert is_current(replace(config, tokens=(80,))), "it has more than that"
    assert not is_current(replace(config, tokens=(32, 64)))
    assert not is_current(replace(config, tokens=(32, 64, 80)))
    assert not is_current(replace(config, runtimes=("tflite", "pte")))
    path = config.models[0] / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-4] + b"\x00\x00\x80\x3f")
    assert not is_current(config)
    path.write_bytes(content)


def test_mistakes_are_found_before_the_work(config: StudyConfig, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a checkpoint folder"):
        study(replace(config, models=(tmp_path,), bundles=tmp_path / "b"))
    with pytest.raises(ValueError, match="unknown shape 'gpt'"):
        study(replace(config, shapes=("gpt",), bundles=tmp_path / "b"))
    with pytest.raises(ValueError, match="two models are called 'student'"):
        study(replace(config, models=config.models * 2, bundles=tmp_path / "b"))
    with pytest.raises(ValueError, match="unknown peer 'caffe'"):
        study(replace(config, peers=("caffe",), bundles=tmp_path / "b"))
    with pytest.raises(FileNotFoundError, match="no such data file"):
        study(replace(config, data=(tmp_path / "x.json",), bundles=tmp_path / "b"))
    assert not (tmp_path / "b").exists()


def test_a_peer_that_is_not_installed_is_named_before_the_work(
    config: StudyConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PACKAGES, "onnxruntime", "no-such-package")
    with pytest.raises(ValueError, match=r"onnxruntime-int8 needs no-such-package; pip install"):
        study(replace(config, peers=("onnxruntime-int8",)))


def test_a_folder_that_is_no_bundle_is_not_overwritten(config: StudyConfig, tmp_path: Path) -> None:
    mine = tmp_path / "student-int8" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    with pytest.raises(FileExistsError, match="student-int8"):
        study(replace(config, bundles=tmp_path, recipes=("int8",), shapes=()))
    assert mine.read_text() == "keep"


@pytest.mark.parametrize(
    "change",
    [
        {"threads": (0,)},
        {"tokens": ()},
        {"runtimes": ("onnx",)},
        {"models": (), "shapes": ()},
        {"recipes": ()},
        {"questions": 0},
        {"jobs": 0},
        {"quick": True, "full": True},
    ],
)
def test_a_wrong_option_is_refused(config: StudyConfig, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown|must be|needs|opposites"):
        replace(config, **change)  # type: ignore[arg-type]
