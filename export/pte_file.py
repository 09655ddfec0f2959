"""What a written .pte file holds: its constants, and which operators XNNPACK takes."""

import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.manifest import Operators
from export.sizes import BIASES, LINEARS, SCALES, TABLES, StoredTensor

XNNPACK_DTYPES = {
    "fp32": "float32",
    "fp16": "float16",
    "qint8": "int8",
    "qcint8": "int8",
    "qcint4": "int4",
    "qbint4": "int4",
    "qint32": "int32",
    "qcint32": "int32",
    "int32": "int32",
}
PROGRAM_DTYPES = {"BYTE": "uint8", "CHAR": "int8", "INT": "int32", "LONG": "int64"}
PROGRAM_DTYPES |= {"HALF": "float16", "FLOAT": "float32", "BOOL": "bool"}


def _read_file(path: Path) -> Any:
    from executorch.exir._serialize._program import deserialize_pte_binary

    return deserialize_pte_binary(path.read_bytes())


def _named_constants(file: Any) -> dict[str, tuple[int, str]]:
    """Map the names by which delegates know constants to the buffer, and its SHA-256.

    Names of equal constants share a buffer.
    """
    if file.named_data is None:
        return {}
    digests = [hashlib.sha256(data).hexdigest() for data in file.named_data.buffers]
    indices = {key: entry.buffer_index for key, entry in file.named_data.pte_data.items()}
    return {key: (index, digests[index]) for key, index in indices.items()}


def _kernel_calls(plan: Any) -> Iterator[tuple[str, Any]]:
    for chain in plan.chains:
        for instruction in chain.instructions:
            if type(instruction.instr_args).__name__ == "KernelCall":
                yield plan.operators[instruction.instr_args.op_index].name, instruction.instr_args


def _xnnpack_graphs(program: Any, plan: Any) -> Iterator[dict[str, Any]]:
    """Decode the graph of each delegate with the flatc and the schema that executorch ships."""
    from executorch.backends.xnnpack.serialization import xnnpack_graph_serialize as xnnpack
    from executorch.exir._serialize._flatbuffer import _flatc_decompile

    for delegate in plan.delegates:
        data = bytes(program.backend_delegate_data[delegate.processed.index].data)
        header = xnnpack.XNNHeader.from_bytes(data[: xnnpack.XNNHeader.EXPECTED_LENGTH])
        start = header.flatbuffer_offset
        with tempfile.TemporaryDirectory(prefix="xnnpack-") as name:
            schema, graph = Path(name) / "schema.fbs", Path(name) / "graph.bin"
            schema.write_bytes(xnnpack._get_schema_bytes())
            graph.write_bytes(data[start : start + header.flatbuffer_size])
            _flatc_decompile(name, str(schema), str(graph))
            text = graph.with_suffix(".json").read_text(encoding="utf-8")
            # flatc writes the open ends of a ReLU as inf, which is no JSON; Python reads Infinity.
            yield json.loads(re.sub(r"(?<=: )([-+]?)inf\b", r"\1Infinity", text))


def pte_tensors(path: Path) -> list[StoredTensor]:
    """List the constants of a .pte file, each shared one once."""
    file = _read_file(path)
    program, named = file.program, _named_constants(file)
    stored: dict[object, StoredTensor] = {}
    for plan in program.execution_plan:
        kinds: dict[int, tuple[str, str | None]] = {}
        for name, call in _kernel_calls(plan):
            for index, argument in zip(call.args, _argument_kinds(name), strict=False):
                kinds.setdefault(index, argument)
        for index, value in enumerate(plan.values):
            buffer = getattr(value.val, "data_buffer_idx", 0)
            if buffer:
                storage = bytes(program.constant_buffer[buffer].storage)
                kind, dtype = kinds.get(index, (BIASES, None))
                dtype = dtype or PROGRAM_DTYPES[value.val.scalar_type.name]
                digest = hashlib.sha256(storage).hexdigest()
                stored[buffer] = StoredTensor(kind, dtype, len(storage), digest)
        for number, graph in enumerate(_xnnpack_graphs(program, plan)):
            for key, tensor in _graph_tensors(graph):
                if key in named:
                    index, digest = named[key]
                    stored["named", index] = replace(tensor, digest=digest)
                else:
                    stored[plan.name, number, len(stored)] = tensor
    return list(stored.values())


def _argument_kinds(operator: str) -> tuple[tuple[str, str | None], ...]:
    """Return what the first arguments of an operator are, and their type where bytes hide it."""
    if "embedding" not in operator:
        return ()
    packed = "int4" if "4bit" in operator else None
    return ((TABLES, packed), (SCALES, None), (SCALES, None))


def _graph_tensors(graph: dict[str, Any]) -> Iterator[tuple[str, StoredTensor]]:
    filters = {
        node["xnode_union"].get("filter_id")
        for node in graph["xnodes"]
        if node["xnode_union_type"] == "XNNFullyConnected"
    }
    constants = graph["constant_data"]
    for value in graph["xvalues"]:
        tensor = value["xvalue_union"]
        scales = tensor.get("quant_params", {}).get("scale_buffer_idx", 0)
        tensor = tensor.get("tensor_value", tensor)
        if tensor["constant_buffer_idx"]:
            kind = LINEARS if tensor["id_out"] in filters else BIASES
            dtype = XNNPACK_DTYPES[tensor["datatype"].removeprefix("xnn_datatype_")]
            constant = constants[tensor["constant_buffer_idx"]]
            yield constant["named_key"], StoredTensor(kind, dtype, constant["size"])
            if scales:
                constant = constants[scales]
                wide = "bfloat16" if tensor["datatype"].endswith("qbint4") else "float32"
                yield constant["named_key"], StoredTensor(SCALES, wide, constant["size"])


def pte_operators(path: Path) -> Operators:
    """Count the operators of the first method inside and outside the XNNPACK delegates."""
    program = _read_file(path).program
    plan = program.execution_plan[0]
    left_over = Counter(name for name, _ in _kernel_calls(plan))
    delegated = sum(len(graph["xnodes"]) for graph in _xnnpack_graphs(program, plan))
    return Operators(
        delegated=delegated,
        delegates=len(plan.delegates),
        left_over=dict(sorted(left_over.items())),
    )
