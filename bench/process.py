"""A process of its own that answers requests; a crash or a hang becomes an error."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

STDERR_LINES = 8


class Worker:
    """A process of its own that answers one request at a time."""

    def __init__(self, about: str, timeout_s: float, keep: tuple[int, ...] = ()) -> None:
        """Start it; `keep` are file descriptors that it shares."""
        self.about = about
        self.timeout_s = timeout_s
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._received = b""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bench.worker"],  # -P: nothing from the present folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=keep,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Let the process end by itself (it removes its temporary files), or end it."""
        assert self._process.stdin
        assert self._process.stdout
        if error is not None:
            self._process.kill()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def ask(self, op: str, **values: Any) -> Any:
        """Send one request and wait for its answer; ValueError if none comes."""
        self.send(op, **values)
        return self.receive(op)

    def send(self, op: str, **values: Any) -> None:
        """Send a request without waiting."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"op": op, **values}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure("ended", op) from None

    def receive(self, op: str) -> Any:
        """Wait for the answer to the last request."""
        answer = json.loads(self._read_line(op, time.monotonic() + self.timeout_s))
        if "error" in answer:
            raise ValueError(f"{self.about}: {answer['error']}")
        return answer

    def _read_line(self, op: str, deadline: float) -> bytes:
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._received:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self._process.kill()
                raise self._failure(f"gave no answer for {self.timeout_s:.0f} s", op)
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                raise self._failure("ended", op)
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _failure(self, what: str, op: str) -> ValueError:
        code = self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        tail = "\n  ".join(lines[-STDERR_LINES:]) or "(nothing)"
        return ValueError(
            f"{self.about}: the measuring process {what} in {op!r} (exit code {code}); try the "
            f"bundle with `distilbert-mobile inspect`, or fewer threads; its last words:\n  {tail}"
        )
