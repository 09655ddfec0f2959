"""Measure bundles on this machine, every measurement in a fresh process; loads no torch here."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.config import BenchConfig, Plan
from bench.machine import describe_device, now, observe
from bench.process import Worker
from bench.result import (
    RESULT_VERSION,
    Memory,
    Result,
    Speed,
    Start,
    Workload,
    write_result,
)
from bench.subject import (
    bundle_tokenizer,
    describe_bundle,
    padded_length,
    real_tokens,
    runtime_version,
)
from export.bundle import Bundle, load_bundle

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Setting:
    """One thing to measure: a runtime of a bundle, a thread count, a length in real tokens."""

    bundle: Path
    runtime: str
    threads: int
    tokens: int
    parameters: int | None = None

    @property
    def name(self) -> str:
        """The name of its result file, without the ending."""
        return f"{self.bundle.name}-{self.runtime}-{self.threads}t-{self.tokens}"


@dataclass
class _Samples:
    opened: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    warmup_ms: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    round_sizes: list[int] = field(default_factory=list)


def bench(config: BenchConfig, progress: Progress = lambda message: None) -> list[Result]:
    """Measure one bundle; writes a result file for every runtime, thread count and length."""
    bundle = load_bundle(config.bundle, verify=False)
    results: list[Result] = []
    for threads in config.threads:
        for tokens in config.tokens:
            runtimes = config.runtimes or tuple(bundle.manifest.models)
            settings = [Setting(config.bundle, name, threads, tokens) for name in runtimes]
            found = measure_together(settings, config.plan, progress)
            for setting, result in zip(settings, found, strict=True):
                write_result(result, config.out / f"{setting.name}.json")
            results += found
    return results


def measure(setting: Setting, plan: Plan | None = None) -> Result:
    """Measure one setting."""
    return measure_together([setting], plan or Plan())[0]


def measure_together(
    settings: Sequence[Setting], plan: Plan, progress: Progress = lambda message: None
) -> list[Result]:
    """Measure settings that will be compared: a process each, and they take turns in rounds.

    All of them are in memory at the same time.

    Loading and the first run of each happen while the others are idle. At the end each process
    must pass the golden check, so no speed is reported for a file that computes wrongly.
    """
    bundles = {s.bundle: load_bundle(s.bundle) for s in settings}
    for setting in settings:  # refuses an unknown runtime or a length that does not fit
        padded_length(bundles[setting.bundle], setting.runtime, setting.tokens)
    samples = [_Samples() for _ in settings]
    before, began, began_s = observe(), now(), time.time()
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(f"{s.bundle} ({s.runtime})", plan.timeout_s))
            for s in settings
        ]
        for worker, setting in zip(workers, settings, strict=True):
            worker.send("prepare", runtime=setting.runtime)
        for worker in workers:
            worker.receive("prepare")
        for worker, setting, taken in zip(workers, settings, samples, strict=True):
            progress(f"{setting.name}: loading")
            _open(worker, setting, bundles[setting.bundle], taken)
        for number in range(plan.rounds):
            progress(f"{settings[0].threads}t-{settings[0].tokens}: round {number + 1}")
            _run_round(workers, samples, plan, backwards=number % 2 == 1)
        for worker, taken in zip(workers, samples, strict=True):
            taken.memory = worker.ask("memory")
            worker.ask("golden")
    session, device, after = uuid4().hex, describe_device(), observe()
    return [
        Result(
            version=RESULT_VERSION,
            measured_at=began,
            device=device,
            subject=describe_bundle(bundles[setting.bundle], setting.runtime, setting.parameters),
            runtime=setting.runtime,
            runtime_version=runtime_version(setting.runtime),
            runner="bench.worker",
            workload=_workload(setting, bundles[setting.bundle]),
            speed=_speed(taken, session, began_s),
            printed=None,
            memory=Memory("VmHWM of the timed process", **taken.memory),
            work=None,
            accuracy=None,
            before=before,
            after=after,
            remarks=(),
        )
        for setting, taken in zip(settings, samples, strict=True)
    ]


def _open(worker: Worker, setting: Setting, bundle: Bundle, taken: _Samples) -> None:
    ids, types = real_tokens(bundle_tokenizer(bundle), setting.tokens)
    taken.opened["at"] = time.time()
    taken.opened.update(
        worker.ask(
            "load", folder=str(setting.bundle), runtime=setting.runtime, threads=setting.threads
        )
    )
    taken.opened.update(worker.ask("run", input_ids=ids, token_type_ids=types))


def _run_round(
    workers: Sequence[Worker], samples: Sequence[_Samples], plan: Plan, backwards: bool
) -> None:
    turns = list(zip(workers, samples, strict=True))
    for worker, taken in reversed(turns) if backwards else turns:
        answer = worker.ask("round", warmup=plan.warmup, runs=plan.runs, seconds=plan.round_seconds)
        taken.warmup_ms += answer["warmup_ms"]
        taken.at += answer["at"]
        taken.wall_ms += answer["wall_ms"]
        taken.cpu_ms += answer["cpu_ms"]
        taken.round_sizes.append(len(answer["wall_ms"]))


def _workload(setting: Setting, bundle: Bundle) -> Workload:
    length = padded_length(bundle, setting.runtime, setting.tokens)
    return Workload(setting.threads, setting.tokens, length, cpus=())


def _speed(taken: _Samples, session: str, began_s: float) -> Speed:
    start = Start(
        at_s=taken.opened["at"] - began_s,
        load_ms=taken.opened["load_ms"],
        first_ms=taken.opened["first_ms"],
        first_cpu_ms=taken.opened["first_cpu_ms"],
        warmup_ms=tuple(taken.warmup_ms),
    )
    return Speed(
        session=session,
        starts=(start,),
        round_sizes=tuple(taken.round_sizes),
        at_s=tuple(at - began_s for at in taken.at),
        wall_ms=tuple(taken.wall_ms),
        cpu_ms=tuple(taken.cpu_ms),
        debug_build=None,
    )
