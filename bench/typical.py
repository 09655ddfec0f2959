"""Typical questions through our buckets against the same file at a fixed length."""

from dataclasses import dataclass
from pathlib import Path

from bench.evaluate import describe_data
from bench.machine import describe_device, now
from bench.peers_config import PeersConfig
from bench.process import Worker
from bench.result import DataFile, Device, Subject
from bench.subject import bundle_tokenizer, describe_bundle, runtime_version
from export import strict_json
from export.bundle import load_bundle
from tasks.squad import read_questions
from tasks.windows import make_windows


@dataclass(frozen=True)
class Typical:
    """Windows of real questions, each run twice in turn: at its bucket's length, and padded full.

    Times in milliseconds; `cpu` is that of all threads. `lengths` are real tokens, of the
    windows of the `asked` questions. `buckets`: the lengths that the file has; empty where it takes
    any.
    """

    measured_at: str
    device: Device
    subject: Subject
    runtime: str
    runtime_version: str
    threads: int
    data: tuple[DataFile, ...]
    asked: int
    fixed_length: int
    buckets: tuple[int, ...]
    lengths: tuple[int, ...]
    wall_ms: tuple[float, ...]
    fixed_wall_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    fixed_cpu_ms: tuple[float, ...]


def measure_typical(config: PeersConfig, folder: Path, runtime: str, threads: int) -> Typical:
    """Ask `config.questions` questions, spread evenly over the data."""
    bundle = load_bundle(folder)
    assert bundle.manifest.qa is not None
    questions = read_questions(config.data)
    step = max(1, len(questions) // config.questions)
    entries = bundle.model(runtime).interface.entries
    tokenizer, fixed = bundle_tokenizer(bundle), bundle.manifest.qa.max_length
    windows = [
        (window.input_ids, window.token_type_ids)
        for question in questions[::step][: config.questions]
        for window in make_windows(
            tokenizer, question.question, question.context, bundle.manifest.qa
        )
    ]
    with Worker(f"{folder} ({runtime})", config.plan.timeout_s) as worker:
        worker.ask("prepare", runtime=runtime)
        worker.ask("load", folder=str(folder), runtime=runtime, threads=threads)
        worker.ask("golden")
        times = [
            worker.ask("both_lengths", input_ids=ids, token_type_ids=types, fixed=fixed)
            for ids, types in windows
        ]
    return Typical(
        measured_at=now(),
        device=describe_device(),
        subject=describe_bundle(bundle, runtime),
        runtime=runtime,
        runtime_version=runtime_version(runtime),
        threads=threads,
        data=describe_data(config.data),
        asked=config.questions,
        fixed_length=fixed,
        buckets=tuple(entry.max_length for entry in entries if entry.fixed),
        lengths=tuple(len(ids) for ids, _ in windows),
        wall_ms=tuple(one["wall_ms"] for one in times),
        fixed_wall_ms=tuple(one["fixed_wall_ms"] for one in times),
        cpu_ms=tuple(one["cpu_ms"] for one in times),
        fixed_cpu_ms=tuple(one["fixed_cpu_ms"] for one in times),
    )


def is_known(path: Path, config: PeersConfig, folder: Path, runtime: str) -> bool:
    """Whether the file holds these very questions, asked to these bytes on this device."""
    try:
        found = strict_json.parse(Typical, path.read_text(encoding="utf-8"), path.name)
    except (ValueError, FileNotFoundError):
        return False
    return (found.device, found.subject, found.runtime_version, found.data, found.asked) == (
        describe_device(),
        describe_bundle(load_bundle(folder), runtime),
        runtime_version(runtime),
        describe_data(config.data),
        config.questions,
    )
