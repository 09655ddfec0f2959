"""`glue` trains every task from its official files, goes on where it was, and means the scores."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from distilbert_mobile import main
from distill.glue import glue, task_config
from distill.glue_config import GlueConfig
from distill.job import Progress
from tasks.glue import GLUE

# Folder and lines of each task's files; X and Y are texts, L the label.
LAYOUTS = {
    "cola": ("CoLA", "", "gj\tL\t\tX", "0 1"),
    "sst2": ("SST-2", "sentence\tlabel", "X\tL", "0 1"),
    "mrpc": ("MRPC", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", "L\t1\t2\tX\tY", "0 1"),
    "stsb": ("STS-B", "index\tsentence1\tsentence2\tscore", "0\tX\tY\tL", "0.5 4.5"),
    "qqp": ("QQP", "id\tquestion1\tquestion2\tis_duplicate", "0\tX\tY\tL", "0 1"),
    "mnli": (
        "MNLI",
        "sentence1\tsentence2\tgold_label",
        "X\tY\tL",
        "entailment neutral contradiction",
    ),
    "qnli": ("QNLI", "index\tquestion\tsentence\tlabel", "0\tX\tY\tL", "entailment not_entailment"),
    "rte": ("RTE", "index\tsentence1\tsentence2\tlabel", "0\tX\tY\tL", "entailment not_entailment"),
    "wnli": ("WNLI", "index\tsentence1\tsentence2\tlabel", "0\tX\tY\tL", "0 1"),
}


def write_task(folder: Path, header: str, row: str, labels: list[str]) -> None:
    folder.mkdir(parents=True)
    lines = [header] if header else []
    for number in range(12):
        at = number % len(labels)
        texts = row.replace("X", "ab"[at % 2] * 2).replace("Y", "is it").replace("L", labels[at])
        lines.append(texts)
    parts = ("dev_matched", "dev_mismatched") if folder.name == "MNLI" else ("dev",)
    for name in ("train", *parts):
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    (folder / "test.tsv").write_text("no labels here\n")


@pytest.fixture(scope="module")
def config(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> GlueConfig:
    root = tmp_path_factory.mktemp("glue")
    for folder, header, row, labels in LAYOUTS.values():
        write_task(root / "data" / folder, header, row, labels.split())
    return GlueConfig(
        make_bert(root / "bert", layers=1),
        root / "out",
        root / "data",
        epochs=1,
        max_length=16,
        dropout=0.0,
        precision="fp32",
        learning_rate=3e-3,
    )


def ignore(progress: Progress) -> None:
    """Nobody looks."""


def test_nine_tasks_end_in_one_table(
    config: GlueConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    trained: list[str] = []

    def interrupt(progress: Progress) -> None:
        if progress.scores is not None and "mrpc" not in trained:
            trained.append("mrpc" if len(trained) == 2 else "")
            if "mrpc" in trained:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        glue(config, interrupt)
    partial = config.out.with_name("out.partial")
    first = (partial / "cola" / "model.safetensors").stat().st_mtime_ns
    found = glue(config, ignore)
    assert (config.out / "cola" / "model.safetensors").stat().st_mtime_ns == first
    assert list(found.scores) == list(GLUE)
    assert set(found.scores["mnli"]) == {"score", "accuracy", "accuracy_mm"}
    assert set(found.scores["mrpc"]) == {"score", "accuracy", "f1"}
    assert set(found.scores["stsb"]) == {"score", "pearson", "spearman"}
    assert set(found.scores["cola"]) == {"score", "matthews"}
    eight = [scores["score"] for task, scores in found.scores.items() if task != "wnli"]
    assert found.macro_without_wnli == pytest.approx(sum(eight) / 8)
    assert found.macro == pytest.approx((sum(eight) + found.scores["wnli"]["score"]) / 9)
    assert json.loads((config.out / "glue.json").read_text())["macro"] == found.macro
    assert not partial.exists()
    table = (config.out / "README.md").read_text()
    assert f"| **macro** | {found.macro:.2f} | all nine |" in table
    names = {path.name for path in config.out.iterdir()}
    assert names == {*GLUE, "glue.json", "README.md"}


def test_the_command_prints_the_table(
    config: GlueConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = f"--student {config.student} --data {config.data} --tasks rte,wnli --max-length 16"
    out = ["--out", str(tmp_path / "two"), "--epochs", "1", "--seeds", "1,2"]
    assert main(["glue", *flags.split(), *out]) == 0
    shown = capsys.readouterr().out
    assert "rte" in shown
    assert "macro" not in shown  # not without the other seven
    assert (tmp_path / "two" / "wnli" / "seed-2" / "config.json").is_file()
    # A folder of several seeds is a teacher too: its median.
    taught = GlueConfig(
        config.student, tmp_path / "taught", config.data, ("rte",), tmp_path / "two", max_length=16
    )
    teacher = task_config(taught, "rte", tmp_path).teacher
    assert [Path(folder).parent for folder in teacher] == [tmp_path / "two" / "rte"]


def test_what_is_missing_is_named_before_anything_is_trained(
    config: GlueConfig, tmp_path: Path
) -> None:
    config = replace(config, out=tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="no such folder of GLUE data"):
        glue(replace(config, data=tmp_path / "nowhere"), ignore)
    write_task(tmp_path / "data" / "rte", "sentence1\tsentence2\tlabel", "X\tY\tL", ["0", "1"])
    with pytest.raises(FileNotFoundError, match=r"no folder for the task cola.*--tasks"):
        glue(replace(config, data=tmp_path / "data"), ignore)
    (tmp_path / "data" / "rte" / "dev.tsv").unlink()
    with pytest.raises(FileNotFoundError, match=r"rte has no dev\.tsv or validation\.tsv"):
        glue(replace(config, data=tmp_path / "data", tasks=("rte",)), ignore)
    with pytest.raises(FileNotFoundError, match="no checkpoint in"):
        glue(replace(config, teachers=tmp_path), ignore)
    with pytest.raises(ValueError, match=r"tasks \['imdb'\] are unknown"):
        replace(config, tasks=("imdb",))
    assert not config.out.with_name("out.partial").exists()
