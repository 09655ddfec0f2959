"""Results -> the tables behind the first ones: scores, settings, counts, bytes, conditions."""

from collections.abc import Sequence

from bench.measured import MEGABYTE, File
from bench.result import Conditions
from bench.samples import mad, median, median_interval, outliers, percentile
from bench.tables import (
    NOTHING,
    WORK_LABEL,
    Table,
    Works,
    comparison,
    glance,
    number,
    precision_gain,
)
from bench.warnings import find_warnings
from tasks.intervals import CONFIDENCE, bootstrap_interval


def make_tables(files: Sequence[File], works: Works) -> list[Table]:
    """Every table that the results can fill."""
    tables = [
        glance(files, works),
        comparison(files),
        accuracy(files),
        precision_gain(files),
        printed(files),
        counts(files),
        settings(files),
        spread(files),
        warnings(files),
        conditions(files),
        sizes(files),
        identities(files),
    ]
    return [table for table in tables if table.rows]


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
                    "{:.2f} to {:.2f}".format(*bootstrap_interval(found.question_f1))
                    if found.question_f1
                    else NOTHING,
                    NOTHING
                    if reference is None or file.subject.recipe == "checkpoint"
                    else f"{found.f1 - reference:+.2f}",
                    f"{parity.min_cosine:.5f}" if parity else NOTHING,
                    f"{parity.max_error:.3f}" if parity else NOTHING,
                )
            )
    scores = ("EM", "F1", "interval", "against checkpoint", "cosine", "error")
    header = ("model", "precision", "runtime", "data", *scores)
    note = (
        "Measured on the shipped bytes, through the same code as the checkpoint. The interval of "
        f"F1 ({CONFIDENCE:.0f} %) is bootstrapped over questions. Cosine (lowest) and error "
        "(largest) compare the file's logits with the float32 network at export."
    )
    return Table("Accuracy", note, header, tuple(rows), labels=4)


def _length(file: File, threads: int, tokens: int) -> str:
    padded = file.workloads[threads, tokens].padded_tokens
    return f"{tokens}" if padded == tokens else f"{tokens} (padded to {padded})"


def settings(files: Sequence[File]) -> Table:
    """Every setting: latency, start, memory."""
    rows = []
    for file in files:
        for (threads, tokens), speed in sorted(file.speeds.items()):
            memory = file.memories.get((threads, tokens))
            cpus = file.workloads[threads, tokens].cpus
            rows.append(
                (
                    *file.label,
                    f"{threads}",
                    _length(file, threads, tokens),
                    number(median(speed.wall_ms)),
                    number(min(speed.wall_ms)),
                    number(median(speed.cpu_ms)) if speed.cpu_ms else NOTHING,
                    number(median([start.load_ms for start in speed.starts])),
                    number(median([start.first_ms for start in speed.starts])),
                    number(memory.peak_bytes / MEGABYTE) if memory else NOTHING,
                    ",".join(map(str, cpus)) or NOTHING,
                )
            )
    header = ("model", "precision", "runtime", "threads", "tokens", "median ms", "least ms")
    return Table(
        "Every setting",
        "CPU: time of all threads together. Load and first: medians over the fresh processes. "
        "CPUs: those that the process was kept on.",
        (*header, "CPU ms", "load ms", "first ms", "peak MB", "CPUs"),
        tuple(rows),
        folded=True,
    )


def spread(files: Sequence[File]) -> Table:
    """How the times of every setting are spread."""
    rows = []
    for file in files:
        for (threads, tokens), speed in sorted(file.speeds.items()):
            found = median_interval(speed)
            rows.append(
                (
                    *file.label,
                    f"{threads}",
                    _length(file, threads, tokens),
                    f"{len(speed.wall_ms)} in {len(speed.round_sizes)}",
                    f"{len(speed.starts)}",
                    f"{number(found.low)} to {number(found.high)}",
                    number(mad(speed.wall_ms)),
                    *(number(percentile(speed.wall_ms, p)) for p in (90, 95, 99)),
                    f"{outliers(speed.wall_ms)}",
                )
            )
    header = ("model", "precision", "runtime", "threads", "tokens", "runs in rounds", "processes")
    return Table(
        "How the times are spread",
        "In ms. The interval is that of the median, 95 %, by bootstrap over rounds and runs. "
        "Outliers are more than five scaled MADs from the median; they are kept in every figure.",
        (*header, "median's interval", "MAD", "p90", "p95", "p99", "outliers"),
        tuple(rows),
        folded=True,
    )


