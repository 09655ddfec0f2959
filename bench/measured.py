"""Results grouped by device and file, and what a reader must be warned of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.result import (
    RANDOM,
    Accuracy,
    Device,
    Memory,
    Printed,
    Result,
    Speed,
    Subject,
    Work,
    Workload,
)
from bench.warnings import Kind, find_warnings, summarise

MEGABYTE = 1_000_000
PRECISIONS = {"checkpoint": "checkpoint", "fp32": "float32", "fp16": "float16", "int8": "int8"}
RUNTIME_NAMES = {
    "tflite": "LiteRT",
    "pte": "ExecuTorch",
    "torch": "PyTorch",
    "onnxruntime": "ONNX Runtime",
    "torch-eager": "torch eager",
    "torch-compile": "torch compile",
    "litert-stock": "LiteRT, stock export",
    "executorch-stock": "ExecuTorch, stock export",
}
Key = tuple[int, int]
"""Threads and tokens of a setting."""


@dataclass(frozen=True)
class File:
    """Everything measured on one file: by threads and tokens, accuracies by the data's name."""

    subject: Subject
    runtime: str
    workloads: dict[Key, Workload] = field(default_factory=dict)
    speeds: dict[Key, Speed] = field(default_factory=dict)
    printed: dict[Key, Printed] = field(default_factory=dict)
    memories: dict[Key, Memory] = field(default_factory=dict)
    works: dict[Key, Work] = field(default_factory=dict)
    accuracies: dict[str, Accuracy] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    results: dict[tuple[Key, tuple[bool, ...]], Result] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Take over what `result` measured; of equal settings the later one stays."""
        self.versions.add(result.runtime_version)
        if result.accuracy:
            self.accuracies[data_name(result.accuracy)] = result.accuracy
        if result.workload is None:
            return
        key = result.workload.threads, result.workload.tokens
        evidence = bool(result.speed), bool(result.printed), bool(result.work)
        self.results[key, evidence] = result
        self.workloads[key] = result.workload
        if result.speed and result.device.kind != "emulated":  # whose times mean nothing
            self.speeds[key] = result.speed
        if result.printed and result.device.kind != "emulated":
            self.printed[key] = result.printed
        if result.memory:
            self.memories[key] = result.memory
        if result.work:
            self.works[key] = result.work

    def is_quick(self, key: Key) -> bool:
        """Whether a setting was timed too shortly on a phone for a number that is published."""
        return any(
            place == key and warning.kind is Kind.QUICK
            for (place, _), result in self.results.items()
            for warning in find_warnings(result)
        )

    @property
    def label(self) -> tuple[str, str, str]:
        """Model, precision, runtime."""
        subject = self.subject
        precision = PRECISIONS.get(subject.recipe, subject.recipe)
        return subject.model, precision, RUNTIME_NAMES.get(self.runtime, self.runtime)

    @property
    def megabytes(self) -> float:
        """Size of the file in MB (10^6 bytes)."""
        return self.subject.file_bytes / MEGABYTE


def by_device(results: Sequence[Result]) -> dict[Device, list[File]]:
    """Group results by device and file; of equal settings the latest measurement counts.

    Devices on which a file was scored come first, then those that were measured first. A name is
    that of model, recipe, runtime and file: who takes one length a file has several. Raises
    ValueError where one name stands for two different files.
    """
    devices: dict[Device, dict[tuple[str, str, str, str], File]] = {}
    for result in sorted(results, key=lambda r: r.measured_at):
        subject, files = result.subject, devices.setdefault(result.device, {})
        key = (subject.model, subject.recipe, result.runtime, subject.file)
        file = files.setdefault(key, File(subject, result.runtime))
        if file.subject.file_sha256 != subject.file_sha256:
            raise ValueError(
                f"the results hold two different files called {' '.join(key)} (SHA-256 "
                f"{file.subject.file_sha256[:12]}... and {subject.file_sha256[:12]}...); "
                "report on the results of one, or remove the older ones"
            )
        file.add(result)
    grouped = [(d, sorted(files.values(), key=order_of)) for d, files in devices.items()]
    return dict(sorted(grouped, key=lambda one: not any(file.accuracies for file in one[1])))


def order_of(file: File) -> tuple[bool, str, int, int]:
    """Sort key: trained models first, then by name, precision, runtime."""
    recipes, runtimes = list(PRECISIONS), list(RUNTIME_NAMES)
    recipe, runtime = file.subject.recipe, file.runtime
    return (
        file.subject.weights == RANDOM,
        file.subject.model,
        recipes.index(recipe) if recipe in recipes else len(recipes),
        runtimes.index(runtime) if runtime in runtimes else len(runtimes),
    )


def data_name(accuracy: Accuracy) -> str:
    """The data of an accuracy, for people: file names, number of questions, null threshold.

    One chosen on the questions differs from file to file: its scores are compared all the same.
    """
    names = " + ".join(file.name for file in accuracy.data)
    rule = ""
    if null := accuracy.null_threshold:
        rule = ", best null threshold" if null.tuned else f", null threshold {null.value:.4g}"
    return f"{names}, {accuracy.n:,} questions{rule}"


def largest_data(files: Sequence[File]) -> str | None:
    """The data that most questions were asked of, None without any."""
    found = {name: a.n for file in files for name, a in file.accuracies.items()}
    return max(found, key=found.__getitem__) if found else None


ABOUT_KIND = {
    "host": "Measured on this host, not on a phone: ratios carry over better than milliseconds.",
    "emulated": "Run in an emulated ARM64 user land: answers and instruction counts are real, "
    "times are not.",
}


def caveats(device: Device, files: Sequence[File]) -> list[str]:
    """What a reader must know before using the numbers."""
    found = [ABOUT_KIND[device.kind]] if device.kind in ABOUT_KIND else []
    if any(file.subject.weights == RANDOM for file in files):
        names = sorted({f.subject.model for f in files if f.subject.weights == RANDOM})
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        found.append(f"{listed}: {RANDOM}.")
    found += summarise([result for file in files for result in file.results.values()])
    most = max((a.n for file in files for a in file.accuracies.values()), default=None)
    if most is not None and most < 500:
        found.append(
            f"F1 over {most} questions says that the file works, no more; give --data for a "
            "score that can be compared."
        )
    return found
