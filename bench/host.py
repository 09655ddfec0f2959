"""Measure bundles on this machine, every measurement in a fresh process; loads no torch here."""

import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from bench.config import BenchConfig, Plan
from bench.process import Worker
from bench.result import RESULT_VERSION, Device, Result, Speed, write_result
from bench.setting import Candidate, Setting
from bench.shapes import find_shape, is_written
from export.bundle import load_bundle

SHAPE_TIMEOUT_S = 600.0
Progress = Callable[[str], None]
PACKAGES = {
    "tflite": "ai-edge-litert",
    "pte": "executorch",
    "torch": "torch",
    "torch-eager": "torch",
    "torch-compile": "torch",
    "onnxruntime": "onnxruntime",
    "litert-stock": "ai-edge-litert",
    "executorch-stock": "executorch",
}


@dataclass
class _Samples:
    opened: dict[str, Any] = field(default_factory=dict)
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
    settings: Sequence[Candidate], plan: Plan, progress: Progress = lambda message: None
) -> list[Result]:
    """Measure settings that will be compared: a process each, and they take turns in rounds.

    All of them are in memory at the same time.

    Loading and the first run of each happen while the others are idle. Each must prove itself, so
    no speed is reported for a file that computes wrongly.
    """
    padded = [setting.padded_tokens for setting in settings]  # refuses what does not fit
    samples = [_Samples() for _ in settings]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(s.about, plan.timeout_s)) for s in settings]
        for worker, setting in zip(workers, settings, strict=True):
            worker.send("prepare", runtime=setting.runtime)
        for worker in workers:
            worker.receive("prepare")
        for worker, setting, taken in zip(workers, settings, samples, strict=True):
            progress(f"{setting.name}: loading")
            ids, types = setting.inputs()
            taken.opened.update(setting.load(worker))
            taken.opened.update(worker.ask("run", input_ids=ids, token_type_ids=types))
            setting.prove(worker, timed=False)
            worker.ask("run", input_ids=ids, token_type_ids=types)  # the measured input again
        for number in range(plan.rounds):
            progress(f"{settings[0].threads}t-{settings[0].tokens}: round {number + 1}")
            _run_round(workers, samples, plan, backwards=number % 2 == 1)
        for worker, setting, taken in zip(workers, settings, samples, strict=True):
            taken.opened.update(worker.ask("memory"))
            setting.prove(worker, timed=True)
    session, device = uuid4().hex, describe_device()
    return [
        _result(setting, length, taken, plan, session, device)
        for setting, length, taken in zip(settings, padded, samples, strict=True)
    ]


def _run_round(
    workers: Sequence[Worker], samples: Sequence[_Samples], plan: Plan, backwards: bool
) -> None:
    turns = list(zip(workers, samples, strict=True))
    for worker, taken in reversed(turns) if backwards else turns:
        answer = worker.ask("round", warmup=plan.warmup, runs=plan.runs, seconds=plan.round_seconds)
        taken.wall_ms += answer["wall_ms"]
        taken.cpu_ms += answer["cpu_ms"]
        taken.round_sizes.append(len(answer["wall_ms"]))


def _result(
    setting: Candidate, padded: int, taken: _Samples, plan: Plan, session: str, device: Device
) -> Result:
    speed = Speed(
        session=session,
        threads=setting.threads,
        tokens=setting.tokens,
        padded_tokens=padded,
        warmup=plan.warmup,
        round_sizes=tuple(taken.round_sizes),
        wall_ms=tuple(taken.wall_ms),
        cpu_ms=tuple(taken.cpu_ms),
        **taken.opened,
    )
    return Result(
        version=RESULT_VERSION,
        measured_at=now(),
        device=device,
        subject=setting.subject(),
        runtime=setting.runtime,
        runtime_version=runtime_version(setting.runtime),
        speed=speed,
        accuracy=None,
    )


def runtime_version(runtime: str) -> str:
    """The package that runs a file, and its version."""
    return f"{PACKAGES[runtime]} {metadata.version(PACKAGES[runtime])}"


def shape_folder(name: str, folder: Path) -> Path:
    """The checkpoint of a published shape in `folder`, written there by a process if missing."""
    path = folder / find_shape(name).name
    if not is_written(path):
        with Worker(name, SHAPE_TIMEOUT_S) as worker:
            worker.ask("write_shape", name=name, folder=str(path.resolve()))
    return path


def describe_device() -> Device:
    """This machine."""
    return Device(
        kind="host",
        name=f"{platform.machine()} host",
        system=f"{platform.system()} {platform.release()}",
        processor=_processor_name(),
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
    )


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def now() -> str:
    """The present time, UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
