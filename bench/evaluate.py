"""Exact match and F1 of shipped files and of checkpoints, through the same tasks/ code."""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.config import BEST, EvaluateConfig
from bench.machine import describe_device, now
from bench.process import Worker
from bench.result import (
    Accuracy,
    DataFile,
    NullThreshold,
    Result,
    Subject,
    scores_alone,
    write_result,
)
from bench.subject import (
    bundle_tokenizer,
    describe_bundle,
    describe_checkpoint,
    runtime_version,
)
from export.bundle import MANIFEST, load_bundle, record_file
from tasks.answers import Logits
from tasks.hub import checkpoint_folder, checkpoint_name, is_hub_id
from tasks.metrics import question_scores, score
from tasks.null_threshold import answers_under, best_null_threshold
from tasks.qa import SpanModel, answer_texts, predict
from tasks.squad import Question, is_hub, read_questions, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer_files import read_tokenizer
from tasks.windows import QaLimits

Progress = Callable[[str, int, int], None]
"""Called with what is evaluated, the questions done and the questions in all."""

TIMEOUT_S = 300.0
CHECKPOINT_RUNTIME = "torch"


def evaluate(
    config: EvaluateConfig, progress: Progress = lambda what, done, total: None
) -> list[Result]:
    """Score a bundle (one result for each runtime) or a checkpoint (one result).

    A checkpoint may be a model of the Hub; it is then called by its name and commit.
    """
    name = config.model.resolve().name
    if is_hub_id(config.model) or config.revision is not None:
        folder = checkpoint_folder(config.model, config.revision)
        name = checkpoint_name(config.model, folder).rpartition("/")[2]
        config = dataclasses.replace(config, model=folder, revision=None)
    data, questions = read_data(config)
    if (config.model / MANIFEST).is_file():
        results = _evaluate_bundle(config, data, questions, progress)
    elif (config.model / "config.json").is_file():
        results = [_evaluate_checkpoint(name, config, data, questions, progress)]
    else:
        raise FileNotFoundError(
            f"{config.model} is neither a bundle (it has no {MANIFEST}) nor a checkpoint folder "
            "(it has no config.json); give the folder that `export` or `finetune` wrote"
        )
    for result in results if config.out else ():
        assert config.out
        assert result.accuracy
        file = accuracy_name(name, result.runtime, result.accuracy.data, config.null_threshold)
        write_result(result, config.out / f"{file}.json")
    return results


def read_data(config: EvaluateConfig) -> tuple[tuple[Path, ...], list[Question]]:
    """The data files that a config means (default: our own sample), and their questions.

    Raises ValueError where the best null threshold is asked for and every question has an answer.
    """
    data = tuple(config.data) or (sample_path(),)
    questions = read_questions(data, limit=config.questions)
    if config.null_threshold == BEST and not any(one.is_impossible for one in questions):
        raise ValueError(
            f"{data[0]}: every question has an answer, so no null threshold can be chosen on it; "
            "give --null-threshold a number, or --data a SQuAD 2 file"
        )
    return data, questions


def accuracy_name(
    model: str, runtime: str, data: Sequence[DataFile], null_threshold: str | None = None
) -> str:
    """The name of a result file, without the ending; the digits tell equal file names apart.

    null_threshold: what was asked for; scores with and without one are kept beside each other.
    """
    mark = hashlib.sha256("".join(file.sha256 for file in data).encode()).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", data[0].name.split(".json")[0])
    null = "-null-threshold" if null_threshold else ""
    return f"{model}-{runtime}-accuracy-{plain}-{mark}{null}"


def describe_data(paths: Sequence[Path]) -> tuple[DataFile, ...]:
    """Name and SHA-256 of each data file; of a Hub data set, of its questions as they are read."""
    return tuple(
        DataFile(str(path), hashlib.sha256(repr(read_questions([path])).encode()).hexdigest())
        if is_hub(path)
        else DataFile(path.name, record_file(path).sha256)
        for path in paths
    )


