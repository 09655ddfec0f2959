"""A manifest that every loader takes, and the files beside it."""

import dataclasses
import hashlib
import json
from typing import Any

from small_vocabulary import SMALL

from tasks.windows import QaLimits

Document = dict[str, Any]


def manifest_files() -> dict[str, bytes]:
    """The files beside every manifest; no runtime could load the models."""
    golden = {
        "tolerance": 0.1,
        "cases": [
            {
                "name": "padded-8-0",
                "length": 8,
                "input_ids": [2, 5, 3, 6, 3],
                "token_type_ids": [0, 0, 0, 1, 1],
                "expected": {
                    runtime: {
                        "start_logits": [0.5, 1.0 + off, -1.0, 2.25, 0.0],
                        "end_logits": [0.25, 0.5, -1.0, 3.5 - off, 0.0],
                    }
                    for runtime, off in (("reference", 0.0), ("tflite", 0.01), ("pte", 0.02))
                },
            }
        ],
    }
    return {
        "golden.json": (json.dumps(golden, indent=1) + "\n").encode(),
        "model.pte": bytes(range(256)),
        "model.tflite": bytes(range(255, -1, -1)) + b"tflite",
        "vocab.txt": ("\n".join([*SMALL[:5], "a", "b"]) + "\n").encode(),
    }


def _model(file: str, size: int, dtype: str, entries: list[Document]) -> Document:
    shape = [1, "length"]
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {
        "file": file,
        "interface": {
            "entries": entries,
            "inputs": [{"name": n, "dtype": dtype, "shape": shape} for n in names],
            "outputs": [
                {"name": f"{end}_logits", "dtype": "float32", "shape": shape}
                for end in ("start", "end")
            ],
        },
        "parity": {"windows": 16, "min_cosine": 0.9999, "max_error": 0.25, "agreement": 1.0},
        "accuracy": None,
        "size": {"graph": {"other": size}},
        "operators": {"delegated": 10, "delegates": 1, "left_over": {"RESHAPE": 4}},
    }


def valid_manifest() -> Document:
    """A manifest as `distilbert-mobile export` writes it, for those files."""
    files = manifest_files()
    records = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    fixed = [{"name": f"length_{n}", "min_length": n, "max_length": n} for n in (8, 384)]
    return {
        "format_version": 1,
        "task": "question-answering",
        "recipe": "int8",
        "labels": [],
        "models": {
            "tflite": _model("model.tflite", len(files["model.tflite"]), "int32", fixed),
            "pte": _model(
                "model.pte",
                len(files["model.pte"]),
                "int64",
                [{"name": "forward", "min_length": 2, "max_length": 384}],
            ),
        },
        "tokenizer": {
            "file": "vocab.txt",
            "sha256": records["vocab.txt"]["sha256"],
            "vocab_size": 7,
            "lowercase": True,
            "strip_accents": True,
            "kind": "wordpiece",
        },
        "qa": dataclasses.asdict(QaLimits()),
        "golden": "golden.json",
        "files": records,
        "licences": {"weights": "apache-2.0", "data": None},
        "provenance": {
            "checkpoint_sha256": "0" * 64,
            "git_commit": None,
            "versions": {"torch": "2.13.0"},
        },
    }
