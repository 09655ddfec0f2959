"""Runs what others make of a checkpoint, behind the interface that our own files have."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.checkpoint import read_shape
from export.manifest import Entry, Interface, TensorSpec
from export.runner import FloatArray, Runner, open_pte, open_tflite


class OnnxEngine:
    """ONNX Runtime on the CPU with its graph optimizations."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._names = [output.name for output in self._session.get_outputs()]

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        """Keep the inputs of the next run."""
        self._inputs = inputs

    def invoke(self) -> None:
        """Run the session."""
        self._outputs = self._session.run(self._names, self._inputs)

    def read(self) -> dict[str, FloatArray]:
        """Outputs of the last run."""
        return dict(zip(self._names, self._outputs, strict=True))


class TorchEngine:
    """The network as transformers has it, eager or compiled for the length of its input."""

    def __init__(self, checkpoint: Path, threads: int, compiled: bool) -> None:
        import torch

        from bench.peer_files import load_model

        torch.set_num_threads(threads)
        self._torch = torch
        self._model: Any = load_model(checkpoint)
        if compiled:
            self._model = torch.compile(self._model)

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        """Keep the inputs of the next run."""
        self._inputs = {name: self._torch.from_numpy(array) for name, array in inputs.items()}

    def invoke(self) -> None:
        """Run the network."""
        with self._torch.inference_mode():
            self._output = self._model(**self._inputs)

    def read(self) -> dict[str, FloatArray]:
        """Logits of the last run."""
        names = ("start_logits", "end_logits")
        return {name: getattr(self._output, name).numpy() for name in names}


def open_peer(runtime: str, checkpoint: Path, path: Path, tokens: int, threads: int) -> Runner:
    """Load what `runtime` made of a question-answering checkpoint; `path` is its file.

    Stock files take inputs of exactly `tokens`, the others of any length.
    """
    shape = read_shape(checkpoint)
    outputs = tuple(TensorSpec(n, "float32", (1, "length")) for n in ("start_logits", "end_logits"))

    def interface(entry: Entry, dtype: str) -> Interface:
        inputs = tuple(TensorSpec(name, dtype, (1, "length")) for name in shape.inputs)
        return Interface(entries=(entry,), inputs=inputs, outputs=outputs)

    if runtime == "litert-stock":
        entry = Entry(f"length_{tokens}", tokens, tokens)
        return open_tflite(path, interface(entry, "int32"), threads)
    if runtime == "executorch-stock":
        return open_pte(path, interface(Entry("forward", tokens, tokens), "int64"), threads)
    every = interface(Entry("forward", 2, shape.positions), "int64")
    if runtime == "onnxruntime":
        return Runner(runtime, every, OnnxEngine(path, threads))
    return Runner(runtime, every, TorchEngine(checkpoint, threads, runtime == "torch-compile"))
