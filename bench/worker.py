"""The fresh process of one measurement: requests and answers are JSON, one a line.

Started by `bench.host` as `python -m bench.worker`. It ends when its standard input does, so it
never outlives the process that asked.
"""

import gc
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TextIO

from bench.journal import record
from bench.shapes import find_shape, write_shape
from export.bundle import Bundle, check_golden, load_bundle
from export.runner import open_runner
from tasks.qa import SpanModel

Answer = dict[str, Any]

# What a runtime needs before it sees a model: the bare process that memory is measured against.
MODULES = {
    "tflite": ("ai_edge_litert.compiled_model",),
    "pte": ("executorch.extension.pybindings._portable_lib", "executorch.kernels.quantized"),
    "onnxruntime": ("onnxruntime",),
    "torch-eager": ("torch", "transformers"),
    "torch-compile": ("torch", "transformers"),
}
MODULES |= {"litert-stock": MODULES["tflite"], "executorch-stock": MODULES["pte"]}


def peak_memory() -> int:
    """Highest resident memory of this process so far, in bytes (VmHWM on Linux)."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def forget_peak() -> None:
    """Let the peak start again at the present memory, where the system can (Linux)."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


class Runnable(Protocol):
    """What is timed: `invoke` alone, on the input that `write` set."""

    def write(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> None:
        """Set one input, padded to `length` if one is given."""
        ...

    def invoke(self) -> None:
        """Run one inference."""
        ...


class Session:
    """What one process holds: a loaded model file, or a checkpoint."""

    runner: "Runnable"
    bundle: Bundle
    model: SpanModel

    def prepare(self, runtime: str, cpus: Sequence[int] = ()) -> Answer:
        """Stay on `cpus`, import the runtime, note the memory of the process without a model."""
        if cpus:
            os.sched_setaffinity(0, cpus)
        for module in MODULES[runtime]:
            import_module(module)
        forget_peak()
        self.bare_bytes = peak_memory()
        return {}

    def load(
        self, folder: str, runtime: str, threads: int, weight_cache: str | None = None
    ) -> Answer:
        """Load the model; its hash was checked by the process that asks."""
        self.bundle = load_bundle(Path(folder), verify=False)
        cache = None if weight_cache is None else Path(weight_cache)
        at, start = time.time(), time.perf_counter()
        runner = open_runner(self.bundle, runtime, threads, cache)
        load_ms = 1000 * (time.perf_counter() - start)
        self.runner, self.model = runner, runner.span_logits
        self._check: Callable[[], float] = lambda: check_golden(self.bundle, runner)
        return {"at": at, "load_ms": load_ms}

    def write_peer(
        self, runtime: str, checkpoint: str, tokens: int, path: str, int8: bool
    ) -> Answer:
        """Write what others make of a checkpoint."""
        from bench.peer_files import WRITERS

        WRITERS[runtime](Path(checkpoint), tokens, Path(path), int8)
        return {}

    def load_peer(
        self, runtime: str, checkpoint: str, path: str, tokens: int, threads: int
    ) -> Answer:
        """Load it."""
        from bench.peer_engines import open_peer

        at, start = time.time(), time.perf_counter()
        runner = open_peer(runtime, Path(checkpoint), Path(path), tokens, threads)
        load_ms = 1000 * (time.perf_counter() - start)
        self.runner = self._peer = runner
        return {"at": at, "load_ms": load_ms}

    def load_checkpoint(self, folder: str, threads: int) -> Answer:
        """Load a checkpoint folder into torch."""
        from bench.checkpoint import span_model

        self.model, positions = span_model(Path(folder), threads)
        return {"positions": positions}

    def write_shape(self, name: str, folder: str) -> Answer:
        """Write a checkpoint with random weights."""
        write_shape(find_shape(name), Path(folder))
        return {}

    def run(self, input_ids: list[int], token_type_ids: list[int]) -> Answer:
        """Set the input of all following runs and run once."""
        self._input = (input_ids, token_type_ids)
        _, wall_ms, cpu_ms = self._timed_run()
        return {"first_ms": wall_ms, "first_cpu_ms": cpu_ms}

    def round(
        self, fd: int, setting: int, number: int, warmup: int, runs: int, seconds: float
    ) -> Answer:
        """Time up to `runs` runs, none begun after `seconds`, after `warmup` untimed ones.

        Each is appended to the journal `fd` at once. Ends early if the process that asked is gone.
        """
        gc.disable()
        parent, since_epoch = os.getppid(), time.time() - time.perf_counter()
        for _ in range(warmup):
            at, wall_ms, _ = self._timed_run()
            os.write(fd, record(setting, "warm", since_epoch + at, wall_ms))
        end = time.perf_counter() + seconds
        for _ in range(runs):
            at, wall_ms, cpu_ms = self._timed_run()
            os.write(fd, record(setting, "timed", number, since_epoch + at, wall_ms, cpu_ms))
            if time.perf_counter() >= end or os.getppid() != parent:
                break
        gc.enable()
        return {}

    def both_lengths(self, input_ids: list[int], token_type_ids: list[int], fixed: int) -> Answer:
        """Time one input at the shortest length that takes it, and padded to `fixed` tokens."""
        self._input = (input_ids, token_type_ids)
        self._timed_run()
        (_, wall, cpu), (_, fixed_wall, fixed_cpu) = self._timed_run(), self._timed_run(fixed)
        return {
            "wall_ms": wall,
            "cpu_ms": cpu,
            "fixed_wall_ms": fixed_wall,
            "fixed_cpu_ms": fixed_cpu,
        }

    def gemm(self, rows: int, inner: int, columns: int, threads: int, seconds: float) -> Answer:
        """Time products of int8 matrices with int32 sums in torch."""
        import torch

        torch.set_num_threads(threads)
        left = torch.randint(-100, 100, (rows, inner), dtype=torch.int8)
        right = torch.randint(-100, 100, (inner, columns), dtype=torch.int8)
        wall_ms: list[float] = []
        end = time.perf_counter() + seconds
        while not wall_ms or time.perf_counter() < end:
            start = time.perf_counter()
            torch._int_mm(left, right)
            wall_ms.append(1000 * (time.perf_counter() - start))
        return {"wall_ms": wall_ms}

    def _timed_run(self, length: int | None = None) -> tuple[float, float, float]:
        """When it began (perf_counter), wall and CPU time in ms; padded to `length` if given."""
        self.runner.write(*self._input, length)  # ExecuTorch wants its inputs anew for every run
        cpu, start = time.process_time(), time.perf_counter()
        self.runner.invoke()
        end, cpu_end = time.perf_counter(), time.process_time()
        return start, 1000 * (end - start), 1000 * (cpu_end - cpu)

    def repeat(self, runs: int) -> Answer:
        """Run without timing."""
        for _ in range(runs):
            self._timed_run()
        return {}

    def memory(self) -> Answer:
        """Memory so far."""
        bare = self.bare_bytes
        return {"bare_bytes": bare, "peak_bytes": max(0, peak_memory() - bare)}

    def golden(self) -> Answer:
        """Fail unless this process computes what was stored when the bundle was made."""
        return {"worst": self._check()}

    def padded_logits(self, input_ids: list[int], token_type_ids: list[int], length: int) -> Answer:
        """Run one window padded to `length`."""
        outputs = self._peer.run(input_ids, token_type_ids, length)
        return {"start": outputs["start_logits"].tolist(), "end": outputs["end_logits"].tolist()}

    def span_logits(self, input_ids: list[int], token_type_ids: list[int]) -> Answer:
        """Run one window."""
        start, end = self.model(input_ids, token_type_ids)
        return {"start": start.tolist(), "end": end.tolist()}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more; an exception becomes an answer."""
    session = Session()

    def emit(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in requests:
        request = json.loads(line)
        name = request.pop("op")
        try:
            emit(getattr(session, name)(**request))
        except Exception as error:
            traceback.print_exc()
            user_error = isinstance(error, ValueError | FileNotFoundError | FileExistsError)
            prefix = "" if user_error else f"{type(error).__name__}: "
            emit({"error": prefix + str(error)})


if __name__ == "__main__":
    # Runtimes print on standard output: it becomes standard error, and a private copy of it
    # carries the answers.
    private = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, private)
