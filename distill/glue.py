"""Fine-tunes on the GLUE tasks, one after the other, and means their scores."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distill.engine import make_accelerator
from distill.finetune import finetune, finished
from distill.finetune_config import FinetuneConfig
from distill.folder import RECORD, hash_folder, publish, refuse_existing, write_text
from distill.glue_config import GlueConfig
from distill.job import Report
from distill.state import CLAIM, claim_folder, fixed_settings
from tasks.glue import GLUE, glue_macro
from tasks.hub import checkpoint_folder, checkpoint_name
from tasks.tables import FORMATS

RESULT = "glue.json"
_PASSED_ON = (
    *("recipe", "epochs", "batch_size", "learning_rate", "max_length", "dropout", "precision"),
    *("questions", "eval_questions", "save_every", "seed", "seeds"),
)


@dataclass(frozen=True)
class GlueScores:
    """The table: scores by task and metric; "score" is the mean of a task's metrics.

    macro: mean over all nine tasks; macro_without_wnli: over the other eight; None where not all
    nine were trained.
    """

    folder: Path
    scores: dict[str, dict[str, float]]
    macro: float | None
    macro_without_wnli: float | None


def glue(config: GlueConfig, report: Report) -> GlueScores:
    """Trains every task into `<out>/<task>` and writes the table, `glue.json` and `README.md`.

    Works in `<out>.partial`; the same command goes on after the last finished task, and inside an
    unfinished one. Raises FileNotFoundError for missing data or teachers before anything is
    trained; other errors as in `finetune`.
    """
    refuse_existing(config.out, config.force)
    folder = config.out.with_name(config.out.name + ".partial")
    runs = {task: task_config(config, task, folder / task) for task in config.tasks}
    accelerator = make_accelerator()
    if accelerator.is_main_process:
        claim_folder(folder, _claim(config), config.force)
    accelerator.wait_for_everyone()
    for run in runs.values():
        if not run.out.is_dir():
            finetune(run, report)
    scores = {task: _scores(run) for task, run in runs.items()}
    result = _result(config, scores)
    if accelerator.is_main_process:
        _finish(config, folder, result)
    accelerator.wait_for_everyone()
    return result


def task_config(config: GlueConfig, task: str, out: Path) -> FinetuneConfig:
    """The settings of one task's run; raises FileNotFoundError without its data or teacher."""
    settings: dict[str, Any] = {name: getattr(config, name) for name in _PASSED_ON}
    if config.data is not None:
        folder = _task_folder(config.data, task)
        settings["data"] = _tables(folder, ("train",))
        settings["eval_data"] = _tables(folder, ("dev", "validation"))
    if config.teachers is not None:
        settings["teacher"] = (_teacher(config.teachers / task),)
    return FinetuneConfig(config.student, out, task=task, **settings)


def _task_folder(data: Path, task: str) -> Path:
    """The folder of a task: CoLA, SST-2, STS-B and so on, in any spelling of case."""
    if not data.is_dir():
        raise FileNotFoundError(f"no such folder of GLUE data: {data}")
    for folder in sorted(data.iterdir()):
        if folder.is_dir() and folder.name.lower().replace("-", "") == task:
            return folder
    raise FileNotFoundError(f"{data} has no folder for the task {task}; leave it out with --tasks")


def _tables(folder: Path, starts: tuple[str, ...]) -> tuple[Path, ...]:
    """The tables whose names begin so; a test set has no labels and is never one of them."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith(starts)
        and (path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix) in FORMATS
    ]
    if not found:
        wanted = " or ".join(f"{start}.tsv" for start in starts)
        raise FileNotFoundError(f"{folder} has no {wanted}")
    return tuple(found)


def _teacher(folder: Path) -> Path:
    """A task's teacher, of several seeds the median."""
    if not (folder / RECORD).is_file() or (folder / "config.json").is_file():
        return checkpoint_folder(folder)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return checkpoint_folder(folder / record["metrics"]["median"])


def _claim(config: GlueConfig) -> dict[str, dict[str, Any]]:
    student = checkpoint_folder(config.student)
    named = replace(config, student=checkpoint_name(config.student, student))
    # The data and the teachers are claimed by the run of each task.
    return {"config": fixed_settings(named), "inputs": {"student": hash_folder(student)}}


def _scores(run: FinetuneConfig) -> dict[str, float]:
    return finished(run.out).scores


def _result(config: GlueConfig, scores: dict[str, dict[str, float]]) -> GlueScores:
    macro: tuple[float | None, float | None] = (None, None)
    if set(scores) == set(GLUE):
        macro = glue_macro({task: found["score"] for task, found in scores.items()})
    return GlueScores(config.out, scores, *macro)


def _finish(config: GlueConfig, folder: Path, result: GlueScores) -> None:
    values = {
        "scores": result.scores,
        "macro": result.macro,
        "macro_without_wnli": result.macro_without_wnli,
    }
    write_text(folder / RESULT, json.dumps(values, indent=1) + "\n")
    write_text(folder / "README.md", _card(config, result))
    (folder / CLAIM).unlink()
    publish(folder, config.out)


def _card(config: GlueConfig, result: GlueScores) -> str:
    lines = [f"# {config.out.name}: GLUE development sets", "", "| task | score | metrics |"]
    lines.append("|---|---|---|")
    for task, found in result.scores.items():
        parts = [f"{name} {value:.2f}" for name, value in found.items() if name != "score"]
        lines.append(f"| {task} | {found['score']:.2f} | {', '.join(parts)} |")
    if result.macro is not None:
        lines.append(f"| **macro** | {result.macro:.2f} | all nine |")
        lines.append(f"| **macro** | {result.macro_without_wnli:.2f} | without WNLI |")
    return "\n".join([*lines, ""])
