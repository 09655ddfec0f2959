"""What a written .tflite file holds: its constants, and which operators XNNPACK takes."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from export.manifest import Operators
from export.sizes import BIASES, LINEARS, SCALES, TABLES, StoredTensor

DELEGATE = "DELEGATE"
WIDENING = "DEQUANTIZE"


def _names(enum: Any) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def tflite_tensors(path: Path) -> list[StoredTensor]:
    """List the constants of a .tflite file, each shared buffer once."""
    from ai_edge_litert import schema_py_generated as schema

    content = path.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    dtypes, operators = _names(schema.TensorType), _names(schema.BuiltinOperator)
    stored: dict[int, StoredTensor] = {}
    for graph in model.subgraphs:
        widened = _widened(model, graph, operators)
        kinds = dict.fromkeys(_block_scales(graph), SCALES)
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            name = operators[max(code.builtinCode, code.deprecatedBuiltinCode)]
            for position, tensor in enumerate(operator.inputs):
                # Stored in float16, a weight passes through an operator that widens it.
                if name != WIDENING:
                    kinds.setdefault(widened.get(tensor, tensor), _kind(name, position))
        for index, tensor in enumerate(graph.tensors):
            buffer = model.buffers[tensor.buffer]
            # The quantizer keeps large buffers behind the flatbuffer, by offset and size.
            size = buffer.size or (0 if buffer.data is None else len(buffer.data))
            if size:
                kind = kinds.get(index, BIASES)
                dtype = dtypes[tensor.type].lower()
                digest = _digest(content, buffer)
                stored[tensor.buffer] = StoredTensor(kind, dtype, size, digest)
    return list(stored.values())


def _digest(content: bytes, buffer: Any) -> str:
    if buffer.size:
        data = memoryview(content)[buffer.offset : buffer.offset + buffer.size]
    else:
        data = memoryview(bytes(buffer.data))
    return hashlib.sha256(data).hexdigest()


def _widened(model: Any, graph: Any, operators: dict[int, str]) -> dict[int, int]:
    """Map what a DEQUANTIZE makes to the constant it is made from."""
    found = {}
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if operators[max(code.builtinCode, code.deprecatedBuiltinCode)] == WIDENING:
            found[operator.outputs[0]] = operator.inputs[0]
    return found


def _block_scales(graph: Any) -> list[int]:
    """List the tensors that hold the scales of others."""
    details = (tensor.quantization and tensor.quantization.details for tensor in graph.tensors)
    return [found.scales for found in details if hasattr(found, "scales")]


def _kind(operator: str, position: int) -> str:
    if (operator, position) in (("EMBEDDING_LOOKUP", 1), ("GATHER", 0)):
        return TABLES
    return LINEARS if (operator, position) == ("FULLY_CONNECTED", 1) else BIASES


def tflite_operators(path: Path) -> Operators:
    """Count the operators of the first signature inside and outside the XNNPACK delegate.

    The runtime lists the graph's operators and, after them, the delegates that replaced some. An
    operator is left over where the outputs still need it once the delegates produce theirs.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    operators = interpreter._get_ops_details()
    producers = {int(tensor): op for op in operators for tensor in op["outputs"]}
    needed = [int(output["index"]) for output in interpreter.get_output_details()]
    running: dict[int, str] = {}
    while needed:
        operator = producers.get(needed.pop())
        if operator is not None and operator["index"] not in running:
            running[operator["index"]] = operator["op_name"]
            needed.extend(int(tensor) for tensor in operator["inputs"])
    original = [op for op in operators if op["op_name"] != DELEGATE]
    left_over = Counter(name for name in running.values() if name != DELEGATE)
    return Operators(
        delegated=len(original) - left_over.total(),
        delegates=len(running) - left_over.total(),
        left_over=dict(sorted(left_over.items())),
    )
