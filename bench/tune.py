"""The search for a bundle: candidates are built, scored and timed, and the smallest that fits wins.

An interrupted search goes on where it stopped: bundles and timings whose inputs are the same are
used again.
"""

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.config import TuneConfig
from bench.host import measure_together
from bench.result import Result, Speed, write_result
from bench.reuse import known_session
from bench.samples import median
from bench.setting import Setting
from bench.tune_plot import draw_front
from export.buckets import LONGEST, choose_buckets, input_lengths
from export.build import build_bundle
from export.bundle import Bundle, load_bundle, record_file
from export.checkpoint import read_shape
from export.config import ExportConfig
from export.staging import publish, staging
from tasks.tokenizer_files import read_tokenizer

BASELINE_RECIPE = "fp32"
ANY_LOSS = 100.0
TYPICAL = (20, 50, 80)
"""Percentiles of the lengths of the questions that are timed."""
Progress = Callable[[str, int, int], None]
"""Called with what is done now, the steps finished and the steps in all."""


@dataclass(frozen=True)
class Candidate:
    """A form that a checkpoint can be exported in."""

    checkpoint: Path
    recipe: str
    vocab_size: int | None
    buckets: tuple[int, ...]
    label: str = ""
    """Of the buckets, where several sets are tried."""

    @property
    def name(self) -> str:
        """The name of its bundle."""
        cut = "" if self.vocab_size is None else f"-{self.vocab_size}-words"
        return f"{self.checkpoint.resolve().name}-{self.recipe}{cut}{self.label}"


@dataclass(frozen=True)
class Tried:
    """One file of one candidate, as measured. `refused` says why there is no file."""

    candidate: str
    runtime: str
    mb: float = 0.0
    f1: float = 0.0
    f1_drop: float = 0.0
    speedup: float = 0.0
    ms: float = 0.0
    refused: str | None = None
    fits: bool = False
    on_front: bool = False


@dataclass(frozen=True)
class Tuned:
    """Everything that was tried; `winner` is None where nothing fits."""

    tried: tuple[Tried, ...]
    winner: Path | None
    folder: Path


def tune(config: TuneConfig, progress: Progress = lambda text, done, total: None) -> Tuned:
    """Try every candidate; writes results, tune.json, tune.png and the winner into `config.out`.

    Raises ValueError or FileNotFoundError for inputs that cannot be exported or read.
    """
    sets, tokens = _settle_lengths(config)
    baseline = Candidate(config.checkpoints[0], BASELINE_RECIPE, None, *sets[0])
    candidates = [
        Candidate(checkpoint, recipe, size, *buckets)
        for checkpoint in config.checkpoints
        for recipe in config.recipes
        for size in (None, *config.vocab_sizes)
        for buckets in sets
    ]
    total = 2 * len(candidates) + 1
    progress(f"building {baseline.name}", 0, total)
    reference = _build(config, baseline)
    found: list[Tried] = []
    for number, candidate in enumerate(candidates):
        progress(f"building {candidate.name}", 1 + 2 * number, total)
        try:
            bundle = _build(config, candidate)
        except ValueError as error:
            found += [Tried(candidate.name, r, refused=str(error)) for r in config.runtimes]
            continue
        progress(f"timing {candidate.name}", 2 + 2 * number, total)
        found += [
            _measure(config, tokens, reference, bundle, runtime) for runtime in config.runtimes
        ]
    judged = mark(found, config)
    winner = _publish_winner(config, judged)
    record = {"config": asdict(config), "tried": [asdict(one) for one in judged]}
    text = json.dumps(record, indent=1, default=str)
    (config.out / "tune.json").write_text(text + "\n", encoding="utf-8")
    (config.out / "tune.md").write_text(markdown(judged), encoding="utf-8")
    draw_front(judged, config, config.out / "tune.png")
    return Tuned(tuple(judged), winner, config.out)


def markdown(tried: Sequence[Tried]) -> str:
    """Return the table of everything tried."""
    header = "| candidate | runtime | MB | F1 | F1 lost | times faster |\n"
    rows = [
        f"| {one.candidate} | {one.runtime} | {one.mb:.2f} | {one.f1:.2f} | {one.f1_drop:+.2f} | "
        f"{one.speedup:.2f} |\n"
        if one.refused is None
        else f"| {one.candidate} | {one.runtime} | {one.refused} | | | |\n"
        for one in tried
    ]
    return header + "|---|---|---:|---:|---:|---:|\n" + "".join(rows)


def _settle_lengths(
    config: TuneConfig,
) -> tuple[list[tuple[tuple[int, ...], str]], tuple[int, ...]]:
    """The sets of buckets with their labels, and the lengths of the inputs that are timed.

    Both by the lengths of the questions in the data, where they are not given.
    """
    checkpoint = config.checkpoints[0]
    shape, named = read_shape(checkpoint), config.bucket_sets
    longest = min(
        shape.positions, max((lengths[-1] for lengths in named if lengths), default=LONGEST)
    )
    found = input_lengths(read_tokenizer(checkpoint), shape.task, config.data, longest)
    auto = choose_buckets(shape, found, longest=longest).buckets if () in named else ()
    sets = [
        (lengths or auto, f"-{text}" if len(named) > 1 else "")
        for text, lengths in zip(config.buckets, named, strict=True)
    ]
    typical = (int(np.percentile(found, percent, method="nearest")) for percent in TYPICAL)
    return sets, config.tokens or tuple(sorted(set(typical)))


