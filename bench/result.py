"""One measurement as a JSON file: one device, one model file, the raw samples in order.

No statistic is stored: `bench.samples` computes them when reporting. `result.schema.json` says the
same as these dataclasses, for other languages.
"""

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.result_v1 import upgrade
from export import strict_json
from export.manifest import Parity
from export.strict_json import LATER

RESULT_VERSION = 2
TRAINED = "trained"
RANDOM = "random weights: size and speed only"
RANDOM_LICENCE = "random-weights"  # how the label travels: checkpoint model card -> bundle manifest
KINDS = ("host", "android", "ios", "emulated")


@dataclass(frozen=True)
class Device:
    """The machine that ran the file; only what stays the same between two runs. Memory in bytes.

    `kind` is one of KINDS; what an "emulated" device does is right, but its times mean nothing.
    """

    kind: str
    name: str
    system: str
    processor: str
    cores: int
    memory_bytes: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"device.kind must be one of {', '.join(KINDS)}, found {self.kind!r}")


@dataclass(frozen=True)
class Subject:
    """The file that was measured; `bundle` and `manifest_sha256` are None without a bundle.

    `weights` is TRAINED or RANDOM; `parameters` None where only the bundle was at hand. `parity`
    (against the float32 network) and `size` (bytes by tensor class and dtype) are the manifest's.
    """

    model: str
    recipe: str
    weights: str
    parameters: int | None
    bundle: str | None
    manifest_sha256: str | None
    file: str
    file_bytes: int
    file_sha256: str
    parity: Parity | None
    size: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Conditions:
    """The device at one moment; None (or nothing in a dict) is what it does not tell.

    Temperatures in degrees Celsius by sensor; present and largest allowed clock in kHz by CPU
    number. `thermal_status` is Android's (0: none). `busy_cores` is what other programs used while
    nothing was measured. `throttled_ms` and `swapped_bytes` are counters that only ever grow.
    """

    at: str
    temperatures_c: dict[str, float]
    clocks_khz: dict[str, int]
    clock_limits_khz: dict[str, int]
    governor: str | None
    thermal_status: int | None
    busy_cores: float | None
    throttled_ms: float | None
    swapped_bytes: int | None
    battery_percent: float | None
    battery_saver: bool | None
    charging: bool | None
    airplane_mode: bool | None
    screen_on: bool | None


@dataclass(frozen=True)
class Workload:
    """What was run: threads, real tokens, the length they were padded to, the CPUs allowed.

    `cpus` is empty where nobody chose any.
    """

    threads: int
    tokens: int
    padded_tokens: int
    cpus: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.threads < 1 or self.tokens < 1 or self.padded_tokens < self.tokens:
            raise ValueError("threads and tokens must be at least 1, padded_tokens >= tokens")


@dataclass(frozen=True)
class Start:
    """A fresh process up to its first timed run. Times in ms; `at_s` as in `Speed`.

    `warmup_ms` is empty where warm-up runs were not timed.
    """

    at_s: float
    load_ms: float
    first_ms: float
    first_cpu_ms: float | None
    warmup_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_times("load_ms, first_ms and warmup_ms", self.load_ms, self.first_ms)
        _check_times("load_ms, first_ms and warmup_ms", *self.warmup_ms)


@dataclass(frozen=True)
class Speed:
    """Times of one setting, in milliseconds, in the order they were taken.

    `wall_ms[i]` and `cpu_ms[i]` (all threads of the process; empty where unknown) belong to the
    i-th timed run, which began `at_s[i]` seconds after `measured_at` (empty where unknown).
    `round_sizes` cuts them into rounds. Results of one `session` took turns round by round, so
    their i-th rounds can be compared. `debug_build` is None where nobody said.
    """

    session: str
    starts: tuple[Start, ...]
    round_sizes: tuple[int, ...]
    at_s: tuple[float, ...]
    wall_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    debug_build: bool | None

    def __post_init__(self) -> None:
        count = len(self.wall_ms)
        if not count or any(len(x) not in (0, count) for x in (self.cpu_ms, self.at_s)):
            raise ValueError(
                "wall_ms needs at least 1 sample; cpu_ms and at_s as many, or none at all"
            )
        if min(self.round_sizes, default=0) < 1 or sum(self.round_sizes) != count:
            raise ValueError(f"round_sizes must add up to the {count} samples")
        if not self.starts:
            raise ValueError("a speed needs at least one start")
        _check_times("wall_ms", *self.wall_ms)
        if not all(0 <= t < math.inf for t in self.cpu_ms):
            raise ValueError("cpu_ms must be finite and not below zero")
        if list(self.at_s) != sorted(self.at_s) or not all(map(math.isfinite, self.at_s)):
            raise ValueError("at_s must be finite and in order")

    def rounds(self, cpu: bool = False) -> list[tuple[float, ...]]:
        """The wall (or CPU) times, cut into the rounds they were taken in."""
        times = self.cpu_ms if cpu else self.wall_ms
        ends = [sum(self.round_sizes[: i + 1]) for i in range(len(self.round_sizes))]
        return [times[end - size : end] for end, size in zip(ends, self.round_sizes, strict=True)]


@dataclass(frozen=True)
class Printed:
    """What a foreign runner printed that keeps no samples (benchmark_model, executor_runner).

    Times in ms; None is what it did not print. `runs` counts the timed ones.
    """

    runs: int
    mean_ms: float
    std_ms: float | None
    min_ms: float | None
    p5_ms: float | None
    median_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    load_ms: float | None
    first_ms: float | None
    warmup_mean_ms: float | None

    def __post_init__(self) -> None:
        if self.runs < 1:
            raise ValueError("printed.runs must be at least 1")
        _check_times("mean_ms", self.mean_ms)


