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
from bench.result import (
    RANDOM,
    RANDOM_LICENCE,
    RESULT_VERSION,
    TRAINED,
    Device,
    Result,
    Speed,
    Subject,
    write_result,
)
from export.bundle import MANIFEST, Bundle, load_bundle, record_file
from tasks.squad import read_squad, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer_files import open_tokenizer

Progress = Callable[[str], None]
PACKAGES = {"tflite": "ai-edge-litert", "pte": "executorch", "torch": "torch"}


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
            taken.opened.update(worker.ask("memory"))
            worker.ask("golden")
    session, device = uuid4().hex, describe_device()
    return [
        _result(setting, bundles[setting.bundle], taken, plan, session, device)
        for setting, taken in zip(settings, samples, strict=True)
    ]


def _open(worker: Worker, setting: Setting, bundle: Bundle, taken: _Samples) -> None:
    ids, types = real_tokens(bundle_tokenizer(bundle), setting.tokens)
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
        taken.wall_ms += answer["wall_ms"]
        taken.cpu_ms += answer["cpu_ms"]
        taken.round_sizes.append(len(answer["wall_ms"]))


def _result(
    setting: Setting, bundle: Bundle, taken: _Samples, plan: Plan, session: str, device: Device
) -> Result:
    speed = Speed(
        session=session,
        threads=setting.threads,
        tokens=setting.tokens,
        padded_tokens=padded_length(bundle, setting.runtime, setting.tokens),
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
        subject=describe_bundle(bundle, setting.runtime, setting.parameters),
        runtime=setting.runtime,
        runtime_version=runtime_version(setting.runtime),
        speed=speed,
        accuracy=None,
    )


def runtime_version(runtime: str) -> str:
    """The package that runs a file, and its version."""
    return f"{PACKAGES[runtime]} {metadata.version(PACKAGES[runtime])}"


def describe_bundle(bundle: Bundle, runtime: str, parameters: int | None = None) -> Subject:
    """What is known of one model file of a bundle."""
    manifest = bundle.manifest
    model = bundle.model(runtime)
    return Subject(
        model=bundle.folder.resolve().name.removesuffix(f"-{manifest.recipe}"),
        recipe=manifest.recipe,
        weights=RANDOM if manifest.licences.weights == RANDOM_LICENCE else TRAINED,
        parameters=parameters,
        bundle=bundle.folder.resolve().name,
        manifest_sha256=record_file(bundle.folder / MANIFEST).sha256,
        file=model.file,
        file_bytes=manifest.files[model.file].bytes,
        file_sha256=manifest.files[model.file].sha256,
        parity=model.parity,
        size=model.size,
    )


def padded_length(bundle: Bundle, runtime: str, tokens: int) -> int:
    """The length that `tokens` real tokens run at: a fixed-length file pads them."""
    entries = bundle.model(runtime).interface.entries
    for entry in entries:
        if tokens <= entry.max_length:
            return max(tokens, entry.min_length)
    raise ValueError(
        f"{bundle.folder}: the {runtime} file takes at most {entries[-1].max_length} tokens, "
        f"{tokens} were asked for; measure shorter inputs or export with a larger bucket"
    )


def bundle_tokenizer(bundle: Bundle) -> TextTokenizer:
    """The tokenizer of a bundle."""
    record = bundle.manifest.tokenizer
    return open_tokenizer(
        bundle.folder / record.file,
        kind=record.kind,
        lowercase=record.lowercase,
        strip_accents=record.strip_accents,
    )


def real_tokens(tokenizer: TextTokenizer, tokens: int) -> tuple[list[int], list[int]]:
    """Exactly `tokens` ids and token types of real text: a question on our sample's passages."""
    items = read_squad([sample_path()])
    question = tokenizer.encode(items[0].question).ids
    context = [
        i for text in dict.fromkeys(q.context for q in items) for i in tokenizer.encode(text).ids
    ]
    if tokens < 8:
        raise ValueError(f"an input needs at least 8 tokens, {tokens} were asked for")
    asked = question[: (tokens - tokenizer.pair_specials) // 2]
    room = tokens - tokenizer.pair_specials - len(asked)
    while len(context) < room:
        context += context
    return tokenizer.pair(asked, context[:room])


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
