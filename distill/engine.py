"""The training loop of every stage: updates over ranks, saved states, evaluations, records.

What is trained is a `Job`. An update is one optimiser step; its micro-batches are spread over the
ranks, and its gradient is that of one sum over all of them, so neither the size of a micro-batch
nor the number of ranks changes it. Dropout is a function of (seed, update, rank), so a continued
run needs no random state.
"""

import json
import math
import shutil
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, gather_object
from torch import Tensor, nn

from distill.allocator import keep_freed_memory
from distill.folder import finished_folder, write_text
from distill.job import EngineSettings, Job, Outcome, Progress, Report, Update
from distill.state import load_state, save_state
from distill.trackers import start_trackers


@dataclass
class _Run:
    """Everything the loop needs; the last part changes."""

    accelerator: Accelerator
    job: Job
    settings: EngineSettings
    folder: Path
    report: Report
    model: Any
    optimizer: Any
    started: float
    started_share: float = 0.0
    update: int = 0
    share: float = 0.0
    best: float = -math.inf
    best_update: int = 0
    best_scores: dict[str, float] = field(default_factory=dict)
    since_best: int = 0


def make_accelerator() -> Accelerator:
    """One process, or the ranks that torchrun started. Precision is the loop's own business."""
    return Accelerator(
        cpu=not torch.cuda.is_available(),
        mixed_precision="no",
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
    )


def train(
    accelerator: Accelerator, job: Job, settings: EngineSettings, folder: Path, report: Report
) -> Outcome:
    """Runs the job to its end in `folder`, or on from the last state saved there.

    On a CPU the weights come out bit for bit as without the interruption. Raises ValueError, on
    every rank and before a state is saved, where a loss is not finite.
    """
    keep_freed_memory()
    run = _start(accelerator, job, settings, folder, report)
    pending: _Done | None = None
    stopped = run.share >= 1 or _out_of_patience(run)
    if not stopped:
        for update in job.updates(run.update, accelerator.process_index, accelerator.num_processes):
            done = _step(run, update)
            # Reading a loss waits for the device; one update late, the device is never idle.
            if pending is not None:
                _settle(run, pending)
            pending = done
            due = update.number % settings.save_every == 0 or update.share >= 1
            if due or update.evaluate or accelerator.device.type == "cpu":
                _settle(run, pending)
                pending = None
            if update.evaluate or update.share >= 1:
                _evaluate(run)
                stopped = _out_of_patience(run)
            if due or stopped:
                _save(run)
            if stopped:
                break
    for tracker in accelerator.trackers:
        tracker.finish()
    accelerator.wait_for_everyone()
    seconds = time.monotonic() - run.started
    weights = _weights(run.folder, run.best_update)
    return Outcome(run.update, weights, run.best_update, run.best_scores, seconds)


def learning_rate(settings: EngineSettings, share: float) -> float:
    """Linear rise over the first `warmup` of the run, then linear fall to 0 at its end.

    share: how much of the run is done, in the middle of the update.
    """
    if share < settings.warmup:
        return settings.learning_rate * share / settings.warmup
    return settings.learning_rate * (1 - share) / (1 - settings.warmup)


def _start(
    accelerator: Accelerator, job: Job, settings: EngineSettings, folder: Path, report: Report
) -> _Run:
    """Brings model, optimiser and records to where the last saved state was, or to the start."""
    optimizer = _optimizer(job, settings)
    notes: list[str] = []
    state = load_state(folder, notes.append)
    run = _Run(accelerator, job, settings, folder, report, None, None, time.monotonic())
    if state is not None:
        job.model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        for name in ("update", "share", "best", "best_update", "best_scores", "since_best"):
            setattr(run, name, state[name])
        run.started_share = run.share
        notes.append(f"continues after update {run.update}")
    run.model, run.optimizer = accelerator.prepare(job.model, optimizer)
    start_trackers(accelerator, folder, settings.trackers, run.update)
    accelerator.wait_for_everyone()
    for note in notes:
        if accelerator.is_main_process:
            report(Progress(run.update, run.share, {}, 0.0, 0.0, math.nan, note=note))
    if settings.evaluate_first and run.update == 0:
        _tell(run, _scores(run))
    return run


def _optimizer(job: Job, settings: EngineSettings) -> torch.optim.Optimizer:
    """AdamW; weight decay is for matrices only."""
    parameters = [p for group in job.parameter_groups for p in group]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, betas=settings.betas, eps=settings.epsilon, fused=True
    )


@dataclass(frozen=True)
class _Done:
    """An update whose numbers may still be on their way from the device."""

    update: Update
    names: list[str]
    losses: Tensor
    learning_rate: float
    started: float


