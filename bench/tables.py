"""Results -> the first tables of the report, as text that every output format shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measured import MEGABYTE, File, Key, largest_data, order_of
from bench.result import Memory, Speed, Work
from bench.samples import median, ratio_interval

BASELINE = "bert-base"
NOTHING = "–"
WORK_LABEL = "instructions executed on emulated Cortex-A76, not time"


@dataclass(frozen=True)
class Table:
    """A table ready to show; the first `labels` columns are text, the others numbers."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 3
    folded: bool = False


def number(value: float) -> str:
    """Three significant digits, never in scientific notation."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


Works = dict[str, dict[Key, Work]]
"""Instruction counts by the SHA-256 of the file, from whatever device counted them."""


def collect_works(files: Sequence[File]) -> Works:
    """The counts of all files of all devices."""
    return {file.subject.file_sha256: file.works for file in files if file.works}


def glance(files: Sequence[File], works: Works) -> Table:
    """One line a file: size, F1, latency, instructions, start, memory."""
    keys = sorted({key for file in files for key in file.speeds})
    threads = sorted({t for t, _ in keys})
    lengths = sorted({n for _, n in keys})
    data = largest_data(files)
    shared = list_threads(threads)
    header = ["model", "precision", "runtime", "MB", *(["F1"] if data else [])]
    header += [f"{n} tokens, ms" for n in lengths]
    counted = min((k for f in files for k in works.get(f.subject.file_sha256, {})), default=None)
    header += [f"{counted[1]} tokens, million ARM instructions"] if counted else []
    header += ["load ms", "first ms", "peak MB"]
    rows = []
    for file in files:
        if not file.speeds and not file.accuracies:
            continue  # counts and printed figures have tables of their own
        row = [*file.label, number(file.megabytes)]
        if data:
            row.append(f"{file.accuracies[data].f1:.1f}" if data in file.accuracies else NOTHING)
        row += [_medians(file, threads, n) for n in lengths]
        if counted:
            work = works.get(file.subject.file_sha256, {}).get(counted)
            row.append(number(median(work.instructions) / 1e6) if work else NOTHING)
        row += _start_and_memory(file)
        rows.append(tuple(row))
    note = f"Latency: median of one inference with {shared}, input full of real tokens. "
    note += "Load and first: fresh process, fewest threads, shortest input. "
    note += "Peak: memory over the bare runtime, fewest threads, longest input."
    note += f" F1: {data}." if data else ""
    note += f" ARM instructions: {WORK_LABEL}." if counted else ""
    return Table("At a glance", note, tuple(header), tuple(rows))


def _medians(file: File, threads: Sequence[int], tokens: int) -> str:
    keys = [(count, tokens) for count in threads]
    if not any(key in file.speeds for key in keys):
        return NOTHING
    cells = [
        number(median(file.speeds[key].wall_ms)) if key in file.speeds else NOTHING for key in keys
    ]
    quick = " (quick)" if any(file.is_quick(key) for key in keys) else ""
    return " / ".join(cells) + quick


def _start_and_memory(file: File) -> list[str]:
    if not file.speeds:
        return [NOTHING] * 3
    fewest = min(threads for threads, _ in file.speeds)
    lengths = sorted(tokens for threads, tokens in file.speeds if threads == fewest)
    starts, memory = file.speeds[fewest, lengths[0]].starts, longest_memory(file)
    return [
        number(median([start.load_ms for start in starts])),
        number(median([start.first_ms for start in starts])),
        number(memory.peak_bytes / MEGABYTE) if memory else NOTHING,
    ]


def comparison(files: Sequence[File]) -> Table:
    """Every model against the BERT-base shape: same length, precision, runtime, threads, rounds."""
    pairs = [
        (base, file)
        for base in files
        for file in files
        if base.subject.model == BASELINE
        and file.subject.model != BASELINE
        and (file.subject.recipe, file.runtime) == (base.subject.recipe, base.runtime)
    ]
    note = (
        "Times faster than the BERT-base shape at the same length, precision, runtime and thread "
        "count, measured in turns; in brackets the 95 % interval. Size: share of "
        "BERT-base's file. The published shapes carry random weights here: their size and speed "
        "are exact, they answer nothing."
    )
    return _ratios("Against BERT-base", note, pairs)


def precision_gain(files: Sequence[File]) -> Table:
    """Smaller precisions against float32 of the same model and runtime."""
    pairs = [
        (full, file)
        for full in files
        for file in files
        if full.subject.recipe == "fp32"
        and file.subject.recipe not in ("fp32", "checkpoint")
        and (file.subject.model, file.runtime) == (full.subject.model, full.runtime)
    ]
    note = (
        "Times faster than float32 of the same model on the same runtime, measured in turns; in "
        "brackets the 95 % interval. Size and memory: share of float32's, memory with fewest "
        "threads and the longest input."
    )
    return _ratios("What smaller precisions bring", note, pairs)


def _ratios(title: str, note: str, pairs: Sequence[tuple[File, File]]) -> Table:
    """One line a pair (reference, file); a column for every setting that a pair shares."""
    keys = sorted({key for one, other in pairs for key in set(one.speeds) & set(other.speeds)})
    header = ["model", "precision", "runtime", "size", "memory"]
    header += [f"{tokens} tokens, {count_threads(threads)}" for threads, tokens in keys]
    rows = []
    for one, other in sorted(pairs, key=lambda pair: order_of(pair[1])) if keys else ():
        row = [*other.label, _share(other.subject.file_bytes, one.subject.file_bytes)]
        memory = [m.peak_bytes for m in (longest_memory(other), longest_memory(one)) if m]
        row.append(_share(*memory) if len(memory) == 2 else NOTHING)
        for key in keys:
            slow, fast = one.speeds.get(key), other.speeds.get(key)
            row.append(ratio_text(slow, fast) if slow and fast else NOTHING)
        rows.append(tuple(row))
    return Table(title, note, tuple(header), tuple(rows))


def count_threads(count: int) -> str:
    """`1 thread`, `2 threads`."""
    return "1 thread" if count == 1 else f"{count} threads"


def list_threads(counts: Sequence[int]) -> str:
    """`1 thread`, `1 / 2 threads`: all thread counts of a table, in its order."""
    return " / ".join([*map(str, counts[:-1]), *map(count_threads, counts[-1:])])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else NOTHING


def longest_memory(file: File) -> Memory | None:
    """The memory of the setting with the longest input and the fewest threads."""
    key = min(file.memories, key=lambda k: (k[0], -k[1]), default=None)
    return file.memories[key] if key else None


def ratio_text(slow: Speed, fast: Speed) -> str:
    """`1.93x (1.90 to 1.97)`: with its 95 % interval; a dash if not in one session."""
    if slow.session != fast.session:
        return NOTHING
    ratio = ratio_interval(slow, fast)
    return f"{ratio.estimate:.2f}x ({ratio.low:.2f} to {ratio.high:.2f})"
