"""Measure model files on this machine, each in fresh processes; loads no torch here."""

import dataclasses
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.config import BenchConfig, Plan
from bench.journal import Journal
from bench.machine import allowed_cpus, describe_device, observe
from bench.process import Worker
from bench.result import Result, Subject, Workload, write_result
from bench.session import Progress, Session
from bench.setting import Candidate, Setting
from bench.shapes import find_shape, is_written
from bench.subject import runtime_version
from export.bundle import load_bundle

SHAPE_TIMEOUT_S = 600.0


def bench(config: BenchConfig, progress: Progress = lambda message: None) -> list[Result]:
    """Measure one bundle; writes a result file for every runtime, thread count and length."""
    bundle = load_bundle(config.bundle, verify=False)
    results: list[Result] = []
    for threads in config.threads:
        for tokens in config.tokens:
            runtimes = config.runtimes or tuple(bundle.manifest.models)
            settings = [Setting(config.bundle, name, threads, tokens) for name in runtimes]
            results += measure_into(settings, config.plan, config.out, progress)
    return results


def measure(setting: Candidate, plan: Plan | None = None) -> Result:
    """Measure one setting."""
    return measure_together([setting], plan or Plan())[0]


def measure_into(
    settings: Sequence[Candidate],
    plan: Plan,
    folder: Path,
    progress: Progress = lambda message: None,
) -> list[Result]:
    """Measure settings in turns and write their files; goes on where a killed call stopped."""
    paths = [folder / f"{setting.name}.json" for setting in settings]
    journal = folder / f".{paths[0].stem}-and-{len(paths) - 1}.journal"
    results = measure_together(settings, plan, progress, journal)
    for result, path in zip(results, paths, strict=True):
        write_result(result, path)
    journal.unlink()
    return results


def measure_together(
    settings: Sequence[Candidate],
    plan: Plan,
    progress: Progress = lambda message: None,
    journal: Path | None = None,
) -> list[Result]:
    """Measure settings that will be compared: a process each, and they take turns in rounds.

    All of them are in memory at the same time. Each process must prove itself before its first
    round, so no speed is reported for a file that computes wrongly. Stops early when the
    intervals are as tight as `plan.tight`. With a `journal` a killed call goes on where it was.
    """
    loads = [
        Workload(s.threads, s.tokens, s.padded_tokens, _cpus(s.threads, plan)) for s in settings
    ]
    subjects = [setting.subject() for setting in settings]
    before = observe()
    with ExitStack() as stack:
        path = journal or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "journal"
        inputs = _inputs(settings, subjects, loads, plan)
        log = stack.enter_context(Journal(path, inputs, len(settings), plan.timeout_s))
        session = Session(settings, loads, plan, log, progress)
        for repeat in range(plan.repeats):
            session.run_repeat(repeat)
        if plan.memory:
            session.read_memory()
        return session.results(before, observe())


def _cpus(threads: int, plan: Plan) -> tuple[int, ...]:
    """The CPUs of a setting: those asked for, or the last ones that this process may use.

    The first ones serve most interrupts. Empty where this process has fewer than threads.
    """
    allowed = allowed_cpus()
    if plan.cpus and (threads > len(plan.cpus) or not set(plan.cpus) <= set(allowed)):
        raise ValueError(
            f"{threads} threads cannot stay on the CPUs {', '.join(map(str, plan.cpus))}; this "
            f"process may use {', '.join(map(str, allowed)) or 'none by name'}; name one a thread"
        )
    cpus = plan.cpus or allowed
    return cpus[-threads:] if threads <= len(cpus) else ()


def _inputs(
    settings: Sequence[Candidate],
    subjects: Sequence[Subject],
    loads: Sequence[Workload],
    plan: Plan,
) -> Any:
    """What a journal's samples depend on: a change of any of it begins a new session."""
    return {
        "device": dataclasses.asdict(describe_device()),
        "plan": dataclasses.asdict(plan),
        "settings": [
            [
                setting.name,
                subject.manifest_sha256 or subject.file_sha256,
                runtime_version(setting.runtime),
                dataclasses.asdict(load),
            ]
            for setting, subject, load in zip(settings, subjects, loads, strict=True)
        ],
    }


def shape_folder(name: str, folder: Path) -> Path:
    """The checkpoint of a published shape in `folder`, written there by a process if missing."""
    path = folder / find_shape(name).name
    if not is_written(path):
        with Worker(name, SHAPE_TIMEOUT_S) as worker:
            worker.ask("write_shape", name=name, folder=str(path.resolve()))
    return path