def _build(config: TuneConfig, candidate: Candidate) -> Bundle:
    """Export a candidate and score it, unless that was done before with the same inputs."""
    out = config.out / "bundles" / candidate.name
    export = ExportConfig(
        checkpoint=candidate.checkpoint,
        out=out,
        runtimes=config.runtimes,
        recipe=candidate.recipe,
        buckets=candidate.buckets,
        gate_data=config.data,
        gate_questions=config.questions,
        max_f1_drop=ANY_LOSS,
        vocab_from=() if candidate.vocab_size is None else config.vocab_from,
        vocab_size=candidate.vocab_size,
        force=True,
    )
    inputs = json.dumps(asdict(export), default=str) + "".join(
        record_file(path).sha256
        for path in (candidate.checkpoint / "model.safetensors", *config.data, *export.vocab_from)
    )
    mark_file = out.with_name(f"{out.name}.inputs")
    if mark_file.is_file() and mark_file.read_text(encoding="utf-8") == inputs:
        try:
            return load_bundle(out)
        except (ValueError, FileNotFoundError):
            pass  # it is built again
    mark_file.unlink(missing_ok=True)
    bundle = build_bundle(export)
    mark_file.write_text(inputs, encoding="utf-8")
    return bundle


def _measure(
    config: TuneConfig,
    tokens: Sequence[int],
    reference: Bundle,
    bundle: Bundle,
    runtime: str,
) -> Tried:
    """Time a file in turns with the float32 one of the first checkpoint, at every length."""
    settings = [
        Setting(one.folder, runtime, config.threads, length)
        for one in (reference, bundle)
        for length in tokens
    ]
    folder = config.out / "results" / bundle.folder.name
    paths = [folder / f"{setting.name}.json" for setting in settings]
    results = known_session(settings, paths, config.plan)
    if results is None:
        results = measure_together(settings, config.plan)
        for result, path in zip(results, paths, strict=True):
            write_result(result, path)
    return _tried(reference, bundle, runtime, results)


def _tried(reference: Bundle, bundle: Bundle, runtime: str, results: Sequence[Result]) -> Tried:
    speeds = [result.speed for result in results if result.speed]
    assert len(speeds) == len(results)
    assert len({speed.session for speed in speeds}) == 1  # only then are rounds pairs
    half = len(speeds) // 2
    slow, fast = _sums(speeds[:half]), _sums(speeds[half:])
    before, after = reference.model(runtime).accuracy, bundle.model(runtime).accuracy
    assert before
    assert after
    return Tried(
        candidate=bundle.folder.name,
        runtime=runtime,
        mb=bundle.manifest.files[bundle.model(runtime).file].bytes / 1e6,
        f1=after.f1,
        f1_drop=round(before.checkpoint_f1 - after.f1, 4),
        speedup=round(median([one / other for one, other in zip(slow, fast, strict=True)]), 4),
        ms=round(median(fast) / half, 4),
    )


def _sums(speeds: Sequence[Speed]) -> list[float]:
    """Of each round the sum of the medians of all lengths, in milliseconds."""
    rounds = zip(*(speed.rounds() for speed in speeds), strict=True)
    return [sum(median(samples) for samples in part) for part in rounds]


def mark(found: Sequence[Tried], config: TuneConfig) -> list[Tried]:
    """Say of each file whether it fits, and whether no other of its runtime beats it in all.

    Better is smaller, faster and of higher F1.
    """

    def beaten(one: Tried, by: Tried) -> bool:
        no_worse = by.mb <= one.mb and by.ms <= one.ms and by.f1 >= one.f1
        return no_worse and (by.mb, by.ms, by.f1) != (one.mb, one.ms, one.f1)

    measured = [one for one in found if one.refused is None]
    return [
        one
        if one.refused is not None
        else dataclasses.replace(
            one,
            fits=one.mb <= config.max_mb
            and one.f1_drop <= config.max_f1_drop
            and one.speedup >= config.min_speedup,
            on_front=not any(
                beaten(one, other) for other in measured if other.runtime == one.runtime
            ),
        )
        for one in found
    ]


def choose(judged: Sequence[Tried], runtimes: Sequence[str]) -> str | None:
    """Return the candidate that fits on every runtime with the smallest larger file, or None.

    Of equally small ones the one with the higher F1 in its worse file.
    """
    files: dict[str, list[Tried]] = {}
    for one in judged:
        files.setdefault(one.candidate, []).append(one)
    fitting = {
        name: found
        for name, found in files.items()
        if len(found) == len(runtimes) and all(one.fits for one in found)
    }
    if not fitting:
        return None
    return min(
        fitting,
        key=lambda name: (max(f.mb for f in fitting[name]), -min(f.f1 for f in fitting[name])),
    )


def _publish_winner(config: TuneConfig, judged: Sequence[Tried]) -> Path | None:
    name, target = choose(judged, config.runtimes), config.out / "winner"
    if name is None:
        shutil.rmtree(target, ignore_errors=True)  # that of an earlier search with other limits
        return None
    with staging(target) as folder:
        shutil.copytree(config.out / "bundles" / name, folder, dirs_exist_ok=True)
        load_bundle(folder)
        publish(folder, target)
    return target
