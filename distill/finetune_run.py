"""One fine-tuning run: its inputs, checked against each other, its training and its output."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from distill.card import write_card
from distill.engine import make_accelerator, train
from distill.finetune_config import FinetuneConfig
from distill.finetune_job import FinetuneJob
from distill.finetune_model import FrozenTeacher
from distill.finetune_tasks import Task, make_task
from distill.folder import (
    finished_folder,
    hash_folder,
    read_records,
    refuse_existing,
    write_record,
)
from distill.job import EngineSettings, Outcome, Progress, Report
from distill.model import check_length, use_bf16
from distill.state import claim_folder, fixed_settings, hash_sources, holds_run
from distill.student import copy_tokenizer
from distill.teacher import teacher_ids
from distill.trackers import copy_logs
from tasks.hub import checkpoint_folder, checkpoint_name
from tasks.tokenizer import WordPieceTokenizer, load_tokenizer


@dataclass(frozen=True)
class Finetuned:
    """What a run left: its folder, and the scores of its weights (none without evaluation data).

    update: the one after which the weights were as they are kept.
    """

    folder: Path
    update: int
    scores: dict[str, float]


@dataclass(frozen=True)
class Inputs:
    """The checkpoints a run starts from, as folders, and how its record names everything."""

    student: Path
    teachers: tuple[Path, ...]
    named: FinetuneConfig
    hashes: dict[str, Any]

    def claim(self) -> dict[str, dict[str, Any]]:
        """All that fixes the result of the run."""
        return {"config": fixed_settings(self.named), "inputs": self.hashes}


def run_finetuning(config: FinetuneConfig, report: Report) -> Finetuned:
    """Trains once, with `config.seed`, and writes a Hugging Face checkpoint folder.

    Works in `<out>.partial` and renames it at the end. The same command continues an unfinished
    run exactly where its last saved state was: on the CPU the weights come out bit for bit as
    without the interruption. The checkpoint with the best score on the evaluation data is kept
    (the last one where there is none).

    Raises FileExistsError where `out` exists, ValueError where an unfinished run had other
    settings or data, where inputs do not fit each other, or where a loss is not finite.
    """
    refuse_existing(config.out, config.force)
    accelerator = make_accelerator()
    folder = config.out.with_name(config.out.name + ".partial")
    inputs = find_inputs(config)
    if not config.force:
        holds_run(folder, inputs.claim())  # another run is refused before the data are tokenised
    tokenizer = load_tokenizer(inputs.student)
    if accelerator.is_main_process:
        report(Progress(0, 0.0, {}, 0.0, 0.0, math.nan, note="reading and tokenising the data"))
    task = make_task(config, tokenizer)
    job = _make_job(config, inputs, task, tokenizer, accelerator)
    if accelerator.is_main_process:
        claim_folder(folder, inputs.claim(), config.force)
    accelerator.wait_for_everyone()
    outcome = train(accelerator, job, _engine_settings(config, task, accelerator), folder, report)
    if accelerator.is_main_process:
        _finish(config, inputs, task, folder, outcome)
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    return Finetuned(config.out, outcome.weights_update, outcome.scores)


def find_inputs(config: FinetuneConfig) -> Inputs:
    """Finds (or fetches) the checkpoints and hashes all that is read.

    Raises FileNotFoundError for what is missing.
    """
    student = checkpoint_folder(config.student)
    teachers = tuple(checkpoint_folder(teacher) for teacher in config.teacher)
    hashes: dict[str, Any] = {"student": hash_folder(student)}
    for key, teacher in _numbered("teacher", teachers):
        hashes[key] = hash_folder(teacher)
    hashes["data"] = hash_sources(config.data)
    hashes["eval_data"] = hash_sources(config.eval_data)
    named = replace(
        config,
        student=checkpoint_name(config.student, student),
        teacher=tuple(map(checkpoint_name, config.teacher, teachers)),
    )
    return Inputs(student, teachers, named, hashes)


def _numbered(key: str, folders: Sequence[Path]) -> list[tuple[str, Path]]:
    """One folder under the key itself; several as key-1, key-2, ..."""
    if len(folders) == 1:
        return [(key, folders[0])]
    return [(f"{key}-{number}", folder) for number, folder in enumerate(folders, 1)]


def _make_job(
    config: FinetuneConfig,
    inputs: Inputs,
    task: Task,
    tokenizer: WordPieceTokenizer,
    accelerator: Accelerator,
) -> FinetuneJob:
    student = task.load_student(inputs.student, accelerator.device)
    check_length(student, config.student, config.max_length)
    teachers = [
        _load_teacher(config, folder, task, tokenizer, student) for folder in inputs.teachers
    ]
    return FinetuneJob(config, task, student, teachers, tokenizer.pad_id, accelerator)


def _load_teacher(
    config: FinetuneConfig, folder: Path, task: Task, tokenizer: WordPieceTokenizer, student: Any
) -> FrozenTeacher:
    """The teacher, checked to read what the student reads."""
    ids = teacher_ids(load_tokenizer(folder).tokens, tokenizer.tokens)
    model = task.load_teacher(folder, student.device)
    check_length(model, folder, config.max_length)
    widths = model.config.hidden_size, student.config.hidden_size
    if config.weight_cosine > 0 and widths[0] != widths[1]:
        raise ValueError(
            f"weight_cosine compares hidden states: the teacher is {widths[0]} wide, the student "
            f"{widths[1]}; set weight_cosine to 0"
        )
    return FrozenTeacher(model, None if ids is None else torch.from_numpy(ids).to(student.device))


def _engine_settings(
    config: FinetuneConfig, task: Task, accelerator: Accelerator
) -> EngineSettings:
    return EngineSettings(
        learning_rate=config.learning_rate,
        warmup=config.warmup,
        weight_decay=config.weight_decay,
        clip=config.clip,
        save_every=config.save_every,
        seed=config.seed,
        bf16=use_bf16(config.precision, accelerator.device),
        trackers=config.trackers,
        best=task.best if task.eval_examples else None,
        patience=config.patience,
    )


def _finish(
    config: FinetuneConfig, inputs: Inputs, task: Task, folder: Path, outcome: Outcome
) -> None:
    """Puts best weights, tokenizer, log, record and card together as the finished checkpoint."""
    scores = {f"eval_{name}": value for name, value in outcome.scores.items()}
    metrics = {
        "updates": outcome.update,
        "windows": len(task.examples),
        "best": {"update": outcome.weights_update, **scores} if scores else None,
        "eval_questions": task.eval_examples,
        "seconds_since_last_start": round(outcome.seconds),
    }
    made = {"student": inputs.student, **dict(_numbered("teacher", inputs.teachers))}
    found = {**inputs.hashes, "records": read_records(made)}
    with finished_folder(config.out, config.force, suffix=".final") as final:
        shutil.copytree(outcome.weights, final, dirs_exist_ok=True)
        copy_logs(folder, final)
        copy_tokenizer(inputs.student, final)
        write_record(final, "finetune", inputs.named, found, metrics)
        write_card(final)
    shutil.rmtree(folder)
