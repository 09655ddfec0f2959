"""All results as one CSV table: a line a setting or score, statistics included."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from bench.result import Result
from bench.samples import mad, median, median_interval, outliers, percentile
from bench.warnings import find_warnings


def csv_text(results: Sequence[Result]) -> str:
    """The table, with a header; a cell is empty where there is nothing."""
    rows = [_row(result) for result in results]
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _row(result: Result) -> dict[str, Any]:
    subject, device = result.subject, result.device
    row: dict[str, Any] = {
        "device_kind": device.kind,
        "device": device.name,
        "processor": device.processor,
        "model": subject.model,
        "recipe": subject.recipe,
        "runtime": result.runtime,
        "runtime_version": result.runtime_version,
        "runner": result.runner,
        "weights": subject.weights,
        "file_bytes": subject.file_bytes,
        "file_sha256": subject.file_sha256,
        "measured_at": result.measured_at,
    }
    for name in ("threads", "tokens", "padded_tokens"):
        row[name] = getattr(result.workload, name) if result.workload else None
    row |= _speed_cells(result) | _other_cells(result)
    row["warnings"] = "; ".join(warning.kind.slug for warning in find_warnings(result))
    return row


def _speed_cells(result: Result) -> dict[str, Any]:
    speed = result.speed
    names = (
        "runs", "rounds", "processes", "median_ms", "median_low_ms", "median_high_ms", "mad_ms",
        "p90_ms", "p95_ms", "p99_ms", "outliers", "cpu_median_ms", "load_ms", "first_ms",
    )  # fmt: skip
    if speed is None:
        return dict.fromkeys(names)
    interval, wall = median_interval(speed), speed.wall_ms
    values = (
        len(wall), len(speed.round_sizes), len(speed.starts), median(wall), interval.low,
        interval.high, mad(wall), percentile(wall, 90), percentile(wall, 95), percentile(wall, 99),
        outliers(wall), median(speed.cpu_ms) if speed.cpu_ms else None,
        median([start.load_ms for start in speed.starts]),
        median([start.first_ms for start in speed.starts]),
    )  # fmt: skip
    rounded = (round(value, 6) if isinstance(value, float) else value for value in values)
    return dict(zip(names, rounded, strict=True))


def _other_cells(result: Result) -> dict[str, Any]:
    memory, work, accuracy, printed = result.memory, result.work, result.accuracy, result.printed
    return {
        "peak_bytes": memory.peak_bytes if memory else None,
        "arm_instructions": median(work.instructions) if work else None,
        "printed_mean_ms": printed.mean_ms if printed else None,
        "data": " + ".join(file.name for file in accuracy.data) if accuracy else None,
        "questions": accuracy.n if accuracy else None,
        "exact_match": accuracy.exact_match if accuracy else None,
        "f1": accuracy.f1 if accuracy else None,
    }
