"""Runs the golden cases of a bundle with another runtime's Interpreter; prints what it found.

Needs that runtime and numpy only, for it runs in the runtime's own environment:
`python golden_run.py MODULE BUNDLE...`, where MODULE is the package whose version is told.
"""

import importlib
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

INTERPRETERS = {
    "tensorflow-cpu": "tensorflow.lite",
    "tflite-runtime": "tflite_runtime.interpreter",
    "ai-edge-litert": "ai_edge_litert.interpreter",
}


def find_interpreter(package: str) -> Any:
    """Return the class `Interpreter` of an installed runtime."""
    parent, _, name = INTERPRETERS[package].rpartition(".")
    if parent == "tensorflow":
        return getattr(importlib.import_module(parent), name).Interpreter
    return importlib.import_module(INTERPRETERS[package]).Interpreter


def run_case(interpreter: Any, manifest: Any, case: Any) -> dict[str, Any]:
    """Run one stored input in the signature of its length; outputs by name, without padding."""
    interface = manifest["models"]["tflite"]["interface"]
    entry = next(e for e in interface["entries"] if e["max_length"] == case["length"])
    real = len(case["input_ids"])
    values = {
        "input_ids": case["input_ids"],
        "attention_mask": [1] * real,
        "token_type_ids": case["token_type_ids"],
    }
    arrays = {}
    for tensor in interface["inputs"]:
        arrays[tensor["name"]] = np.zeros((1, case["length"]), dtype=np.int32)
        arrays[tensor["name"]][0, :real] = values[tensor["name"]]
    outputs = interpreter.get_signature_runner(entry["name"])(**arrays)
    return {name: found.reshape(-1) for name, found in outputs.items()}


def worst_difference(interpreter_class: Any, bundle: Path) -> dict[str, Any]:
    """Compare every golden case with the stored outputs, as the golden self-test of an app does.

    `error` holds the words of a runtime that refuses the file; then there is no difference.
    """
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    golden = json.loads((bundle / manifest["golden"]).read_text(encoding="utf-8"))
    differences = []
    try:
        path = bundle / manifest["models"]["tflite"]["file"]
        interpreter = interpreter_class(model_path=str(path), num_threads=1)
        for case in golden["cases"]:
            outputs = run_case(interpreter, manifest, case)
            for name, values in case["expected"]["tflite"].items():
                stored = np.asarray(values, dtype=np.float32)
                found = outputs[name][: stored.size]
                differences.append(np.abs(found - stored).max())
    except (RuntimeError, ValueError) as error:
        return {"error": str(error).splitlines()[0], "tolerance": golden["tolerance"]}
    worst = float(np.max(differences))  # NaN stays NaN, and is not right
    right = worst <= golden["tolerance"]
    return {"difference": worst, "tolerance": golden["tolerance"], "right": right}


if __name__ == "__main__":
    package, *folders = sys.argv[1:]
    loaded = find_interpreter(package)
    found = {Path(folder).name: worst_difference(loaded, Path(folder)) for folder in folders}
    print(json.dumps({"package": package, "version": metadata.version(package), "recipes": found}))
