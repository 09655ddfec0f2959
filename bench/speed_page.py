"""The tables of the comparison with others, written from its result files into a Markdown page."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from bench.cache import CacheUse
from bench.gemm import Gemm
from bench.measured import MEGABYTE, RUNTIME_NAMES, File, by_device
from bench.peer_settings import Refused
from bench.result import Result, read_result
from bench.samples import median, paired_ratios
from bench.tables import count_threads, list_threads, number
from bench.typical import Typical
from export import strict_json

T = TypeVar("T")
OURS = ("tflite", "pte")
NAMES = RUNTIME_NAMES | {
    "tflite": "**ours, LiteRT**",
    "pte": "**ours, ExecuTorch**",
    "onnxruntime": "ONNX Runtime",
    "torch-eager": "torch eager",
    "torch-compile": "torch compile",
    "litert-stock": "stock export, LiteRT",
    "executorch-stock": "stock export, ExecuTorch",
}
YARDSTICK = ("onnxruntime", "int8")


def marks(results: Path) -> tuple[str, str]:
    """Return the lines between which a page has the tables of this folder, one machine's."""
    name = results.resolve().name
    return f"<!-- results of {name}: begin -->", f"<!-- results of {name}: end -->"


def around_tables(results: Path, page: Path) -> tuple[str, str]:
    """Return a page's text up to and from the folder's tables, with their marks.

    Raises FileNotFoundError without a page and ValueError where it has no place for the tables.
    """
    begin, end = marks(results)
    text = page.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise ValueError(f"{page} must hold the lines {begin!r} and {end!r} once, in this order")
    return text.partition(begin)[0] + begin, end + text.partition(end)[2]


def write_page(results: Path, page: Path) -> None:
    """Put the tables of a folder of results between its two marks on a page."""
    before, after = around_tables(results, page)
    partial = page.with_name(f".{page.name}.partial")
    partial.write_text(f"{before}\n{render(results)}{after}", encoding="utf-8")
    partial.replace(page)


def render(results: Path) -> str:
    """Return the Markdown of all tables."""
    special = ("gemm-", "typical-", "cache-", "refused-")
    paths = sorted(p for p in results.glob("*.json") if not p.name.startswith(special))
    if not paths:
        raise FileNotFoundError(f"no result files in {results}; run `distilbert-mobile peers`")
    found = [read_result(path) for path in paths]
    gemms = [_read(Gemm, path) for path in sorted(results.glob("gemm-*.json"))]
    typical = [_read(Typical, path) for path in sorted(results.glob("typical-*.json"))]
    caches = [_read(CacheUse, path) for path in sorted(results.glob("cache-*.json"))]
    refused = [_read(Refused, path) for path in sorted(results.glob("refused-*.json"))]
    devices = by_device(found)
    if len(devices) != 1:
        raise ValueError(f"{results} holds results of {len(devices)} machines; keep those of one")
    ((device, files),) = devices.items()
    models = list(dict.fromkeys(file.subject.model for file in files))
    lines = [
        f"Measured {_days(found)} on {device.processor}, {device.cores} cores "
        f"({device.system}): a host, not a phone. {_versions(found)}.",
        "",
    ]
    for model in models:
        chosen = [file for file in files if file.subject.model == model]
        lines += [f"### {model}", "", f"{_weights(chosen)}", *_times(chosen), *_against(chosen)]
    lines += [*_peak(files, gemms), *_typical(typical), *_cache(caches), *_refused(refused)]
    return "\n".join(lines).rstrip() + "\n"


def _read(kind: type[T], path: Path) -> T:
    return strict_json.parse(kind, path.read_text(encoding="utf-8"), path.name)


def _days(results: Sequence[Result]) -> str:
    days = sorted({result.measured_at[:10] for result in results})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _versions(results: Sequence[Result]) -> str:
    return ", ".join(sorted({result.runtime_version for result in results}))


