"""Runs inside the emulated ARM64: a .pte through ExecuTorch's wheel for it. JSON lines in and out.

Usage: arm_pte.py MODEL METHOD CASES OUT MARKED. CASES holds the rows of each case, one for each
input of the method; OUT gets the outputs of each. The first MARKED runs lie between marks for the
counting plugin.
"""

import importlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import torch
from executorch.extension.pybindings import _portable_lib

MARK = 777


def mark() -> None:
    """Tell the plugin; the descriptor does not exist."""
    with suppress(OSError):
        os.write(MARK, b" ")


def main(model: str, name: str, cases: str, out: str, marked: str) -> None:
    """Load, run every case, write."""
    importlib.import_module("executorch.kernels.quantized")
    _portable_lib._unsafe_reset_threadpool(1)
    program = _portable_lib._load_program(model)
    method = program.load_method(name)
    found = []
    for number, rows in enumerate(json.loads(Path(cases).read_text())):
        method.set_inputs([torch.tensor([row], dtype=torch.int64) for row in rows])
        if number < int(marked):
            mark()
        method.execute()
        if number < int(marked):
            mark()
        found.append([output.flatten().tolist() for output in method.get_outputs()])
    Path(out).write_text(json.dumps(found))


main(*sys.argv[1:])
