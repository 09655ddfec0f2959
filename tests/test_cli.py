"""The command line: instant help, errors with a cure on one line, exit codes 0, 1 and 2."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import distilbert_mobile
from distilbert_mobile import COMMANDS, main
from tasks.squad import sample_path

ROOT = Path(__file__).resolve().parents[1]
SLOW_TO_IMPORT = {
    "ai_edge_litert", "datasets", "executorch", "jax", "litert_torch", "matplotlib", "onnxruntime",
    "pandas", "scipy", "sklearn", "tensorflow", "torch", "torchao", "transformers",
}  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_is_instant(arguments: list[str]) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "distilbert_mobile", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found.stdout.startswith("usage: distilbert-mobile")
    imported = {line.rsplit("|", 1)[-1].strip() for line in found.stderr.splitlines()}
    assert "argparse" in imported
    assert not SLOW_TO_IMPORT & imported
    # CPU time, since the wall time of a shared machine says little; a slow one takes 0.35 s.
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 1


def test_every_flag_has_a_help_text_and_the_default_of_its_dataclass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["finetune", "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    rate = "peak learning rate of AdamW (default: 5e-05; paper, labels: 2e-05)"
    assert f"--learning-rate X {rate}" in shown
    assert "--student TEXT checkpoint to start from: a folder or a Hub id" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["ask"],
        ["export", "x", "--out", "y", "--recpie", "int8"],
        ["export", "x", "--out", "y", "--rec", "int8"],
        ["bench", "x", "--threads", "many"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: distilbert-mobile" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["export", "nowhere", "--out", "b"], "nowhere"),
        (["export", "nowhere", "--out", "b", "--recipe", "int3"], "int3"),
        (["export", "nowhere", "--out", "b", "--runtime", "onnx"], "onnx"),
        (["inspect", "nowhere"], "nowhere"),
        (["ask", "nowhere", "Why?", "--context", "nothing.txt"], "nothing.txt"),
        (["evaluate", "nowhere"], "nowhere"),
        (["report", "nowhere"], "nowhere"),
        (["study", "--models", "nowhere"], "nowhere"),
        (["student", "--teacher", "nowhere", "--out", "s"], "nowhere"),
        (["finetune", "--student", "x", "--out", "y", "--data", "z", "--task", "poetry"], "poetry"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_1(
    arguments: list[str],
    found: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert found in error
    assert list(tmp_path.iterdir()) == []


def test_our_own_mistakes_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise AssertionError("a defect")

    command = COMMANDS["report"]
    monkeypatch.setitem(
        distilbert_mobile.COMMANDS,
        "report",
        type(command)(command.help, command.config, command.positional, broken, print),
    )
    with pytest.raises(AssertionError):
        main(["report"])


def test_json_of_a_command_is_json(
    make_bert: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = make_bert(tmp_path / "teacher", max_position_embeddings=512)
    arguments = ["evaluate", str(teacher), "--questions", "2", "--json"]
    assert main([*arguments, "--data", str(sample_path())]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert result["accuracy"]["n"] == 2
