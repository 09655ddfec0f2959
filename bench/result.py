"""One measurement as a JSON file: one device, one bundle, one runtime, the raw samples in order.

No statistic is stored: `median`, `percentile` and `paired_ratios` are computed when reporting.
"""

import json
import math
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export import strict_json
from export.manifest import Parity

RESULT_VERSION = 1
TRAINED = "trained"
RANDOM = "random weights: size and speed only"
RANDOM_LICENCE = "random-weights"  # how the label travels: checkpoint model card -> bundle manifest


@dataclass(frozen=True)
class Device:
    """The machine that ran the file. `kind` is "host"; memory in bytes."""

    kind: str
    name: str
    system: str
    processor: str
    cores: int
    memory_bytes: int


@dataclass(frozen=True)
class Subject:
    """The file that was measured; `bundle` and `manifest_sha256` are None for a checkpoint.

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
class Speed:
    """Times of one fresh process, in milliseconds; memory in bytes.

    `wall_ms[i]` and `cpu_ms[i]` (all threads of the process) belong to the i-th timed run;
    `round_sizes` cuts both into rounds. Results of one `session` took turns round by round, so
    their i-th rounds can be compared. `peak_bytes` is the highest resident memory from loading to
    the last run, less `bare_bytes`, the process with its runtime imported and nothing loaded.
    """

    session: str
    threads: int
    tokens: int
    padded_tokens: int
    load_ms: float
    first_ms: float
    first_cpu_ms: float
    warmup: int
    round_sizes: tuple[int, ...]
    wall_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    bare_bytes: int
    peak_bytes: int

    def __post_init__(self) -> None:
        if not self.wall_ms or len(self.wall_ms) != len(self.cpu_ms):
            raise ValueError("wall_ms and cpu_ms must hold the same number of samples, at least 1")
        if min(self.round_sizes, default=0) < 1 or sum(self.round_sizes) != len(self.wall_ms):
            raise ValueError(f"round_sizes must add up to the {len(self.wall_ms)} samples")
        times = (self.load_ms, self.first_ms, *self.wall_ms)
        if not all(0 < t < math.inf for t in times):
            raise ValueError("load_ms, first_ms and wall_ms must be finite and above zero")
        if not all(0 <= t < math.inf for t in (self.first_cpu_ms, *self.cpu_ms)):
            raise ValueError("first_cpu_ms and cpu_ms must be finite and not below zero")
        if self.threads < 1 or self.tokens < 1 or self.padded_tokens < self.tokens:
            raise ValueError("threads and tokens must be at least 1, padded_tokens >= tokens")

    def rounds(self, cpu: bool = False) -> list[tuple[float, ...]]:
        """The wall (or CPU) times, cut into the rounds they were taken in."""
        times = self.cpu_ms if cpu else self.wall_ms
        ends = [sum(self.round_sizes[: i + 1]) for i in range(len(self.round_sizes))]
        return [times[end - size : end] for end, size in zip(ends, self.round_sizes, strict=True)]


@dataclass(frozen=True)
class DataFile:
    """A data file by name and content."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Accuracy:
    """SQuAD exact match and F1 (percent) over `n` questions; `limit` is the cut asked for.

    Longer passages were cut into windows of `max_length` tokens.
    """

    data: tuple[DataFile, ...]
    limit: int | None
    max_length: int
    n: int
    exact_match: float
    f1: float

    def __post_init__(self) -> None:
        if self.n < 1 or not self.data:
            raise ValueError("an accuracy needs at least one question and one data file")
        if not (0 <= self.exact_match <= 100 and 0 <= self.f1 <= 100):
            raise ValueError("exact_match and f1 are percentages between 0 and 100")


@dataclass(frozen=True)
class Result:
    """What one file did on one device: its speed or its accuracy."""

    version: int
    measured_at: str
    device: Device
    subject: Subject
    runtime: str
    runtime_version: str
    speed: Speed | None
    accuracy: Accuracy | None

    def __post_init__(self) -> None:
        if (self.speed is None) == (self.accuracy is None):
            raise ValueError("a result holds either speed or accuracy")


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
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)
        version = data.get("version") if isinstance(data, dict) else None
        if version != RESULT_VERSION:
            raise ValueError(f"version {version!r}, this tool reads version {RESULT_VERSION}")
        return strict_json.parse(Result, text, "result")
    except (ValueError, RecursionError) as error:  # faulty JSON and UTF-8 are ValueErrors
        raise ValueError(f"{path} is not a usable result file: {error}; {cure}") from error


def read_results(paths: Sequence[Path]) -> list[Result]:
    """Read result files and the `*.json` of folders, sorted by path."""
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not found:
            raise FileNotFoundError(
                f"no result files in {path}; make some with `distilbert-mobile study` or `bench`"
            )
        files += found
    return [read_result(file) for file in dict.fromkeys(files)]


def median(samples: Sequence[float]) -> float:
    """The middle sample, or the mean of the middle two."""
    return statistics.median(samples)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Linear interpolation between the two nearest ranks (numpy's default)."""
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def paired_ratios(slow: Speed, fast: Speed, cpu: bool = False) -> list[float] | None:
    """How many times faster `fast` is, one ratio of medians a round; None if they never met."""
    pairs = list(zip(slow.rounds(cpu), fast.rounds(cpu), strict=False))
    if slow.session != fast.session:
        return None
    return [median(one) / median(other) for one, other in pairs]
