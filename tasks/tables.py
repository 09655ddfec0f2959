"""Reads tables row by row: TSV, CSV and JSON lines in UTF-8, also gzipped."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

FORMATS = {
    ".tsv": "tsv",
    ".txt": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_LARGEST_FIELD = 2**31 - 1  # csv's own limit, 131,072 characters, is less than a long document


@dataclass(frozen=True)
class Row:
    """One row: where it stands, as a person would say it, and its values as text."""

    place: str
    values: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A file's column names, and its rows; `names` is empty where the file names no columns."""

    names: tuple[str, ...]
    rows: Iterator[Row]


def read_table(
    path: Path, has_names: Callable[[Sequence[str]], bool], *, skip_short: bool = False
) -> Table:
    """Opens a table; `has_names` is asked whether the first line (its values) names the columns.

    A TSV has no quoting, as in GLUE: a quotation mark is text. A CSV has. JSON lines always name
    their columns. Rows with too few values are left out where `skip_short`. Raises
    FileNotFoundError for a missing file and ValueError, also while reading, for one of another
    format.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such data file: {path}")
    kind = FORMATS.get(path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix)
    if kind is None:
        raise ValueError(
            f"{path}: unknown kind of table; expected one of {', '.join(FORMATS)}, also with .gz"
        )
    lines = _json_lines(path) if kind == "jsonl" else _delimited(path, kind)
    names: tuple[str, ...] = ()
    first = next(lines, None)
    if first is None:
        raise ValueError(f"{path} is empty; expected a table with one example a row")
    if kind == "jsonl" or has_names(first.values):
        names = tuple(first.values)
    else:
        lines = _with(first, lines)
    if kind != "jsonl":
        lines = _even(lines, len(names or first.values), skip_short)
    return Table(names, lines)


def _with(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _delimited(path: Path, kind: str) -> Iterator[Row]:
    """Rows of values; the first may be the names."""
    with _open(path) as file:
        try:
            if kind == "tsv":
                for number, line in enumerate(file, 1):
                    yield Row(f"{path}, line {number}", line.rstrip("\r\n").split("\t"))
            else:
                csv.field_size_limit(_LARGEST_FIELD)
                reader = csv.reader(file, strict=True)
                for values in reader:
                    if values:
                        yield Row(f"{path}, line {reader.line_num}", values)
        except (csv.Error, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is not a {kind.upper()} in UTF-8: {error}") from error


def _even(rows: Iterator[Row], width: int, skip_short: bool) -> Iterator[Row]:
    for row in rows:
        if len(row.values) < width and skip_short:
            continue
        if len(row.values) != width:
            raise ValueError(
                f"{row.place}: {len(row.values)} values, but the table has {width} columns"
            )
        yield row


def _json_lines(path: Path) -> Iterator[Row]:
    """First the names of the first object, then a row for each object, in that order."""
    names: tuple[str, ...] = ()
    with _open(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                place = f"{path}, line {number}"
                found = json.loads(line)
                if not isinstance(found, dict):
                    raise ValueError(f"{place}: expected an object, found {line[:40]!r}")
                if not names:
                    names = tuple(found)
                    yield Row(place, names)
                missing = [name for name in names if name not in found]
                if missing:
                    raise ValueError(f"{place}: {missing[0]!r} is missing; found {list(found)}")
                yield Row(place, [_text(found[name]) for name in names])
        except (json.JSONDecodeError, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is not JSON lines in UTF-8: {error}") from error


def _text(value: object) -> str:
    """A JSON value as text: words as they are, numbers as written, nothing as ""."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _open(path: Path) -> TextIO:
    # A byte-order mark is no part of the first name; "\r" inside a line is text.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="\n")
    return path.open(encoding="utf-8-sig", newline="\n")
