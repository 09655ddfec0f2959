"""The samples of one session, appended to a file as they are taken; a killed session goes on there.

The first line says what is measured. Every other line is a record: the setting's number, a kind,
and numbers. The file is locked by every process that may still write to it.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from bench.machine import now
from bench.result import Start

LOCK_LOOK_S = 0.1
_FORMATS = [b"%d %b" + count * b" %.6f" + b"\n" for count in range(6)]


@dataclass
class Taken:
    """What the journal holds of one setting; `timed` has (round, at, wall ms, CPU ms) in order."""

    starts: list[tuple[float, float, float, float]] = field(default_factory=list)
    warmups: list[tuple[float, float]] = field(default_factory=list)
    timed: list[tuple[int, float, float, float]] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)
    memory: tuple[int, int] | None = None

    def in_round(self, number: int) -> list[float]:
        """The wall times of one round so far."""
        return [wall for found, _, wall, _ in self.timed if found == number]

    def start_records(self, origin: float) -> tuple[Start, ...]:
        """Each fresh process with the warm-up runs that followed it."""
        edges = [at for at, *_ in self.starts[1:]] + [float("inf")]
        return tuple(
            Start(
                at_s=at - origin,
                load_ms=load,
                first_ms=first,
                first_cpu_ms=cpu,
                warmup_ms=tuple(ms for when, ms in self.warmups if at <= when < edge),
            )
            for (at, load, first, cpu), edge in zip(self.starts, edges, strict=True)
        )


class Journal:
    """An open journal; `fd` is handed to the processes that append timed runs.

    A journal of other inputs is begun anew. Raises ValueError if another process holds it for
    longer than `patience_s`.
    """

    def __init__(self, path: Path, inputs: Any, settings: int, patience_s: float) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        self.fd = self._file.fileno()
        try:
            self._lock(patience_s)
            self._open(json.loads(json.dumps(inputs)), settings)
        except BaseException:
            self._file.close()
            raise

    def _lock(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ValueError(
                        f"{self.path} is being written by another run; wait for it, or end it"
                    ) from None
                time.sleep(LOCK_LOOK_S)

    def _open(self, inputs: Any, settings: int) -> None:
        header = self._read_header()
        if header is None or header["inputs"] != inputs:
            header = {"inputs": inputs, "session": uuid4().hex, "began": now(), "at": time.time()}
            os.ftruncate(self.fd, 0)
            os.write(self.fd, json.dumps(header).encode() + b"\n")
        self.session = str(header["session"])
        self.began = str(header["began"])
        self.origin = float(header["at"])
        self.settings = settings

    def _read_header(self) -> Any:
        self._file.seek(0)
        line = self._file.readline()
        try:
            return json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            return None

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, setting: int, kind: str, *values: float) -> None:
        """Append one record."""
        os.write(self.fd, record(setting, kind, *values))

    def read(self) -> list[Taken]:
        """Everything taken so far; a record that was cut off is removed from the file."""
        self._file.seek(0)
        text = self._file.read()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) != len(text):
            os.ftruncate(self.fd, len(whole))
        taken = [Taken() for _ in range(self.settings)]
        for place, line in enumerate(whole.splitlines()[1:], 2):
            try:
                number, kind, *values = line.decode().split()
                _READERS[kind](taken[int(number)], [float(value) for value in values])
            except (ValueError, KeyError, IndexError):
                raise ValueError(
                    f"{self.path}: line {place} is damaged; remove the file and measure again"
                ) from None
        return taken


def record(setting: int, kind: str, *values: float) -> bytes:
    """One line of a journal: seconds to the microsecond, milliseconds to the nanosecond."""
    return _FORMATS[len(values)] % (setting, kind.encode(), *values)


def _read_memory(taken: Taken, values: list[float]) -> None:
    taken.memory = int(values[0]), int(values[1])


_READERS: dict[str, Callable[[Taken, list[float]], None]] = {
    "start": lambda taken, v: taken.starts.append((v[0], v[1], v[2], v[3])),
    "warm": lambda taken, v: taken.warmups.append((v[0], v[1])),
    "timed": lambda taken, v: taken.timed.append((int(v[0]), v[1], v[2], v[3])),
    "end": lambda taken, v: taken.ended.add(int(v[0])),
    "memory": _read_memory,
}
