"""Answers one question on one passage with a bundle, and says where the time went."""

import time
from dataclasses import dataclass

from bench.config import AskConfig
from bench.subject import bundle_tokenizer
from export.bundle import check_golden, load_bundle
from export.runner import open_runner
from tasks.answers import Span
from tasks.qa import answer_question


@dataclass(frozen=True)
class Reply:
    """The answers, best first, with code-point offsets into `context`; times in milliseconds."""

    answer: Span | None
    n_best: tuple[Span, ...]
    context: str
    runtime: str
    load_ms: float
    answer_ms: float


def ask(config: AskConfig, context: str) -> Reply:
    """Loads the bundle, checks its hashes and golden outputs, and answers.

    Raises ValueError for an empty question or passage, a bundle of another task, or a damaged one.
    """
    started = time.perf_counter()
    bundle = load_bundle(config.bundle)
    limits = bundle.manifest.qa
    if limits is None:
        raise ValueError(
            f"{config.bundle} answers no questions: its task is {bundle.manifest.task}"
        )
    runtime = config.runtime or next(
        name for name in ("tflite", "pte") if name in bundle.manifest.models
    )
    runner = open_runner(bundle, runtime, config.threads)
    check_golden(bundle, runner)
    tokenizer = bundle_tokenizer(bundle)
    loaded = time.perf_counter()
    found = answer_question(runner.span_logits, tokenizer, config.question, context, limits)
    answered = time.perf_counter()
    return Reply(
        answer=found.best,
        n_best=tuple(found.n_best[: config.n_best]),
        context=context,
        runtime=runtime,
        load_ms=1000 * (loaded - started),
        answer_ms=1000 * (answered - loaded),
    )
