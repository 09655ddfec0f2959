"""`bench BUNDLE --device adb:...`: settings take turns, every round in a fresh process."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bench.config import BenchConfig
from bench.phone.adb import Adb, DeviceLost, Phone
from bench.phone.app import AppRunner
from bench.phone.facts import Facts
from bench.phone.foreign import BenchmarkModel, ExecutorRunner
from bench.phone.job import DeviceRunner, Job
from bench.phone.litert import LitertRunner
from bench.phone.record import speed_result
from bench.phone.session import Care, Round, Session, open_session
from bench.phone.together import on_all
from bench.result import Result, write_result
from bench.subject import padded_length
from export.bundle import Bundle, load_bundle

Say = Callable[[str], None]


@dataclass(frozen=True)
class PhonePlan:
    """How long a setting runs: `rounds` fresh processes of `seconds` after `warmup` runs each.

    The default is what may be published: three times 20 s, with cooling down between.
    """

    rounds: int = 3
    seconds: float = 20.0
    warmup: int = 10
    runs: int = 100_000
    timeout_s: float = 600.0
    """When a process counts as hung: far more than it needs on the slowest phone."""


DEFAULT = LitertRunner.name
QUICK = PhonePlan(rounds=2, seconds=2.0, warmup=3)


@dataclass
class _Row:
    job: Job
    runner: DeviceRunner
    rounds: list[Round] = field(default_factory=list)


def bench_phones(
    config: BenchConfig,
    progress: Say = lambda message: None,
    care: Care | None = None,
    adb: Adb | None = None,
    plan: PhonePlan | None = None,
) -> list[Result]:
    """Measure a bundle on phones; a result file for each phone, runtime, thread count and length.

    A file is written when its setting is complete: a phone that fails later loses nothing. Raises
    ValueError (or OSError) at the end that tells what failed.
    """
    bundle = load_bundle(config.bundle)
    runners = [make_runner(word, config.runner_kit) for word in config.runners]
    pairs = _pairs(config, bundle, runners)
    for runtime in [] if config.runtimes else set(bundle.manifest.models) - {r for _, r in pairs}:
        progress(f"left out: {runtime}, for none of --runners runs it")
    plan = plan or (QUICK if config.quick else PhonePlan())
    care = care or Care(leave_settings=config.leave_settings, clean=config.clean)

    def work(phone: Phone) -> list[Result]:
        with open_session(phone, care, progress) as session:
            return _measure_phone(config, bundle, pairs, plan, session)

    return on_all(adb or Adb(), config.device, work)


def make_runner(word: str, kit: Path | None = None) -> DeviceRunner:
    """The runner that `litert`, `app`, `benchmark_model=FILE` or `executor_runner=FILE` names."""
    name, _, program = word.partition("=")
    if name == "litert" and not program:
        return LitertRunner(kit)
    if name == "app" and not program:
        return AppRunner()
    if name == "benchmark_model" and program:
        return BenchmarkModel(Path(program))
    if name == "executor_runner" and program:
        return ExecutorRunner(Path(program))
    raise ValueError(
        f"unknown runner {word!r}; give litert, app, benchmark_model=FILE or executor_runner=FILE, "
        "where FILE is the program built for the phone"
    )


def _pairs(
    config: BenchConfig, bundle: Bundle, runners: Sequence[DeviceRunner]
) -> list[tuple[DeviceRunner, str]]:
    """Which runner measures which file; an asked-for runtime without a runner is an error."""
    there = config.runtimes or tuple(bundle.manifest.models)
    for runtime in there:
        bundle.model(runtime)
    pairs = [(one, runtime) for one in runners for runtime in there if runtime in one.runtimes]
    alone = [name for name in config.runtimes if name not in [runtime for _, runtime in pairs]]
    if alone or not pairs:
        raise ValueError(
            f"no runner here runs {' and '.join(alone or there)}: litert and benchmark_model run "
            "tflite, executor_runner=FILE runs pte, app runs both"
        )
    return pairs


def _measure_phone(
    config: BenchConfig,
    bundle: Bundle,
    pairs: Sequence[tuple[DeviceRunner, str]],
    plan: PhonePlan,
    session: Session,
) -> list[Result]:
    results: list[Result] = []
    faults: list[Exception] = []
    for threads in config.threads:
        cores = session.facts.cores_for(threads)
        for tokens in config.tokens:
            rows = []
            for runner, runtime in pairs:
                padded_length(bundle, runtime, tokens)  # refuses a length that does not fit
                job = Job(
                    bundle=bundle,
                    runtime=runtime,
                    threads=threads,
                    tokens=tokens,
                    warmup=plan.warmup,
                    runs=plan.runs,
                    seconds=plan.seconds,
                    cores=cores,
                    timeout_s=plan.timeout_s,
                )
                rows.append(_Row(job, runner))
            found, failed = _take_turns(rows, plan, session)
            for row, result in found:
                write_result(
                    result, config.out / f"{result_name(row.job, row.runner, session.facts)}.json"
                )
                results.append(result)
            faults += failed
    if faults:
        raise ValueError("\n  ".join(map(str, faults)))
    return results


def _take_turns(
    rows: list[_Row], plan: PhonePlan, session: Session
) -> tuple[list[tuple[_Row, Result]], list[Exception]]:
    """Rounds of settings that are compared, backwards every other round.

    A setting that fails leaves; the others go on. A phone that does not come back ends them all.
    """
    faults: list[Exception] = []
    for number in range(plan.rounds):
        for row in list(reversed(rows) if number % 2 else rows):
            name = result_name(row.job, row.runner, session.facts)
            session.say(f"{name}: round {number + 1} of {plan.rounds}")
            try:
                row.rounds.append(session.measure(row.runner, row.job, name))
            except DeviceLost:
                raise
            except ValueError as error:
                faults.append(ValueError(f"{name}: {error}"))
                rows.remove(row)
    together = uuid4().hex
    return [
        (
            row,
            speed_result(
                session.facts, row.job, row.runner.name, together, row.rounds, session.unset
            ),
        )
        for row in rows
    ], faults


def result_name(job: Job, runner: DeviceRunner, facts: Facts) -> str:
    """Name of a result file, without its ending."""
    program = "" if runner.name == DEFAULT else f"-{runner.name}"
    name = f"{job.bundle.folder.resolve().name}-{job.runtime}-{job.threads}t-{job.tokens}"
    return f"{name}{program}-{phone_name(facts)}"


def phone_name(facts: Facts) -> str:
    """A phone in the name of a file; four digits tell two of one model apart."""
    plain = re.sub(r"[^a-z0-9]+", "-", facts.name.lower()).strip("-")
    return f"{plain}-{hashlib.sha256(facts.serial.encode()).hexdigest()[:4]}"
