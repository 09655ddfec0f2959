"""`evaluate BUNDLE --device adb:...`: EM and F1 of the bytes on the phone, computed there."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.config import EvaluateConfig
from bench.evaluate import accuracy_name, read_data, score_model
from bench.machine import now
from bench.phone.adb import Adb, Phone
from bench.phone.cases import Case, Replay, golden_cases, make_case, without_padding
from bench.phone.job import Job
from bench.phone.litert import LitertRunner
from bench.phone.measure import phone_name
from bench.phone.record import accuracy_result
from bench.phone.session import Care, Session, open_session
from bench.phone.together import on_all
from bench.result import Result, write_result
from bench.subject import bundle_tokenizer
from export.bundle import Bundle, check_golden, load_bundle
from tasks.answers import Logits
from tasks.squad import Question
from tasks.windows import QaLimits, make_windows

Progress = Callable[[str, int, int], None]
RUNTIME = "tflite"
CHUNK = 100
"""Windows in one process: what is lost when a cable is pulled."""
CHUNK_TIMEOUT_S = 1800.0
Input = tuple[tuple[int, ...], tuple[int, ...]]


def evaluate_phones(
    config: EvaluateConfig,
    progress: Progress = lambda what, done, total: None,
    care: Care | None = None,
    adb: Adb | None = None,
    chunk: int = CHUNK,
) -> list[Result]:
    """Score a bundle's .tflite on phones; one result for each.

    The windows of all questions are made here, run there, and decoded here by the same code as on
    a host: only the logits are the phone's.
    """
    bundle = load_bundle(config.model)
    limits = bundle.manifest.qa
    if limits is None:
        raise ValueError(f"{config.model} is for {bundle.manifest.task}, not for questions")
    if config.runtimes not in ((), (RUNTIME,)):
        raise ValueError("on a phone only tflite files are evaluated: give --runtime tflite")
    data, questions = read_data(config)
    care = care or Care(clean=config.clean)

    def work(phone: Phone) -> list[Result]:
        def say(message: str) -> None:
            progress(message, 0, 0)

        with open_session(phone, care, say) as session:
            return [_score_phone(config, bundle, limits, data, questions, session, progress, chunk)]

    return on_all(adb or Adb(), config.device, work)


def _score_phone(
    config: EvaluateConfig,
    bundle: Bundle,
    limits: QaLimits,
    data: Sequence[Path],
    questions: list[Question],
    session: Session,
    progress: Progress,
    chunk: int,
) -> Result:
    began, runner = now(), LitertRunner(config.runner_kit)
    job = Job(
        bundle=bundle,
        runtime=RUNTIME,
        threads=config.threads,
        tokens=0,
        warmup=0,
        runs=1,
        seconds=0.0,
        cores=session.facts.cores_for(config.threads),
        timeout_s=CHUNK_TIMEOUT_S,
    )
    inputs = windows_of(bundle, limits, questions)
    known = _run(bundle, inputs, session, runner, job, progress, chunk)

    def span_logits(input_ids: list[int], token_type_ids: list[int]) -> Logits:
        return known[tuple(input_ids), tuple(token_type_ids)]

    accuracy = score_model(
        *(span_logits, bundle_tokenizer(bundle), limits, questions, data, config),
        lambda done: None,
    )
    version = runner.kit(session.facts).runtime_version
    result = accuracy_result(session.facts, job, runner.name, version, accuracy, began)
    if config.out:
        folder = bundle.folder.resolve()
        name = accuracy_name(folder.name, RUNTIME, accuracy.data, config.null_threshold)
        write_result(result, config.out / f"{name}-{phone_name(session.facts)}.json")
    return result


def windows_of(bundle: Bundle, limits: QaLimits, questions: Sequence[Question]) -> list[Input]:
    """The different model inputs of all questions, not padded."""
    tokenizer = bundle_tokenizer(bundle)
    found: dict[Input, None] = {}
    for one in questions:
        for window in make_windows(tokenizer, one.question, one.context, limits):
            found[tuple(window.input_ids), tuple(window.token_type_ids)] = None
    return list(found)


def _run(
    bundle: Bundle,
    inputs: Sequence[Input],
    session: Session,
    runner: LitertRunner,
    job: Job,
    progress: Progress,
    chunk: int,
) -> dict[Input, Logits]:
    """Run all inputs, `chunk` in a process; each process first proves itself on the golden ones."""
    interface = bundle.model(RUNTIME).interface
    golden = golden_cases(bundle, RUNTIME)
    known: dict[Input, Logits] = {}
    for start in range(0, len(inputs), chunk):
        part = inputs[start : start + chunk]
        cases: list[Case] = [*golden, *(make_case(interface, *one) for one in part)]
        what = f"{session.phone.serial}: windows on the phone"
        progress(what, start, len(inputs))
        outputs = session.patiently(
            f"windows {start} to {start + len(part)}",
            lambda cases=cases: runner.outputs(  # type: ignore[misc]
                session.store, session.facts, bundle, cases, job
            ),
        )
        check_golden(bundle, Replay(RUNTIME, interface, outputs[: len(golden)]))
        for one, found in zip(part, outputs[len(golden) :], strict=True):
            real = without_padding(interface, found, len(one[0]))
            logits = (np.asarray(real["start_logits"]), np.asarray(real["end_logits"]))
            known[one] = logits
    return known
