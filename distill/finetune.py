"""Fine-tunes a checkpoint on question answering, alone or with a teacher (second distillation)."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from distill.batches import Batch, Example, collate, epoch_batches, make_examples
from distill.card import write_card
from distill.config import FinetuneConfig
from distill.folder import (
    RECORD,
    finished_folder,
    refuse_existing,
    write_record,
    write_text,
)
from distill.losses import hidden_cosine, span_cross_entropy, span_kl
from distill.model import load_model, span_model, token_types, use_bf16
from distill.state import claim_folder, input_hashes, load_state, save_state
from distill.student import copy_tokenizer
from tasks.metrics import score
from tasks.qa import answer_texts, predict
from tasks.squad import Question, read_questions
from tasks.tokenizer import WordPieceTokenizer, load_tokenizer
from tasks.windows import QaLimits

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Progress:
    """What is known after an update; `loss` is the mean per window of that update."""

    update: int
    updates: int
    loss: float
    tokens_per_second: float
    learning_rate: float
    eval_f1: float | None = None
    eval_exact_match: float | None = None


@dataclass
class _Run:
    """Everything the loop needs; the last three parts change."""

    config: FinetuneConfig
    folder: Path
    device: torch.device
    bf16: bool
    student: Any
    teacher: Any | None
    optimizer: torch.optim.Optimizer
    examples: list[Example]
    eval_questions: list[Question]
    tokenizer: WordPieceTokenizer
    updates: int
    update: int = 0
    best_f1: float = -1.0
    best_update: int = 0


def finetune(config: FinetuneConfig, report: Callable[[Progress], None]) -> Path:
    """Trains and writes a Hugging Face checkpoint folder; returns it.

    Works in `<out>.partial` and renames it at the end. The same command continues an unfinished
    run exactly where its last saved state was: on the CPU the weights come out bit for bit as
    without the interruption. The checkpoint with the best F1 on the evaluation data is kept (the
    last one where there is none).

    Raises FileExistsError where `out` exists, ValueError where an unfinished run had other
    settings or data, or where the loss is not finite.
    """
    refuse_existing(config.out, config.force)
    folder = config.out.with_name(config.out.name + ".partial")
    inputs = input_hashes(config)
    run = _prepare(config, folder)
    claim_folder(folder, config, inputs)
    _restore(run)
    started = time.monotonic()
    for update, batches in _remaining_updates(run):
        progress = _update(run, update, batches)
        due = update == run.updates or (
            update % config.eval_every == 0
            if config.eval_every
            else update % (run.updates // config.epochs) == 0
        )
        if due:
            progress = _evaluate_and_keep(run, progress)
        with (folder / METRICS).open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(progress)) + "\n")
        if update % config.save_every == 0 or update == run.updates:
            _save(run)
        report(progress)
    return _finish(run, inputs, time.monotonic() - started)


def _prepare(config: FinetuneConfig, folder: Path) -> _Run:
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = load_tokenizer(config.student)
    limits = QaLimits(max_length=config.max_length, stride=config.stride)
    student = load_model(config.student, device, config.dropout).train()
    positions = student.config.max_position_embeddings
    if config.max_length > positions:
        raise ValueError(
            f"max_length is {config.max_length}, but {config.student} takes at most {positions} "
            f"tokens; give --max-length {positions} or less"
        )
    examples = make_examples(_training_questions(config), tokenizer, limits)
    per_epoch = len(epoch_batches([1] * len(examples), config.batch_size, 0, 0))
    return _Run(
        config=config,
        folder=folder,
        device=device,
        bf16=use_bf16(config.precision, device),
        student=student,
        teacher=_load_teacher(config, tokenizer, student),
        optimizer=_optimizer(student, config),
        examples=examples,
        eval_questions=(
            read_questions(config.eval_data, limit=config.eval_questions)
            if config.eval_data
            else []
        ),
        tokenizer=tokenizer,
        updates=config.epochs * -(-per_epoch // config.accumulation),
    )


def _training_questions(config: FinetuneConfig) -> list[Question]:
    questions = read_questions(config.data, split="train")
    if config.questions is None or config.questions >= len(questions):
        return questions
    chosen = np.random.default_rng(config.seed).choice(
        len(questions), config.questions, replace=False
    )
    return [questions[i] for i in sorted(chosen)]


def _remaining_updates(run: _Run) -> Iterator[tuple[int, list[list[int]]]]:
    """After `run.update`: the number of each update, from 1, and the indices of its batches."""
    config = run.config
    lengths = [len(example.input_ids) for example in run.examples]
    per_epoch = run.updates // config.epochs
    for epoch in range(run.update // per_epoch, config.epochs):
        batches = epoch_batches(lengths, config.batch_size, config.seed, epoch)
        for index in range(per_epoch):
            update = epoch * per_epoch + index + 1
            if update > run.update:
                at = index * config.accumulation
                yield update, batches[at : at + config.accumulation]


def _update(run: _Run, update: int, batches: list[list[int]]) -> Progress:
    """One optimiser step; its gradient is the mean over all windows of its batches."""
    config, started, tokens = run.config, time.monotonic(), 0
    windows = sum(map(len, batches))
    rate = _learning_rate(config, update, run.updates)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    total = torch.zeros((), device=run.device)
    for indices in batches:
        batch = collate([run.examples[i] for i in indices], run.tokenizer.pad_id)
        tokens += batch.input_ids.numel()
        loss = _loss(run, batch) / windows
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    if not torch.isfinite(total):
        raise ValueError(
            f"the loss is {float(total)} at update {update}; the run stopped before using it. "
            "Lower the learning rate, or train in fp32; the last saved state is in "
            f"{run.folder}"
        )
    torch.nn.utils.clip_grad_norm_(run.student.parameters(), config.clip)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    run.update = update
    speed = tokens / (time.monotonic() - started)
    return Progress(update, run.updates, float(total), speed, rate)


def _loss(run: _Run, batch: Batch) -> Tensor:
    """Sum over the windows of a batch of the weighted losses."""
    config = run.config
    inputs: dict[str, Any] = {
        "input_ids": batch.input_ids.to(run.device),
        "attention_mask": batch.mask.to(run.device),
        "output_hidden_states": config.weight_cosine > 0,
    }
    mask = inputs["attention_mask"]
    types = batch.token_type_ids.to(run.device)
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
        output = run.student(**inputs, **token_types(run.student, types))
    task = span_cross_entropy(
        output.start_logits,
        output.end_logits,
        batch.start.to(run.device),
        batch.end.to(run.device),
        mask,
    )
    if run.teacher is None:
        return task
    with torch.no_grad(), torch.autocast(run.device.type, torch.bfloat16, enabled=run.bf16):
        target = run.teacher(**inputs, **token_types(run.teacher, types))
    kl = (
        span_kl(output.start_logits, target.start_logits, mask, config.temperature)
        + span_kl(output.end_logits, target.end_logits, mask, config.temperature)
    ) / 2
    loss = config.weight_task * task + config.weight_kl * kl
    if config.weight_cosine > 0:
        cosine = hidden_cosine(output.hidden_states[-1], target.hidden_states[-1], mask)
        loss = loss + config.weight_cosine * cosine
    return loss


def _evaluate_and_keep(run: _Run, progress: Progress) -> Progress:
    """Scores the student and keeps its weights as `best/` if none was better."""
    scores = None
    if run.eval_questions:
        run.student.eval()
        limits = QaLimits(max_length=run.config.max_length, stride=run.config.stride)
        found = predict(span_model(run.student), run.tokenizer, run.eval_questions, limits)
        scores = score(run.eval_questions, answer_texts(found))
        run.student.train()
    f1 = scores.f1 if scores else run.best_f1
    if f1 >= run.best_f1:
        run.best_f1, run.best_update = f1, run.update
        with finished_folder(_best(run), force=True) as best:
            run.student.save_pretrained(best)
    if scores is None:
        return progress
    return Progress(
        **{**asdict(progress), "eval_f1": scores.f1, "eval_exact_match": scores.exact_match}
    )


def _finish(run: _Run, inputs: dict[str, Any], seconds: float) -> Path:
    """Puts best weights, tokenizer, log, record and card together as the finished checkpoint."""
    config = run.config
    log = [json.loads(line) for line in (run.folder / METRICS).read_text().splitlines()]
    best = log[run.best_update - 1]
    metrics = {
        "updates": run.updates,
        "windows": len(run.examples),
        "best": best if run.eval_questions else None,
        "eval_questions": len(run.eval_questions),
        "seconds_since_last_start": round(seconds),
    }
    with finished_folder(config.out, config.force, suffix=".final") as folder:
        shutil.copytree(_best(run), folder, dirs_exist_ok=True)
        shutil.copyfile(run.folder / METRICS, folder / METRICS)
        copy_tokenizer(config.student, folder)
        write_record(folder, "finetune", config, {**inputs, "records": _records(config)}, metrics)
        write_card(folder)
    shutil.rmtree(run.folder)
    return config.out


def _records(config: FinetuneConfig) -> dict[str, Any]:
    """How the student and the teacher were made, where they say so."""
    return {
        name: json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for name, folder in (("student", config.student), ("teacher", config.teacher))
        if folder is not None and (folder / RECORD).is_file()
    }


def _best(run: _Run) -> Path:
    return run.folder / f"best-{run.best_update}"


def _save(run: _Run) -> None:
    """Saves the state, and only then drops the weights that are no longer the best."""
    state = {
        "update": run.update,
        "best_f1": run.best_f1,
        "best_update": run.best_update,
        "student": run.student.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    save_state(run.folder, run.update, state)
    for folder in run.folder.glob("best-*"):
        if folder != _best(run):
            shutil.rmtree(folder)


def _restore(run: _Run) -> None:
    """Continues from the last saved state, if there is one; forgets what was logged after it."""
    state = load_state(run.folder)
    if state is not None:
        run.student.load_state_dict(state["student"])
        run.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        run.update, run.best_f1 = state["update"], state["best_f1"]
        run.best_update = state["best_update"]
    log = run.folder / METRICS
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    write_text(log, "".join(f"{line}\n" for line in lines[: run.update]))


def _load_teacher(
    config: FinetuneConfig, tokenizer: WordPieceTokenizer, student: Any
) -> Any | None:
    """The frozen teacher, checked to read the same token ids as the student."""
    if config.teacher is None:
        return None
    if load_tokenizer(config.teacher).tokens != tokenizer.tokens:
        raise ValueError(
            f"the teacher in {config.teacher} has another vocabulary than the student in "
            f"{config.student}; both must read the same token ids"
        )
    teacher = load_model(config.teacher, student.device).eval()
    widths = teacher.config.hidden_size, student.config.hidden_size
    if config.weight_cosine > 0 and widths[0] != widths[1]:
        raise ValueError(
            f"weight_cosine compares hidden states: the teacher is {widths[0]} wide, the student "
            f"{widths[1]}; set weight_cosine to 0"
        )
    return teacher


def _optimizer(model: Any, config: FinetuneConfig) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)


def _learning_rate(config: FinetuneConfig, update: int, updates: int) -> float:
    """Linear rise over the warm-up, then linear fall to 0 after the last update."""
    rising = max(1, round(config.warmup * updates))
    if update <= rising:
        return config.learning_rate * update / rising
    return config.learning_rate * (updates - update + 1) / (updates - rising + 1)
