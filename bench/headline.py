"""The sentence that a report begins with, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measured import PRECISIONS, File, Key, largest_data
from bench.plots import f1_of, first_key, front, speed_ups
from bench.result import Speed
from bench.samples import Interval, median, median_interval, ratio_interval
from bench.tables import count_threads, number

GOOD_ENOUGH = 1.0  # F1 points below the best scored file that the headline's may be


@dataclass(frozen=True)
class Headline:
    """A sentence, and the evidence for it in another one."""

    sentence: str
    evidence: str


def headline(files: Sequence[File]) -> Headline:
    """The fastest of the scored files that are near the best F1; or how much was measured."""
    data, key = largest_data(files), first_key(files)
    best = _choose(files, data, key)
    if best is None or data is None or key is None:
        settings = sum(len(file.results) for file in files)
        return Headline(
            f"{len(files)} files were measured in {settings} settings.",
            "No file has both a score and a speed, so there is nothing to recommend yet.",
        )
    speed, f1 = best.speeds[key], f1_of(best, data)
    assert f1 is not None
    setting = f"{key[1]} tokens on {count_threads(key[0])}"
    parts = [
        f"{' '.join(best.label)} answers {setting} in {number(median(speed.wall_ms))} ms from a "
        f"file of {number(best.megabytes)} MB with F1 {f1:.1f}",
        *_gains(files, best, key),
    ]
    return Headline(_joined(parts) + ".", _evidence(best, files, data, speed))


def _choose(files: Sequence[File], data: str | None, key: Key | None) -> File | None:
    """Of the files on the front, near the best F1, the fastest."""
    scored = [(file, f1_of(file, data)) for file in front(files)]
    most = max((f1 for _, f1 in scored if f1 is not None), default=None)
    if most is None or key is None:
        return None
    near = [file for file, f1 in scored if f1 is not None and f1 >= most - GOOD_ENOUGH]
    return min(near, key=lambda file: median(file.speeds[key].wall_ms))


def _gains(files: Sequence[File], best: File, key: Key) -> list[str]:
    found = []
    for full in files:
        same = (full.subject.model, full.runtime) == (best.subject.model, best.runtime)
        slow, fast = full.speeds.get(key), best.speeds[key]
        if same and full.label[1] == PRECISIONS["fp32"] and slow and full is not best:
            if slow.session == fast.session:
                found.append(_times(ratio_interval(slow, fast)) + " as fast as its float32 file")
            share = best.subject.file_bytes / full.subject.file_bytes
            found.append(f"{100 * share:.0f} % of that file's size")
    for file, ratio in speed_ups(files, key):
        if file is best:
            found.append(_times(ratio) + " as fast as BERT-base in the same precision")
    return found


def _times(ratio: Interval) -> str:
    return f"{ratio.estimate:.2f} times ({ratio.low:.2f} to {ratio.high:.2f})"


def _joined(parts: Sequence[str]) -> str:
    first, *rest = parts
    if not rest:
        return first
    return f"{first}: " + " and ".join([", ".join(rest[:-1]), rest[-1]] if rest[1:] else rest)


def _evidence(best: File, files: Sequence[File], data: str, speed: Speed) -> str:
    interval = median_interval(speed)
    text = (
        f"The time is the median of {len(speed.wall_ms)} runs in {len(speed.round_sizes)} rounds "
        f"(95 % interval {number(interval.low)} to {number(interval.high)} ms); F1 is over {data}, "
        "answered by these very bytes"
    )
    for file in files:
        reference = f1_of(file, data)
        if file.subject.model == best.subject.model and file.subject.recipe == "checkpoint":
            text += f" (the float32 checkpoint: {reference:.1f})" if reference is not None else ""
    return text + f"; SHA-256 of the file {best.subject.file_sha256[:16]}."
