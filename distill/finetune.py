"""Fine-tunes a checkpoint on questions or labels, once or with several seeds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from distill.engine import make_accelerator
from distill.finetune_config import FinetuneConfig
from distill.finetune_run import Finetuned, Inputs, find_inputs, run_finetuning
from distill.folder import RECORD, publish, refuse_existing, write_record, write_text
from distill.job import Report
from distill.state import CLAIM, claim_folder


def finetune(config: FinetuneConfig, report: Report) -> Finetuned:
    """Trains and writes a checkpoint folder; with `seeds` a folder of checkpoints.

    Several seeds are trained one after the other in `<out>.partial`; the same command continues
    where an interrupted one was. The result is the run with the median score (of an even number
    the lower one in the middle). Errors as in `run_finetuning`.
    """
    if not config.seeds:
        return run_finetuning(config, report)
    refuse_existing(config.out, config.force)
    accelerator = make_accelerator()
    folder = config.out.with_name(config.out.name + ".partial")
    inputs = find_inputs(config)
    if accelerator.is_main_process:
        claim_folder(folder, inputs.claim(), config.force)
    accelerator.wait_for_everyone()
    for seed in config.seeds:
        one = replace(config, seed=seed, seeds=(), out=folder / f"seed-{seed}", force=False)
        if not one.out.is_dir():
            run_finetuning(one, report)
    runs = {f"seed-{seed}": _record(folder / f"seed-{seed}") for seed in config.seeds}
    median = median_run({name: main_score(record) for name, record in runs.items()})
    if accelerator.is_main_process:
        _finish(config, inputs, folder, runs, median)
    accelerator.wait_for_everyone()
    return finished(config.out, median)


def finished(folder: Path, part: str = "") -> Finetuned:
    """What a finished run, or one of several, left on disk."""
    best = _record(folder / part)["metrics"]["best"] or {}
    scores = {name.removeprefix("eval_"): value for name, value in best.items() if name != "update"}
    return Finetuned(folder / part, best.get("update", 0), scores)


def main_score(record: dict[str, Any]) -> float:
    """The score that chooses among runs: the mean of the task's metrics, or F1 of questions."""
    best = record["metrics"]["best"]
    return float(best.get("eval_score", best.get("eval_f1")))


def median_run(scores: dict[str, float]) -> str:
    """The name of the run in the middle; of an even number the lower one of the two."""
    order = sorted(scores, key=lambda name: (scores[name], name))
    return order[(len(order) - 1) // 2]


def _record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return found


def _finish(
    config: FinetuneConfig,
    inputs: Inputs,
    folder: Path,
    runs: dict[str, dict[str, Any]],
    median: str,
) -> None:
    """Writes what all runs have in common, and gives the folder its name."""
    metrics = {
        "seeds": {name: record["metrics"]["best"] for name, record in runs.items()},
        "median": median,
        "best": runs[median]["metrics"]["best"],
    }
    write_record(folder, "finetune", inputs.named, inputs.hashes, metrics)
    write_text(folder / "README.md", _card(config, runs, median))
    (folder / CLAIM).unlink()
    for part in folder.glob("*.partial"):
        shutil.rmtree(part)
    publish(folder, config.out)


def _card(config: FinetuneConfig, runs: dict[str, dict[str, Any]], median: str) -> str:
    names = [name for name in runs[median]["metrics"]["best"] if name != "update"]
    heads = ["run", *(name.removeprefix("eval_").replace("_", " ") for name in names)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for name, record in runs.items():
        shown = f"**{name}** (median)" if name == median else name
        scores = [f"{record['metrics']['best'][key]:.2f}" for key in names]
        lines.append("| " + " | ".join([shown, *scores]) + " |")
    return "\n".join([f"# {config.out.name}: {config.task}, {len(runs)} seeds", "", *lines, ""])