def _evaluate_bundle(
    config: EvaluateConfig, data: Sequence[Path], questions: list[Question], progress: Progress
) -> list[Result]:
    bundle = load_bundle(config.model)
    if bundle.manifest.qa is None:
        raise ValueError(
            f"{config.model} is for {bundle.manifest.task}; only question answering is evaluated"
        )
    results = []
    for runtime in config.runtimes or tuple(bundle.manifest.models):
        subject = describe_bundle(bundle, runtime)
        with Worker(f"{config.model} ({runtime})", TIMEOUT_S) as worker:
            worker.ask("prepare", runtime=runtime)
            worker.ask("load", folder=str(config.model), runtime=runtime, threads=config.threads)
            worker.ask("golden")
            accuracy = score_model(
                _remote_model(worker),
                bundle_tokenizer(bundle),
                bundle.manifest.qa,
                questions,
                data,
                config,
                _counter(progress, f"{bundle.folder.name} {runtime}", len(questions)),
            )
        results.append(_result(subject, runtime, accuracy))
    return results


def _counter(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    return lambda done: progress(what, done, total)


def _remote_model(worker: Worker) -> SpanModel:
    def span_logits(input_ids: list[int], token_type_ids: list[int]) -> Logits:
        answer = worker.ask("span_logits", input_ids=input_ids, token_type_ids=token_type_ids)
        return np.asarray(answer["start"], np.float32), np.asarray(answer["end"], np.float32)

    return span_logits


def _evaluate_checkpoint(
    name: str,
    config: EvaluateConfig,
    data: Sequence[Path],
    questions: list[Question],
    progress: Progress,
) -> Result:
    if config.runtimes:
        raise ValueError(
            f"{config.model} is a checkpoint folder and runs in torch; runtimes are for bundles"
        )
    with Worker(str(config.model), TIMEOUT_S) as worker:
        loaded = worker.ask(
            "load_checkpoint", folder=str(config.model.resolve()), threads=config.threads
        )
        accuracy = score_model(
            _remote_model(worker),
            read_tokenizer(config.model),
            QaLimits().for_length(min(config.max_length, loaded["positions"])),
            questions,
            data,
            config,
            _counter(progress, f"{name} {CHECKPOINT_RUNTIME}", len(questions)),
        )
    return _result(describe_checkpoint(name, config.model), CHECKPOINT_RUNTIME, accuracy)


def score_model(
    model: SpanModel,
    tokenizer: TextTokenizer,
    limits: QaLimits,
    questions: list[Question],
    data: Sequence[Path],
    config: EvaluateConfig,
    progress: Callable[[int], None],
) -> Accuracy:
    """Let a model answer all questions; of `config` only what was asked of them counts."""
    tuned = config.null_threshold == BEST
    threshold = limits.null_threshold
    if config.null_threshold is not None and not tuned:
        threshold = float(config.null_threshold)
    always = dataclasses.replace(limits, null_threshold=None)
    found = predict(model, tokenizer, questions, always, progress)
    if tuned:
        threshold, _ = best_null_threshold(questions, found)
    answers = answer_texts(found) if threshold is None else answers_under(found, threshold)
    scores = score(questions, answers)
    by_question = (question_scores(question, answers[question.id])[1] for question in questions)
    return Accuracy(
        data=describe_data(data),
        limit=config.questions,
        max_length=limits.max_length,
        n=scores.n,
        exact_match=scores.exact_match,
        f1=scores.f1,
        question_f1=tuple(round(100 * f1, 2) for f1 in by_question),
        null_threshold=None
        if threshold is None
        else NullThreshold(threshold, tuned, scores.has_answer_f1, scores.no_answer_f1),
    )


def _result(subject: Subject, runtime: str, accuracy: Accuracy) -> Result:
    return scores_alone(
        accuracy,
        measured_at=now(),
        device=describe_device(),
        subject=subject,
        runtime=runtime,
        runtime_version=runtime_version(runtime),
        runner="bench.worker",
    )
