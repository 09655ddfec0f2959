"""What an unfinished corpus keeps: two growing splits, and a journal of the sources in them."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from distill.corpus import OFFSETS, SPLITS
from distill.folder import write_text

JOURNAL = "journal.jsonl"


@dataclass
class Entry:
    """One source: which text it was and what came out of it."""

    name: str
    sha256: str | None
    """None for a Hub data set, which is known by its name only."""
    documents: int = 0
    unknown: int = 0
    """[UNK] among the tokens that were kept."""
    dropped_short: int = 0
    dropped_unknown: int = 0
    pieces: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))


class Writer:
    """The pieces of one split, appended to two files."""

    def __init__(self, folder: Path, name: str, dtype: np.dtype[Any], after: Sequence[Entry]):
        """Goes on after the sources `after`; what the files hold beyond them is cut off."""
        self._dtype = dtype
        self._end = sum(entry.tokens[name] for entry in after)
        pieces = sum(entry.pieces[name] for entry in after)
        self._ids = _at(folder / f"{name}.ids", self._end * dtype.itemsize)
        # The first offset is 0, which is what a file is filled up with.
        self._offsets = _at(folder / f"{name}.offsets", (pieces + 1) * OFFSETS.itemsize)

    def add(self, piece: list[int]) -> None:
        self._end += len(piece)
        self._ids.write(np.array(piece, self._dtype).tobytes())
        self._offsets.write(np.array(self._end, OFFSETS).tobytes())

    def sync(self) -> None:
        """Returns when everything is on the disk."""
        for file in (self._ids, self._offsets):
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        self._ids.close()
        self._offsets.close()


def _at(path: Path, size: int) -> BinaryIO:
    path.touch()
    file = path.open("r+b", buffering=1 << 20)
    file.truncate(size)
    file.seek(size)
    return file


class Journal:
    """Which sources the splits in a folder hold for certain."""

    def __init__(self, folder: Path, settings: dict[str, Any], dtype: np.dtype[Any]) -> None:
        """Takes over an unfinished run with these settings; refuses one with others."""
        self._folder, self.settings, self._dtype = folder, settings, dtype
        self.entries: list[Entry] = []
        lines = _read(folder / JOURNAL)
        if not lines:
            return
        self._refuse_other(lines[0])
        entries = [Entry(**line) for line in lines[1:]]
        # Shorter files than the journal vouches for: the disk lost them; they are made anew.
        if all(_size(folder / name) >= size for name, size in self._sizes(entries).items()):
            self.entries = entries

    def resume(self, sources: Sequence[tuple[str, str | None]]) -> None:
        """Keeps the first sources that still are those given, by name and hash; drops the rest."""
        same = 0
        while same < min(len(sources), len(self.entries)):
            if (self.entries[same].name, self.entries[same].sha256) != sources[same]:
                break
            same += 1
        del self.entries[same:]
        lines = [self.settings, *map(asdict, self.entries)]
        write_text(self._folder / JOURNAL, "".join(json.dumps(line) + "\n" for line in lines))

    @contextmanager
    def writers(self) -> Iterator[dict[str, Writer]]:
        """The splits, open after the last source of the journal."""
        writers = {name: Writer(self._folder, name, self._dtype, self.entries) for name in SPLITS}
        try:
            yield writers
        finally:
            for writer in writers.values():
                writer.close()

    def add(self, entries: Sequence[Entry], writers: dict[str, Writer]) -> None:
        """Vouches for sources: first their pieces reach the disk, then the line that says so."""
        for writer in writers.values():
            writer.sync()
        with (self._folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(entry)) + "\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        self.entries += entries

    def _sizes(self, entries: Sequence[Entry]) -> dict[str, int]:
        sizes = {}
        for name in SPLITS:
            tokens = sum(entry.tokens[name] for entry in entries)
            pieces = sum(entry.pieces[name] for entry in entries)
            sizes[f"{name}.ids"] = tokens * self._dtype.itemsize
            sizes[f"{name}.offsets"] = (pieces + 1) * OFFSETS.itemsize if entries else 0
        return sizes

    def _refuse_other(self, found: dict[str, Any]) -> None:
        differ = [key for key in self.settings if found.get(key) != self.settings[key]]
        if differ:
            shown = ", ".join(f"{key} {found.get(key)} -> {self.settings[key]}" for key in differ)
            raise ValueError(
                f"{self._folder} is an unfinished run with other settings ({shown}); repeat its "
                "command, choose another --out, or discard it with --force"
            )


def _read(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal; a last one that was cut short does not count."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def locked(folder: Path, discard: bool) -> Iterator[None]:
    """Makes the folder, or empties it with `discard`, and keeps other processes out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(f"another process is writing {folder}; wait until it is done") from error
        if discard:
            shutil.rmtree(folder)
        folder.mkdir(exist_ok=True)
        try:
            yield
        finally:
            Path(file.name).unlink()