def _step(run: _Run, update: Update) -> _Done:
    """One optimiser step, without waiting for the device."""
    accelerator, settings, started = run.accelerator, run.settings, time.monotonic()
    device, ranks = accelerator.device, accelerator.num_processes
    seed = np.random.SeedSequence([settings.seed, update.number, accelerator.process_index])
    torch.manual_seed(int(seed.generate_state(1, np.uint64)[0] >> 1))
    rate = learning_rate(settings, (run.share + update.share) / 2)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    counted = update.batches[: len(update.batches) - update.spare]
    counts = accelerator.reduce(run.job.counts(counted).to(device), "sum")
    names: list[str] = []
    losses = torch.zeros((), device=device)
    for index, batch in enumerate(update.batches):
        last = index == len(update.batches) - 1
        with nullcontext() if last else accelerator.no_sync(run.model):
            with torch.autocast(device.type, torch.bfloat16, enabled=settings.bf16):
                found = run.model(batch.to(device), counts)
            factor = float(index < len(counted))
            # Over several ranks the gradient is averaged; it is to be the sum.
            accelerator.backward(found["loss"] * (factor * ranks))
        names = list(found)
        losses = losses + factor * torch.stack([found[n].detach().float() for n in names])
    losses = accelerator.reduce(losses, "sum")
    for group in run.job.parameter_groups:
        nn.utils.clip_grad_norm_(group, settings.clip)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    run.update, run.share = update.number, update.share
    return _Done(update, names, losses, rate, started)


def _settle(run: _Run, done: _Done) -> None:
    """Reads the losses of an update, stops the run at a bad one, logs and reports."""
    values = dict(zip(done.names, done.losses.tolist(), strict=True))
    update = done.update
    if not all(map(math.isfinite, values.values())):
        _stop_at(run, update, values)
    if not run.accelerator.is_main_process:
        return
    now = time.monotonic()
    rest = (1 - update.share) * (now - run.started) / (update.share - run.started_share)
    speed = update.tokens / (now - done.started)
    progress = Progress(update.number, update.share, values, speed, done.learning_rate, rest)
    run.accelerator.log(
        {
            **values,
            "share": update.share,
            "tokens": update.tokens,
            "tokens_per_second": round(speed, 1),
            "learning_rate": done.learning_rate,
        },
        step=update.number,
    )
    run.report(progress)


def _stop_at(run: _Run, update: Update, values: dict[str, float]) -> None:
    names = gather_object(list(update.names))
    path = run.folder / f"not-finite-{update.number}.json"
    if run.accelerator.is_main_process:
        write_text(path, json.dumps({"update": update.number, "batches": names}) + "\n")
    bad = ", ".join(f"{name} {value}" for name, value in values.items() if not math.isfinite(value))
    raise ValueError(
        f"the loss is not finite at update {update.number} ({bad}); what it was made of is named "
        f"in {path}. Lower the learning rate, or train in fp32; the last saved state is in "
        f"{run.folder}"
    )


def _evaluate(run: _Run) -> None:
    """Scores the model; keeps its weights where they are the best so far or the only choice."""
    scores = _scores(run)
    wanted = run.settings.best
    score = scores[wanted] if wanted is not None and scores else run.best
    run.since_best = 0 if score > run.best else run.since_best + 1
    # Of equal scores the later weights stay. A score may be undefined, that is NaN.
    if score >= run.best or run.best_update == 0:
        run.best = -math.inf if math.isnan(score) else score
        run.best_update, run.best_scores = run.update, scores
        if run.accelerator.is_main_process:
            with finished_folder(_weights(run.folder, run.update), force=True) as folder:
                run.job.save(run.accelerator.unwrap_model(run.model), folder)
    _tell(run, scores)


def _scores(run: _Run) -> dict[str, float]:
    model = run.accelerator.unwrap_model(run.model)
    model.eval()
    with torch.no_grad():
        scores = run.job.evaluate(model)
    model.train()
    return scores


def _tell(run: _Run, scores: dict[str, float]) -> None:
    if scores and run.accelerator.is_main_process:
        run.accelerator.log({f"eval/{key}": value for key, value in scores.items()}, run.update)
        run.report(Progress(run.update, run.share, {}, 0.0, 0.0, math.nan, scores))


def _out_of_patience(run: _Run) -> bool:
    return 0 < run.settings.patience <= run.since_best


def _save(run: _Run) -> None:
    """Saves the state, and only then drops the weights that are no longer the best."""
    if run.accelerator.is_main_process:
        state = {
            "update": run.update,
            "share": run.share,
            "best": run.best,
            "best_update": run.best_update,
            "best_scores": run.best_scores,
            "since_best": run.since_best,
            "model": run.accelerator.unwrap_model(run.model).state_dict(),
            "optimizer": run.optimizer.state_dict(),
        }
        save_state(run.folder, run.update, state)
        for folder in run.folder.glob("weights-*"):
            if folder != _weights(run.folder, run.best_update):
                shutil.rmtree(folder)
    run.accelerator.wait_for_everyone()


def _weights(folder: Path, update: int) -> Path:
    return folder / f"weights-{update}"