def printed(files: Sequence[File]) -> Table:
    """Figures of runners that keep no samples, as they printed them."""
    rows = []
    for file in files:
        for (threads, tokens), found in sorted(file.printed.items()):
            values = (found.mean_ms, found.median_ms, found.p95_ms, found.load_ms, found.first_ms)
            cells = (NOTHING if value is None else number(value) for value in values)
            length = _length(file, threads, tokens)
            rows.append((*file.label, f"{threads}", length, f"{found.runs}", *cells))
    header = ("model", "precision", "runtime", "threads", "tokens", "runs", "mean ms", "median ms")
    note = "As a foreign runner printed it; there are no samples behind these, and no ratios."
    return Table(
        "Printed by other runners", note, (*header, "p95 ms", "load ms", "first ms"), tuple(rows)
    )


def counts(files: Sequence[File]) -> Table:
    """Machine instructions of one inference."""
    rows = []
    for file in files:
        for (threads, tokens), work in sorted(file.works.items()):
            least, most = min(work.instructions), max(work.instructions)
            counted = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            length = _length(file, threads, tokens)
            runs = f"{len(work.instructions)}"
            rows.append((*file.label, f"{threads}", length, counted, runs, work.counter))
    header = ("model", "precision", "runtime", "threads", "tokens", "instructions", "runs")
    label = WORK_LABEL[0].upper() + WORK_LABEL[1:] + "."
    return Table("Instructions", label, (*header, "counted by"), tuple(rows))


def warnings(files: Sequence[File]) -> Table:
    """Every warning of every setting."""
    rows = []
    for file in files:
        for result in file.results.values():
            assert result.workload
            length = _length(file, result.workload.threads, result.workload.tokens)
            for warning in find_warnings(result):
                kind = warning.kind
                cells = (kind.slug, warning.found, kind.advice)
                rows.append((*file.label, f"{result.workload.threads}", length, *cells))
    header = ("model", "precision", "runtime", "threads", "tokens", "warning", "found", "advice")
    return Table("Every warning", "", header, tuple(rows), labels=8, folded=True)


def conditions(files: Sequence[File]) -> Table:
    """The device before and after every session."""
    found: dict[str, tuple[Conditions | None, Conditions | None]] = {}
    for file in files:
        for result in file.results.values():
            found.setdefault(result.measured_at, (result.before, result.after))
    rows = [
        (began, name, *_condition_cells(state))
        for began in sorted(found)
        for name, state in zip(("before", "after"), found[began], strict=True)
        if state
    ]
    header = ("session", "when", "temperature C", "clock MHz", "governor", "busy cores")
    note = "What the device told before and after each session; a dash where it tells nothing."
    return Table(
        "The device at work",
        note,
        (*header, "thermal status", "battery %"),
        tuple(rows),
        labels=2,
        folded=True,
    )


def _condition_cells(state: Conditions) -> tuple[str, ...]:
    clocks = [khz / 1000 for khz in state.clocks_khz.values()]
    heat = state.temperatures_c.values()
    return (
        f"{max(heat):.1f}" if heat else NOTHING,
        f"{min(clocks):.0f} to {max(clocks):.0f}" if clocks else NOTHING,
        state.governor or NOTHING,
        NOTHING if state.busy_cores is None else f"{state.busy_cores:.2f}",
        NOTHING if state.thermal_status is None else f"{state.thermal_status}",
        NOTHING if state.battery_percent is None else f"{state.battery_percent:.0f}",
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
