"""Text from files and Hub data sets, as a stream that never holds more than one long line."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from tasks.squad import HUB, is_hub

LONG_LINE = 1 << 16
"""Characters; a longer line comes in parts, cut at white space, so that memory stays flat."""

HUB_FIELDS = ("text", "context")
"""Columns of a Hub data set that hold text; the first one there is taken."""

Seen = Callable[[int], None]
"""Called now and then with the bytes of the file that have been read."""


def find_sources(text: Sequence[Path]) -> list[Path]:
    """The files behind names and globs, in the given order (the files of a glob sorted by name).

    Raises FileNotFoundError for a name or glob without a file, ValueError for a folder or for a
    file that is named twice.
    """
    found: list[Path] = []
    for item in text:
        if is_hub(item) or item.is_file():
            found.append(item)
        elif item.is_dir():
            raise ValueError(f"{item} is a folder; name its files, for example '{item}/*.txt'")
        else:
            found += _matches(item)
    seen: set[Path] = set()
    for path in found:
        key = path if is_hub(path) else path.resolve()
        if key in seen:
            raise ValueError(f"{path} is given twice; its text would count double")
        seen.add(key)
    return found


def _matches(pattern: Path) -> list[Path]:
    if not any(letter in str(pattern) for letter in "*?["):
        raise FileNotFoundError(f"no such text file: {pattern}")
    # pathlib takes relative patterns only, hence the part from the root.
    root = Path(pattern.anchor) if pattern.anchor else Path()
    inside = str(pattern.relative_to(root)) if pattern.anchor else str(pattern)
    files = sorted(path for path in root.glob(inside) if path.is_file())
    if not files:
        raise FileNotFoundError(f"no file matches {pattern}")
    return files


def read_documents(sources: Sequence[Path], lines: bool = False) -> Iterator[list[str]]:
    """The documents of files, globs and Hub data sets, each as its lines that are not blank.

    A line of more than LONG_LINE characters comes in parts. Raises as `find_sources` and
    `read_lines` do.
    """
    for source in find_sources(sources):
        document: list[str] = []
        for line in read_lines(source, lines):
            if line is not None:
                document.append(line)
            elif document:
                yield document
                document = []


def read_lines(source: Path, lines: bool = False, seen: Seen | None = None) -> Iterator[str | None]:
    """The lines of one source that are not blank, and None after each document.

    In plain text a document ends at a blank line or, with `lines`, at the end of each line. Raises
    ValueError for what is not UTF-8 text (file and line named), broken gzip, or other JSON than
    SQuAD's (`.json`) and objects with a text field (`.jsonl`).
    """
    if is_hub(source):
        for text in _hub_texts(str(source).removeprefix(HUB)):
            yield from _as_document(text)
        return
    read = seen or (lambda _: None)
    try:
        with source.open("rb") as raw, _decoded(source, raw) as file:
            yield from _file_lines(source, file, lines, lambda: read(raw.tell()))
            read(raw.tell())
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{source} is not UTF-8: line {_bad_line(source)}: {error.reason} (byte "
            f"0x{error.object[error.start]:02x}); convert it, for example with iconv -t utf-8"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{source} is not a whole gzip file: {error}; fetch it again") from error


def _unzipped(source: Path, raw: BinaryIO) -> BinaryIO:
    if source.suffix != ".gz":
        return raw
    return cast(BinaryIO, io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw))))


def _decoded(source: Path, raw: BinaryIO) -> TextIO:
    return io.TextIOWrapper(_unzipped(source, raw), encoding="utf-8-sig")


def _bad_line(source: Path) -> int:
    """Number of the first line that is not UTF-8, counted from 1; a second, slower reading."""
    with source.open("rb") as raw:
        for number, line in enumerate(_unzipped(source, raw), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    raise AssertionError(f"{source} was not UTF-8 a moment ago and is now")


def _file_lines(
    source: Path, file: TextIO, lines: bool, tell: Callable[[], None]
) -> Iterator[str | None]:
    kind = Path(source.name.removesuffix(".gz")).suffix
    if kind == ".json":
        for text in _squad_contexts(source, file):
            yield from _as_document(text)
    elif kind == ".jsonl":
        for text in _field_texts(source, file, tell):
            yield from _as_document(text)
    else:
        yield from _plain_lines(file, lines, tell)


def _as_document(text: str) -> Iterator[str | None]:
    yield from (line for line in text.split("\n") if line.strip())
    yield None


def _plain_lines(file: TextIO, lines: bool, tell: Callable[[], None]) -> Iterator[str | None]:
    rest, characters, inside = "", 0, False
    while part := file.readline(LONG_LINE):
        characters += len(part)
        if characters >= LONG_LINE:
            characters = 0
            tell()
        whole = part.endswith("\n")
        text, rest = (rest + part, "") if whole else _at_space(rest + part)
        blank = not text.strip()
        if not blank:
            yield text
        if whole and (lines or (blank and not inside)):
            yield None
        inside = not whole
    if rest.strip():
        yield rest
    yield None


def _at_space(text: str) -> tuple[str, str]:
    """A part of a long line up to its last blank, and what follows; all of it if it has none."""
    cut = text.rfind(" ") + 1
    return (text[:cut], text[cut:]) if cut else (text, "")


def _squad_contexts(source: Path, file: TextIO) -> Iterator[str]:
    try:
        document = json.load(file)
        yield from [
            _text(paragraph["context"])
            for article in document["data"]
            for paragraph in article["paragraphs"]
        ]
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{source} is not SQuAD JSON: {type(error).__name__} {error}; expected "
            '{"data": [{"paragraphs": [{"context": "..."}]}]}'
        ) from error


def _field_texts(source: Path, file: TextIO, tell: Callable[[], None]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            yield _text(json.loads(line)["text"])
        except (json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{source}, line {number}: {type(error).__name__} {error}; expected one object "
                '{"text": "..."} a line'
            ) from error
        tell()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the text is of type {type(value).__name__}")
    return value


def _hub_texts(name: str) -> Iterator[str]:
    """The rows of the `train` split of a Hub data set, streamed, never downloaded as a whole."""
    import datasets

    identifier, _, config = name.partition("#")
    rows = datasets.load_dataset(identifier, config or None, split="train", streaming=True)
    field = None
    for row in rows:
        field = field or next((name for name in HUB_FIELDS if name in row), None)
        if field is None:
            raise ValueError(
                f"Hub data set {name!r} has no column of {' or '.join(HUB_FIELDS)}; found "
                f"{', '.join(sorted(row))}"
            )
        yield _text(row[field] or "")
