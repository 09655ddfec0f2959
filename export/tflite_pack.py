"""Writes a .tflite file again without what its graphs hold more than once.

Every signature of a file has a graph of its own, which repeats the scales of all weights, their
zero points (eight bytes each, all zero) and the names of its tensors. In a small model with three
lengths that is a fifteenth of the file.
"""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy.typing as npt

ALIGNMENT = 16
"""Bytes; TFLite's schema asks it of every buffer, for vector instructions."""
IDENTIFIER = b"TFL3"


class _SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that writes equal vectors once; to a reader they are as many as before."""

    def __init__(self) -> None:
        super().__init__(1 << 20)
        self._vectors: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: npt.NDArray[Any]) -> int:
        key = (x.dtype.str, x.tobytes())
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


def pack(path: Path) -> None:
    """Rewrite the quantized .tflite file at `path`, equal vectors of its graphs stored once.

    Tensors inside the graphs lose their names, which no runtime needs; inputs and outputs keep
    theirs. Weights lie behind the flatbuffer, as the quantizer puts them.
    """
    from ai_edge_litert import schema_py_generated as schema

    content = path.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for graph in model.subgraphs:
        named = {*graph.inputs, *graph.outputs}
        for index, tensor in enumerate(graph.tensors):
            if index not in named:
                tensor.name = None
    behind = [buffer for buffer in model.buffers if buffer.size]
    weights = [content[buffer.offset : buffer.offset + buffer.size] for buffer in behind]
    # The size of the flatbuffer does not depend on the places that are filled in afterwards.
    place = _aligned(len(_flatbuffer(model)))
    for buffer in behind:
        buffer.offset = place
        place = _aligned(place + buffer.size)
    packed = bytearray(_flatbuffer(model))
    for buffer, data in zip(behind, weights, strict=True):
        packed += bytes(buffer.offset - len(packed)) + data
    path.write_bytes(packed)


def _flatbuffer(model: Any) -> bytes:
    builder = _SharingBuilder()
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
