"""Puts lines of a report's first table into the README: readme_table.py REPORT README.

The students' on the phone runtimes, and of the two shapes of the paper the int8 files there.
"""

import sys
from pathlib import Path

SHAPES = ("bert-base", "distilbert")
SHOWN = ("PyTorch", "LiteRT", "ExecuTorch")
OTHERS = ("tinybert4", "mobilebert")  # in the report only


def first_table(lines: list[str]) -> tuple[int, int]:
    """Where the first table of a Markdown text begins and ends."""
    start = next(i for i, line in enumerate(lines) if line.startswith("| model "))
    end = next((i for i in range(start, len(lines)) if not lines[i].startswith("|")), len(lines))
    return start, end


def choose(rows: list[str]) -> list[str]:
    """The rows for the README; a model that was scored as a checkpoint only has none."""
    cells = [[cell.strip() for cell in row.split("|")[1:4]] for row in rows]
    exported = {model for model, precision, _ in cells if precision != "checkpoint"}
    chosen = []
    for row, (model, precision, runtime) in zip(rows, cells, strict=True):
        if runtime not in SHOWN or model not in exported - set(OTHERS):
            continue
        if model not in SHAPES or precision == "int8":
            chosen.append(row)
    return chosen


def put_table(report: Path, readme: Path) -> None:
    """Replace the README's first table."""
    lines = report.read_text(encoding="utf-8").splitlines()
    start, end = first_table(lines)
    head, rule, *rows = lines[start:end]
    old = readme.read_text(encoding="utf-8").splitlines()
    begin, stop = first_table(old)
    new = [*old[:begin], head, rule, *choose(rows), *old[stop:]]
    readme.write_text("\n".join(new) + "\n", encoding="utf-8")


if __name__ == "__main__":
    put_table(Path(sys.argv[1]), Path(sys.argv[2]))