@dataclass(frozen=True)
class Memory:
    """Highest memory from loading to the last run, less the bare process, in bytes.

    `bare_bytes` is the process with its runtime in memory and nothing loaded. `method` says how it
    was read and in which process.
    """

    method: str
    bare_bytes: int
    peak_bytes: int


@dataclass(frozen=True)
class Work:
    """Machine instructions of single inferences in order, as `counter` counted them."""

    counter: str
    instructions: tuple[int, ...]

    def __post_init__(self) -> None:
        if min(self.instructions, default=0) < 1:
            raise ValueError("instructions needs at least one count, each at least 1")


@dataclass(frozen=True)
class DataFile:
    """A data file by name and content."""

    name: str
    sha256: str


@dataclass(frozen=True)
class NullThreshold:
    """When there is no answer: where the null score exceeds the best answer's by more than `value`.

    Both are sums of two logits. `tuned` says that it was chosen for the best F1 on these very
    questions, as the official SQuAD 2 script does. The F1 (percent) of the questions with and
    without an answer is null where there are none of them.
    """

    value: float
    tuned: bool
    has_answer_f1: float | None
    no_answer_f1: float | None


@dataclass(frozen=True)
class Accuracy:
    """SQuAD exact match and F1 (percent) over `n` questions; `limit` is the cut asked for.

    Longer passages were cut into windows of `max_length` tokens. `question_f1` [n] is the F1 of
    each question in percent, in the order of the data; empty where it was not kept. Without a
    `null_threshold` every question was answered.
    """

    data: tuple[DataFile, ...]
    limit: int | None
    max_length: int
    n: int
    exact_match: float
    f1: float
    question_f1: tuple[float, ...]
    null_threshold: NullThreshold | None = field(default=None, metadata={LATER: True})

    def __post_init__(self) -> None:
        if self.question_f1 and len(self.question_f1) != self.n:
            raise ValueError(f"question_f1 holds {len(self.question_f1)} of {self.n} questions")
        if self.n < 1 or not self.data:
            raise ValueError("an accuracy needs at least one question and one data file")
        if not (0 <= self.exact_match <= 100 and 0 <= self.f1 <= 100):
            raise ValueError("exact_match and f1 are percentages between 0 and 100")


@dataclass(frozen=True)
class Note:
    """A warning of the one who measured: a kind of `bench.warnings` by name, and what was seen."""

    kind: str
    text: str


@dataclass(frozen=True)
class Result:
    """What one file did on one device; `measured_at` is when it began (UTC, ISO 8601).

    `runner` is the program that ran it. `workload` belongs to speed, printed, memory and work.
    `notes` say what only the moment of measuring knew.
    """

    version: int
    measured_at: str
    device: Device
    subject: Subject
    runtime: str
    runtime_version: str
    runner: str
    workload: Workload | None
    speed: Speed | None
    printed: Printed | None
    memory: Memory | None
    work: Work | None
    accuracy: Accuracy | None
    before: Conditions | None
    after: Conditions | None
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        measured = (self.speed, self.printed, self.memory, self.work)
        if self.accuracy is None and not any(measured):
            raise ValueError(
                "a result holds speed, printed, memory, work or accuracy, at least one"
            )
        if any(measured) != (self.workload is not None):
            raise ValueError("speed, printed, memory and work need a workload, and it needs them")


def scores_alone(
    accuracy: Accuracy,
    *,
    measured_at: str,
    device: Device,
    subject: Subject,
    runtime: str,
    runtime_version: str,
    runner: str,
) -> Result:
    """A result that holds accuracy and nothing else."""
    return Result(
        version=RESULT_VERSION,
        measured_at=measured_at,
        device=device,
        subject=subject,
        runtime=runtime,
        runtime_version=runtime_version,
        runner=runner,
        workload=None,
        speed=None,
        printed=None,
        memory=None,
        work=None,
        accuracy=accuracy,
        before=None,
        after=None,
        notes=(),
    )


def _check_times(names: str, *times: float) -> None:
    if not all(0 < t < math.inf for t in times):
        raise ValueError(f"{names} must be finite and above zero")


def write_result(result: Result, path: Path) -> None:
    """Write `path` complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = strict_json.dump(result)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_result(path: Path) -> Result:
    """Read one result file; anything unexpected in it raises ValueError naming the place."""
    cure = "measure again with `distilbert-mobile bench`"
    if not path.is_file():
        raise FileNotFoundError(f"no result file at {path}; {cure}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.get("version") if isinstance(data, dict) else None
        if version not in (1, RESULT_VERSION):
            raise ValueError(
                f"version {version!r}, this tool reads versions 1 and {RESULT_VERSION}"
            )
        if version == 1:
            data = upgrade(data)
        return strict_json.build(Result, data, "result")
    except (ValueError, RecursionError) as error:  # faulty JSON and UTF-8 are ValueErrors
        raise ValueError(f"{path} is not a usable result file: {error}; {cure}") from error


def read_results(paths: Sequence[Path]) -> list[Result]:
    """Read result files and the `*.json` of folders, sorted by path."""
    return [read_result(file) for file in find_result_files(paths)]


def find_result_files(paths: Sequence[Path]) -> list[Path]:
    """The files among `paths` and the `*.json` of the folders, each once."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not found:
            raise FileNotFoundError(
                f"no result files in {path}; make some with `distilbert-mobile study` or `bench`"
            )
        files += found
    return list(dict.fromkeys(files))