def _weights(files: Sequence[File]) -> str:
    threads = sorted({count for file in files for count, _ in file.speeds})
    times = f"Times in milliseconds, median, {list_threads(threads)}"
    return f"Weights: {files[0].subject.weights}. {times}.\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], labels: int) -> list[str]:
    marks = ["---"] * labels + ["---:"] * (len(header) - labels)
    lines = [header, marks, *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def _label(file: File) -> list[str]:
    precision = {"fp32": "float32"}.get(file.subject.recipe, file.subject.recipe)
    return [NAMES.get(file.runtime, file.runtime), precision]


def _times(files: Sequence[File]) -> list[str]:
    """Wall times of all thread counts, CPU time of one thread, at every length.

    Files of one length each make one row, with the size of the largest.
    """
    keys = sorted({key for file in files for key in file.speeds})
    threads, lengths = sorted({t for t, _ in keys}), sorted({n for _, n in keys})
    header = ["", "precision", "MB"]
    for length in lengths:
        header += [f"{length} tokens", "CPU"]
    ordered = sorted(files, key=lambda f: (f.subject.recipe, f.runtime not in OURS, f.runtime))
    rows = []
    for label, alike in groupby(ordered, _label):
        group = list(alike)
        found = {key: speed for file in group for key, speed in file.speeds.items()}
        largest = max(file.subject.file_bytes for file in group)
        row = [*label, number(largest / MEGABYTE)]
        for length in lengths:
            speeds = [found.get((count, length)) for count in threads]
            row.append(" / ".join(number(median(s.wall_ms)) if s else "–" for s in speeds))
            row.append(number(median(speeds[0].cpu_ms)) if speeds[0] else "–")
        rows.append(row)
    return _table(header, rows, 2)


def _against(files: Sequence[File]) -> list[str]:
    """Our int8 files' time as a share of ONNX Runtime's, round by round."""
    base = next((f for f in files if (f.runtime, f.subject.recipe) == YARDSTICK), None)
    if base is None:
        return []
    keys = sorted(base.speeds)
    header = ["", *(f"{tokens} tokens, {count_threads(threads)}" for threads, tokens in keys)]
    rows = []
    for file in files:
        if file.runtime not in OURS or file.subject.recipe != "int8":
            continue
        row = [_label(file)[0]]
        for key in keys:
            row.append("–" if key not in file.speeds else _share(file, base, key))
        rows.append(row)
    text = (
        "Our int8 time over ONNX Runtime's int8 time: median of the rounds [lowest, highest]; CPU"
    )
    return [f"{text} time.", "", *_table(header, rows, 1)] if rows else []


def _share(file: File, base: File, key: tuple[int, int]) -> str:
    wall = paired_ratios(file.speeds[key], base.speeds[key])
    cpu = paired_ratios(file.speeds[key], base.speeds[key], cpu=True)
    if wall is None or cpu is None:
        return "–"
    return f"**{median(wall):.2f}** [{min(wall):.2f}, {max(wall):.2f}]; {median(cpu):.2f}"


def _peak(files: Sequence[File], gemms: Sequence[Gemm]) -> list[str]:
    """What the linears alone would cost at the machine's best rate of int8 products."""
    rates = {gemm.threads: gemm for gemm in gemms}
    if 1 not in rates:
        return []
    rate = rates[1].rate()
    rows = []
    for file in files:
        if file.runtime not in OURS or file.subject.recipe != "int8":
            continue
        weights = file.subject.size["linear_weights"]["int8"]  # one multiply-add each, per token
        for (threads, tokens), speed in sorted(file.speeds.items()):
            if threads == 1:
                ideal, took = weights * tokens / rate / 1e6, median(speed.cpu_ms)
                name = [file.subject.model, NAMES[file.runtime], str(tokens)]
                rows.append([*name, number(ideal), number(took), f"{100 * ideal / took:.0f} %"])
    header = ["model", "", "tokens", "linears at the peak, ms", "CPU ms", "share"]
    shown = ", ".join(f"{g.rate():,.0f} with {count_threads(g.threads)}" for g in gemms)
    return [
        "### How far from the machine's own int8 products",
        "",
        f"Best rate of `{gemms[0].library}`, 10^9 multiply-adds a second: {shown}.",
        "",
        *_table(header, rows, 3),
    ]


def _typical(found: Sequence[Typical]) -> list[str]:
    if not found:
        return []
    rows = []
    for one in found:
        model = one.subject.bundle or one.subject.model
        rows.append(
            [
                model,
                NAMES[one.runtime],
                ", ".join(map(str, one.buckets)) or "any",
                str(one.threads),
                number(median(one.lengths)),
                number(sum(one.wall_ms) / len(one.wall_ms)),
                number(sum(one.fixed_wall_ms) / len(one.wall_ms)),
                f"**{sum(one.wall_ms) / sum(one.fixed_wall_ms):.2f}**",
                f"{sum(one.cpu_ms) / sum(one.fixed_cpu_ms):.2f}",
            ]
        )
    data = ", ".join(file.name for file in found[0].data)
    header = [
        "bundle",
        "",
        "lengths",
        "threads",
        "median tokens",
        "ms",
        "ms fixed",
        "ratio",
        "CPU ratio",
    ]
    return [
        "### A typical question",
        "",
        f"{len(found[0].lengths)} windows of questions spread over {data}: at the length of their "
        f"bucket, and in turn padded to {found[0].fixed_length} tokens. Mean times, ratio of sums.",
        "",
        *_table(header, rows, 2),
    ]


def _cache(found: Sequence[CacheUse]) -> list[str]:
    if not found:
        return []
    rows = [
        [
            f"{one.subject.model} {one.subject.recipe}",
            ", ".join(map(str, one.lengths)),
            number(one.cold_peak_bytes / MEGABYTE),
            number(one.warm_peak_bytes / MEGABYTE),
            number(one.cold_load_ms),
            number(one.warm_load_ms),
            number(one.cache_bytes / MEGABYTE),
        ]
        for one in found
    ]
    header = ["file", "buckets", "peak MB", "warm", "load ms", "warm", "cache MB"]
    return [
        "### All buckets of a .tflite at run time",
        "",
        "Every bucket loaded and run once in a fresh process; warm: with the weights that the "
        "first process packed. Peak over the bare runtime.",
        "",
        *_table(header, rows, 2),
    ]


def _refused(refused: Sequence[Refused]) -> list[str]:
    if not refused:
        return []
    rows = [[one.peer, one.model, str(one.tokens), one.said.replace("|", "\\|")] for one in refused]
    header = ["peer", "model", "tokens", "what it said"]
    return ["### What did not run", "", *_table(header, rows, 4)]
