"""Memory and load time of a .tflite with several buckets, its packed weights kept in a file."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.machine import describe_device, now
from bench.process import Worker
from bench.result import Device, Subject
from bench.subject import describe_bundle, runtime_version
from export.bundle import load_bundle

RUNTIME = "tflite"


@dataclass(frozen=True)
class CacheUse:
    """Two fresh processes, the second with the first's file of packed weights.

    Each loads every bucket of `lengths` and runs it once. Peaks are bytes over the bare runtime.
    """

    measured_at: str
    device: Device
    subject: Subject
    runtime_version: str
    threads: int
    lengths: tuple[int, ...]
    cache_bytes: int
    cold_load_ms: float
    warm_load_ms: float
    cold_peak_bytes: int
    warm_peak_bytes: int


def measure_cache(folder: Path, threads: int = 1, timeout_s: float = 300) -> CacheUse:
    """Measure the .tflite of a bundle; ValueError where it has none or computes wrongly."""
    bundle = load_bundle(folder)
    lengths = tuple(entry.max_length for entry in bundle.model(RUNTIME).interface.entries)
    with tempfile.TemporaryDirectory(prefix="weights-") as name:
        cache = Path(name) / "packed"
        runs = [_run(folder, threads, lengths, cache, timeout_s) for _ in ("cold", "warm")]
        size = sum(path.stat().st_size for path in Path(name).iterdir())
    (cold_load, cold_peak), (warm_load, warm_peak) = runs
    return CacheUse(
        measured_at=now(),
        device=describe_device(),
        subject=describe_bundle(bundle, RUNTIME),
        runtime_version=runtime_version(RUNTIME),
        threads=threads,
        lengths=lengths,
        cache_bytes=size,
        cold_load_ms=cold_load,
        warm_load_ms=warm_load,
        cold_peak_bytes=cold_peak,
        warm_peak_bytes=warm_peak,
    )


def _run(
    folder: Path, threads: int, lengths: tuple[int, ...], cache: Path, timeout_s: float
) -> tuple[float, int]:
    with Worker(f"{folder} ({RUNTIME})", timeout_s) as worker:
        worker.ask("prepare", runtime=RUNTIME)
        loaded = worker.ask(
            "load", folder=str(folder), runtime=RUNTIME, threads=threads, weight_cache=str(cache)
        )
        for length in lengths:
            worker.ask("run", input_ids=[1] * length, token_type_ids=[0] * length)
        memory = worker.ask("memory")
        worker.ask("golden")
    return float(loaded["load_ms"]), int(memory["peak_bytes"])
