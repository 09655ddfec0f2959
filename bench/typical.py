"""Typical questions through our buckets against the same file at a fixed length."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.evaluate import describe_data
from bench.machine import describe_device, now
from bench.peers_config import PeersConfig
from bench.process import Worker
from bench.result import DataFile, Device, Subject
from bench.subject import bundle_tokenizer, describe_bundle, runtime_version
from export.bundle import load_bundle
from tasks.squad import read_questions
from tasks.windows import make_windows


@dataclass(frozen=True)
class Typical:
    """Windows of real questions, each run twice in turn: at its bucket's length, and padded full.

    Times in milliseconds; `cpu` is that of all threads. `lengths` are real tokens.
    """

    measured_at: str
    device: Device
    subject: Subject
    runtime: str
    runtime_version: str
    threads: int
    data: tuple[DataFile, ...]
    fixed_length: int
    lengths: tuple[int, ...]
    wall_ms: tuple[float, ...]
    fixed_wall_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    fixed_cpu_ms: tuple[float, ...]


def measure_typical(config: PeersConfig, folder: Path, runtime: str) -> Iterator[Typical]:
    """Ask `config.questions` questions, spread evenly over the data, at each thread count."""
    bundle = load_bundle(folder)
    assert bundle.manifest.qa is not None
    questions = read_questions(config.data)
    step = max(1, len(questions) // config.questions)
    chosen = questions[::step][: config.questions]
    tokenizer, fixed = bundle_tokenizer(bundle), bundle.manifest.qa.max_length
    windows = [
        (window.input_ids, window.token_type_ids)
        for question in chosen
        for window in make_windows(
            tokenizer, question.question, question.context, bundle.manifest.qa
        )
    ]
    for threads in config.threads:
        with Worker(f"{folder} ({runtime})", config.plan.timeout_s) as worker:
            worker.ask("prepare", runtime=runtime)
            worker.ask("load", folder=str(folder), runtime=runtime, threads=threads)
            worker.ask("golden")
            times = [
                worker.ask("both_lengths", input_ids=ids, token_type_ids=types, fixed=fixed)
                for ids, types in windows
            ]
        yield Typical(
            measured_at=now(),
            device=describe_device(),
            subject=describe_bundle(bundle, runtime),
            runtime=runtime,
            runtime_version=runtime_version(runtime),
            threads=threads,
            data=describe_data(config.data),
            fixed_length=fixed,
            lengths=tuple(len(ids) for ids, _ in windows),
            wall_ms=tuple(one["wall_ms"] for one in times),
            fixed_wall_ms=tuple(one["fixed_wall_ms"] for one in times),
            cpu_ms=tuple(one["cpu_ms"] for one in times),
            fixed_cpu_ms=tuple(one["fixed_cpu_ms"] for one in times),
        )
