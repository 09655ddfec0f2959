"""Packs a fine-tuned checkpoint for handing on: float16 weights, their scores, a model card."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from distill.card import write_card
from distill.config import PackConfig
from distill.folder import RECORD, finished_folder, hash_folder, jsonable, put_record, write_text
from distill.model import load_model, span_model
from distill.student import copy_tokenizer
from tasks.intervals import bootstrap_interval
from tasks.metrics import question_scores, score
from tasks.null_threshold import answers_under, best_null_threshold
from tasks.qa import answer_texts, predict
from tasks.squad import read_questions
from tasks.tokenizer import load_tokenizer
from tasks.windows import QaLimits

WEIGHTS = "model.safetensors"


def pack(config: PackConfig, progress: Callable[[int, int], None]) -> Path:
    """Writes the packed folder and returns it; `progress` gets questions done and in all.

    With `average` the weights are the mean over runs that started from the same weights, often
    better than any of them (Wortsman et al., "Model soups", ICML 2022). The scores are those of the
    float16 weights, read back from the written file. Raises FileNotFoundError for a folder that
    `finetune` did not write and ValueError for weights that float16 cannot hold, or that do not
    belong together.
    """
    source = config.checkpoint
    record = _record(source)
    others = {f"average-{n}": folder for n, folder in enumerate(config.average, 1)}
    also = {name: _record(folder) for name, folder in others.items()}
    _check(record, config)
    _check_start(record, also, config)
    about = "" if config.about is None else config.about.read_text(encoding="utf-8").strip()
    with finished_folder(config.out, config.force) as folder:
        _write_float16((source, *config.average), folder)
        copy_tokenizer(source, folder)
        record["pack"] = {
            "config": jsonable(config),
            "inputs": {
                name: hash_folder(found) for name, found in {"checkpoint": source, **others}.items()
            },
            "records": also,
            "scores": _scores(folder, config, record, progress),
            "about": about,
        }
        put_record(folder, record)
        write_card(folder)
    return config.out


def _check(record: dict[str, Any], config: PackConfig) -> None:
    if "median" in record["metrics"]:
        one = config.checkpoint / record["metrics"]["median"]
        raise ValueError(f"{config.checkpoint} holds several runs; pack one, such as {one}")
    task = record["config"].get("task")
    if config.eval_data and not str(task).startswith("squad"):
        raise ValueError(
            f"--eval-data scores answers to questions, but {config.checkpoint} was trained for "
            f"{task}; leave it out"
        )


def _record(source: Path) -> dict[str, Any]:
    if not (source / RECORD).is_file():
        raise FileNotFoundError(f"{source} has no {RECORD}; pack what `finetune` wrote")
    found: dict[str, Any] = json.loads((source / RECORD).read_text(encoding="utf-8"))
    return found


def _check_start(record: dict[str, Any], also: dict[str, Any], config: PackConfig) -> None:
    """Runs of one average continue the same weights; between others the mean is worth nothing."""
    start = record["inputs"].get("student")
    for other, folder in zip(also.values(), config.average, strict=True):
        if start is None or other["inputs"].get("student") != start:
            raise ValueError(
                f"{folder} and {config.checkpoint} did not start from the same weights; only runs "
                "that did can be averaged"
            )


def _mean(sources: Sequence[Path]) -> dict[str, torch.Tensor]:
    """The mean of each weight over checkpoints of one shape."""
    found = [load_file(source / WEIGHTS) for source in sources]
    for source, weights in zip(sources, found, strict=True):
        if {n: v.shape for n, v in weights.items()} != {n: v.shape for n, v in found[0].items()}:
            raise ValueError(f"{source} has weights of other names or shapes than {sources[0]}")
    if len(found) == 1:
        return found[0]
    return {name: torch.stack([one[name] for one in found]).mean(0) for name in found[0]}


def _write_float16(sources: Sequence[Path], folder: Path) -> None:
    source = sources[0]
    weights = {name: value.half() for name, value in _mean(sources).items()}
    lost = [name for name, value in weights.items() if not torch.isfinite(value).all()]
    if lost:
        raise ValueError(f"{source / WEIGHTS}: {lost[0]} holds values that float16 cannot")
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner alone
    settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    settings["dtype"] = "float16"
    write_text(folder / "config.json", json.dumps(settings, indent=1, sort_keys=True) + "\n")
    for number, run in enumerate(sources):
        if (run / "metrics.jsonl").is_file():
            name = f"metrics-{number + 1}.jsonl" if number else "metrics.jsonl"
            shutil.copyfile(run / "metrics.jsonl", folder / name)


def _scores(
    folder: Path,
    config: PackConfig,
    record: dict[str, Any],
    progress: Callable[[int, int], None],
) -> dict[str, dict[str, Any]]:
    """By name of each data file: EM, F1 and its interval (percent), and the number of questions.

    Data with unanswerable questions is scored under the null threshold of the training, or without
    one under the best for this very data: that threshold is told, for it was tuned.
    """
    sets = {path.name: read_questions((path,)) for path in config.eval_data}
    model = load_model(folder, torch.device("cpu")).eval()
    tokenizer = load_tokenizer(folder)
    trained = (record["metrics"].get("best") or {}).get("eval_null_threshold")
    done, total = 0, sum(map(len, sets.values()))
    scores: dict[str, dict[str, Any]] = {}
    for name, questions in sets.items():
        before = done
        found = predict(
            span_model(model),
            tokenizer,
            questions,
            QaLimits(null_threshold=trained),
            lambda count, before=before: progress(before + count, total),  # type: ignore[misc]
        )
        done += len(questions)
        answers, tuned = answer_texts(found), {}
        if trained is None and any(question.is_impossible for question in questions):
            threshold, _ = best_null_threshold(questions, found)
            answers, tuned = answers_under(found, threshold), {"tuned_null_threshold": threshold}
        by_question = [100 * question_scores(q, answers[q.id])[1] for q in questions]
        low, high = bootstrap_interval(by_question)
        scores[name] = {
            **asdict(score(questions, answers)),
            "f1_low": low,
            "f1_high": high,
            **tuned,
        }
    return scores
