"""Results -> the tables of the report, as text that every output format shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measured import MEGABYTE, File, largest_data, order_of
from bench.result import Memory, Speed
from bench.samples import median, paired_ratios, percentile

BASELINE = "bert-base"
NOTHING = "–"


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


def make_tables(files: Sequence[File]) -> list[Table]:
    """Every table that the results can fill."""
    tables = [
        glance(files),
        comparison(files),
        accuracy(files),
        precision_gain(files),
        settings(files),
        sizes(files),
        identities(files),
    ]
    return [table for table in tables if table.rows]


def glance(files: Sequence[File]) -> Table:
    """One line a file: size, F1, latency, start, memory."""
    keys = sorted({key for file in files for key in file.speeds})
    threads = sorted({t for t, _ in keys})
    lengths = sorted({n for _, n in keys})
    data = largest_data(files)
    shared = " / ".join(map(str, threads))
    header = ["model", "precision", "runtime", "MB", *(["F1"] if data else [])]
    header += [f"{n} tokens, ms" for n in lengths]
    header += ["load ms", "first ms", "peak MB"]
    rows = []
    for file in files:
        if not file.speeds and not file.accuracies:
            continue
        row = [*file.label, number(file.megabytes)]
        if data:
            row.append(f"{file.accuracies[data].f1:.1f}" if data in file.accuracies else NOTHING)
        row += [_medians(file, threads, n) for n in lengths]
        row += _start_and_memory(file)
        rows.append(tuple(row))
    note = f"Latency: median of one inference with {shared} threads, input full of real tokens. "
    note += "Load and first: fresh process, fewest threads, shortest input. "
    note += "Peak: memory over the bare runtime, fewest threads, longest input."
    note += f" F1: {data}." if data else ""
    return Table("At a glance", note, tuple(header), tuple(rows))


def _medians(file: File, threads: Sequence[int], tokens: int) -> str:
    speeds = [file.speeds.get((count, tokens)) for count in threads]
    if not any(speeds):
        return NOTHING
    return " / ".join(number(median(s.wall_ms)) if s else NOTHING for s in speeds)


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
        "count, measured in turns; in brackets the lowest and the highest round. Size: share of "
        "BERT-base's file. The published shapes carry random weights here: their size and speed "
        "are exact, they answer nothing."
    )
    return _ratios("Against BERT-base", note, pairs)


def precision_gain(files: Sequence[File]) -> Table:
    """Int8 against float32 of the same model and runtime."""
    pairs = [
        (full, file)
        for full in files
        for file in files
        if full.subject.recipe == "fp32"
        and file.subject.recipe not in ("fp32", "checkpoint")
        and (file.subject.model, file.runtime) == (full.subject.model, full.runtime)
    ]
    note = (
        "Times faster than float32 of the same model on the same runtime, measured in turns. Size "
        "and memory: share of float32's, memory with fewest threads and the longest input."
    )
    return _ratios("What int8 brings", note, pairs)


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


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else NOTHING


def longest_memory(file: File) -> Memory | None:
    """The memory of the setting with the longest input and the fewest threads."""
    key = min(file.memories, key=lambda k: (k[0], -k[1]), default=None)
    return file.memories[key] if key else None


def ratio_text(slow: Speed, fast: Speed) -> str:
    """`1.93x (1.90 to 1.97)`: median and range over rounds; a dash if not in one session."""
    ratios = paired_ratios(slow, fast)
    if ratios is None:
        return NOTHING
    return f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"


def accuracy(files: Sequence[File]) -> Table:
    """EM and F1 of every file, against the float32 checkpoint on the same questions; parity."""
    references = {
        (file.subject.model, name): found.f1
        for file in files
        if file.subject.recipe == "checkpoint"
        for name, found in file.accuracies.items()
    }
    rows = []
    for name in dict.fromkeys(n for f in files for n in f.accuracies):
        for file in (f for f in files if name in f.accuracies):
            found, parity = file.accuracies[name], file.subject.parity
            reference = references.get((file.subject.model, name))
            rows.append(
                (
                    *file.label,
                    name,
                    f"{found.exact_match:.2f}",
                    f"{found.f1:.2f}",
                    NOTHING
                    if reference is None or file.subject.recipe == "checkpoint"
                    else f"{found.f1 - reference:+.2f}",
                    f"{parity.min_cosine:.5f}" if parity else NOTHING,
                    f"{parity.max_error:.3f}" if parity else NOTHING,
                )
            )
    header = ("model", "precision", "runtime", "data", "EM", "F1", "against checkpoint")
    note = (
        "Measured on the shipped bytes, through the same code as the checkpoint. Cosine (lowest) "
        "and error (largest) compare the file's logits with the float32 network at export."
    )
    return Table("Accuracy", note, (*header, "cosine", "error"), tuple(rows), labels=4)


def settings(files: Sequence[File]) -> Table:
    """Every setting with its spread."""
    rows = []
    for file in files:
        for (threads, tokens), speed in sorted(file.speeds.items()):
            length = file.workloads[threads, tokens].padded_tokens
            padded = "" if length == tokens else f" (padded to {length})"
            memory = file.memories.get((threads, tokens))
            rows.append(
                (
                    *file.label,
                    f"{threads}",
                    f"{tokens}{padded}",
                    f"{len(speed.wall_ms)}",
                    number(median(speed.wall_ms)),
                    number(min(speed.wall_ms)),
                    number(percentile(speed.wall_ms, 90)),
                    number(median(speed.cpu_ms)) if speed.cpu_ms else NOTHING,
                    number(median([start.load_ms for start in speed.starts])),
                    number(median([start.first_ms for start in speed.starts])),
                    number(memory.peak_bytes / MEGABYTE) if memory else NOTHING,
                )
            )
    header = ("model", "precision", "runtime", "threads", "tokens", "runs", "median ms", "least ms")
    return Table(
        "Every setting",
        "CPU: time of all threads together. The raw samples are in the result files.",
        (*header, "p90 ms", "CPU ms", "load ms", "first ms", "peak MB"),
        tuple(rows),
        folded=True,
    )


def sizes(files: Sequence[File]) -> Table:
    """Where the bytes of each file are."""
    classes = list(dict.fromkeys(c for f in files for c in f.subject.size))
    rows = []
    for file in (f for f in files if f.subject.size):
        cells = [
            ", ".join(
                f"{number(count / MEGABYTE)} {dtype}"
                for dtype, count in sorted(file.subject.size.get(c, {}).items())
            )
            for c in classes
        ]
        rows.append((*file.label, number(file.megabytes), *(cell or NOTHING for cell in cells)))
    header = ("model", "precision", "runtime", "file", *classes)
    note = "MB by kind of tensor, read from the written file."
    return Table("Where the bytes are", note, header, tuple(rows), folded=True)


def identities(files: Sequence[File]) -> Table:
    """Which bytes were measured."""
    rows = []
    for file in files:
        subject = file.subject
        parameters = f"{subject.parameters:,}" if subject.parameters else NOTHING
        size, digest = f"{subject.file_bytes:,}", subject.file_sha256[:16]
        rows.append((*file.label, subject.weights, parameters, size, digest))
    header = ("model", "precision", "runtime", "weights", "parameters", "bytes", "SHA-256")
    return Table("What was measured", "", header, tuple(rows), labels=4, folded=True)
