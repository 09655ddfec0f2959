"""The one place that runs a .tflite or .pte on this host."""

import importlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from export.bundle import Bundle
from export.manifest import Entry, Interface
from export.quiet import mute_at_exit, quiet

FloatArray = npt.NDArray[np.float32]


class Engine(Protocol):
    """What a runtime binding offers; `inputs` and outputs are arrays [1, ...] by name."""

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        """Hand the inputs of the next inference to the runtime."""
        ...

    def invoke(self) -> None:
        """Run one inference."""
        ...

    def read(self) -> dict[str, FloatArray]:
        """Copy the outputs of the last inference."""
        ...


class Runner:
    """A loaded model file; `write`, `invoke` and `read` are apart so that invoke can be timed."""

    def __init__(self, runtime: str, interface: Interface, engine: Engine) -> None:
        self.runtime = runtime
        self.interface = interface
        self._engine = engine
        self._real = 0

    @property
    def lengths(self) -> tuple[int, ...]:
        """Largest length of each entry, in tokens."""
        return tuple(entry.max_length for entry in self.interface.entries)

    def write(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> None:
        """Set one input, padded to `length` (default: the shortest that the file takes)."""
        if len(token_type_ids) != len(input_ids) or not input_ids:
            raise ValueError(
                f"{len(input_ids)} input ids and {len(token_type_ids)} token types given; "
                "there must be as many of each, and at least one"
            )
        entry, padded = self._choose(len(input_ids), length)
        arrays: dict[str, npt.NDArray[np.int64]] = {}
        for name, row in self.interface.rows(input_ids, token_type_ids).items():
            array = np.zeros((1, padded), dtype=np.int64)
            array[0, : len(row)] = row
            arrays[name] = array
        self._engine.write(entry, arrays)
        self._real = len(input_ids)

    def _choose(self, real: int, length: int | None) -> tuple[Entry, int]:
        for entry in self.interface.entries:
            padded = max(real, entry.min_length) if length is None else length
            if real <= padded and entry.min_length <= padded <= entry.max_length:
                return entry, padded
        takes = ", ".join(
            f"{entry.max_length}" if entry.fixed else f"{entry.min_length} to {entry.max_length}"
            for entry in self.interface.entries
        )
        wanted = f"{real} tokens" + ("" if length is None else f" at length {length}")
        raise ValueError(f"{wanted} do not fit this {self.runtime} model; it takes {takes} tokens")

    def invoke(self) -> None:
        """Run one inference on the input set by `write`."""
        self._engine.invoke()

    def read(self) -> dict[str, FloatArray]:
        """Return the outputs by name, flat and without padding."""
        arrays = self._engine.read()
        return {
            tensor.name: arrays[tensor.name].reshape(-1)[: tensor.size(self._real)]
            for tensor in self.interface.outputs
        }

    def run(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> dict[str, FloatArray]:
        """Write, invoke and read."""
        self.write(input_ids, token_type_ids, length)
        self.invoke()
        return self.read()

    def span_logits(
        self, input_ids: list[int], token_type_ids: list[int]
    ) -> tuple[FloatArray, FloatArray]:
        """Return start and end logits of one unpadded window, each of its length."""
        outputs = self.run(input_ids, token_type_ids)
        return outputs["start_logits"], outputs["end_logits"]


@cache
def _litert_environment() -> Any:
    """One for the process: it logs whenever one is made or dropped."""
    from ai_edge_litert import environment

    options = environment.EnvironmentOptions(runtime_path=str(Path(environment.__file__).parent))
    mute_at_exit()
    with quiet():
        return environment.Environment.create(options=options)


class TfliteEngine:
    """LiteRT's CompiledModel on the CPU, through XNNPACK."""

    def __init__(
        self, path: Path, interface: Interface, threads: int, weight_cache: Path | None
    ) -> None:
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import CpuOptions, Options

        environment = _litert_environment()
        # Without a cache every signature packs its own copy of the weights: four int8 signatures
        # of DistilBERT took 294 MB, with it 63. Once mapped, the file needs no name any more.
        with tempfile.TemporaryDirectory(prefix="xnnpack-") as folder, quiet():
            if weight_cache is None and len(interface.entries) > 1:
                weight_cache = Path(folder) / "weights"
            cpu = CpuOptions(
                num_threads=threads,
                xnnpack_weight_cache_path="" if weight_cache is None else str(weight_cache),
            )
            options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=cpu)
            self._model = CompiledModel.from_file(
                str(path), environment=environment, options=options
            )
            self._buffers = {e.name: self._make_buffers(interface, e) for e in interface.entries}
        self._interface = interface
        self._entry = interface.entries[0]

    def _make_buffers(
        self, interface: Interface, entry: Entry
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        make_input = self._model.create_input_buffer_by_name
        make_output = self._model.create_output_buffer_by_name
        inputs = {tensor.name: make_input(entry.name, tensor.name) for tensor in interface.inputs}
        outputs = {
            tensor.name: make_output(entry.name, tensor.name) for tensor in interface.outputs
        }
        for buffer in inputs.values():
            buffer.write(np.zeros((1, entry.max_length), dtype=np.int32))
        return inputs, outputs

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        """Copy the inputs into the buffers of the entry's signature."""
        self._entry = entry
        for name, array in inputs.items():
            self._buffers[entry.name][0][name].write(array.astype(np.int32))

    def invoke(self) -> None:
        """Run the signature."""
        self._model.run_by_name(self._entry.name, *self._buffers[self._entry.name])

    def read(self) -> dict[str, FloatArray]:
        """Copy the outputs out of the runtime's buffers."""
        buffers = self._buffers[self._entry.name][1]
        outputs = {}
        for tensor in self._interface.outputs:
            size = tensor.size(self._entry.max_length)
            outputs[tensor.name] = buffers[tensor.name].read(size, np.float32)
        return outputs


class PteEngine:
    """ExecuTorch's portable runtime with XNNPACK; its Python binding takes torch tensors."""

    def __init__(self, path: Path, interface: Interface, threads: int) -> None:
        import torch
        from executorch.extension.pybindings import _portable_lib  # portable_lib: 3 s slower

        importlib.import_module("executorch.kernels.quantized")  # registers the int8 embedding
        self._from_numpy = torch.from_numpy
        with quiet():
            _set_pte_threads(_portable_lib, threads)
            self._program = _portable_lib._load_program(str(path))
            self._methods = {e.name: self._program.load_method(e.name) for e in interface.entries}
        self._names = [tensor.name for tensor in interface.outputs]
        self._method = self._methods[interface.entries[0].name]

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        """Set the inputs of the entry's method, which resizes it to their length."""
        self._method = self._methods[entry.name]
        self._inputs = [self._from_numpy(array) for array in inputs.values()]  # kept alive
        self._method.set_inputs(self._inputs)

    def invoke(self) -> None:
        """Run the method."""
        self._method.execute()

    def read(self) -> dict[str, FloatArray]:
        """Copy the outputs out of the runtime."""
        outputs = self._method.get_outputs()
        return {name: out.numpy() for name, out in zip(self._names, outputs, strict=True)}


_pte_threads: int | None = None


def _set_pte_threads(library: Any, threads: int) -> None:
    """Size ExecuTorch's thread pool, which is global: resizing it after a load hangs."""
    global _pte_threads
    if _pte_threads is None:
        library._unsafe_reset_threadpool(threads)
        _pte_threads = threads
    if _pte_threads != threads:
        raise ValueError(
            f"this process already runs .pte files on {_pte_threads} threads; "
            f"use a fresh process for {threads}"
        )


def open_tflite(
    path: Path, interface: Interface, threads: int = 1, weight_cache: Path | None = None
) -> Runner:
    """Load a .tflite file; `weight_cache` names a file of packed weights to make or reuse."""
    return Runner("tflite", interface, TfliteEngine(path, interface, threads, weight_cache))


def open_pte(path: Path, interface: Interface, threads: int = 1) -> Runner:
    """Load a .pte file; the thread count is settled by the first call in a process."""
    return Runner("pte", interface, PteEngine(path, interface, threads))


OPENERS: dict[str, Callable[..., Runner]] = {"tflite": open_tflite, "pte": open_pte}


def open_runner(
    bundle: Bundle, runtime: str, threads: int = 1, weight_cache: Path | None = None
) -> Runner:
    """Load the model of one runtime of a bundle; `weight_cache` as in `open_tflite`."""
    model, path = bundle.model(runtime), bundle.model_path(runtime)
    if weight_cache is None:
        return OPENERS[runtime](path, model.interface, threads)
    if runtime != "tflite":
        raise ValueError(f"only LiteRT keeps packed weights in a file, not {runtime}")
    return open_tflite(path, model.interface, threads, weight_cache)
