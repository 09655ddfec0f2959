"""What a bundle was made from besides its checkpoint: data, teachers, calibration texts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.bundle import record_file

ROLES = {
    "data": "training data",
    "text": "training data",
    "corpus": "training data",
    "eval_data": "evaluation data",
    "teacher": "teacher",
    "student": "first weights",
}


@dataclass(frozen=True)
class Material:
    """A file that the weights or the bundle were made from."""

    name: str
    sha256: str
    role: str
    """One of ROLES, or of what an export reads: calibration, gate data, vocabulary."""


def sorted_materials(materials: Iterable[Material]) -> list[Material]:
    """Each material once, in one order."""
    return sorted(set(materials), key=lambda one: (one.role, one.name, one.sha256))


def training_materials(checkpoint: Path) -> list[Material]:
    """Read from distill.json what the weights were made from; empty where there is none."""
    path = checkpoint / "distill.json"
    if not path.is_file():
        return []
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from None
    return sorted_materials(_recorded(record))


def _recorded(record: Any) -> Iterable[Material]:
    inputs = record.get("inputs") if isinstance(record, dict) else None
    if not isinstance(inputs, dict):
        return
    for key, files in inputs.items():
        role = ROLES.get(key.partition("-")[0])  # of several teachers: teacher-1, teacher-2, ...
        if role is not None and isinstance(files, dict):
            for name, digest in files.items():
                if isinstance(digest, str) and len(digest) == 64:
                    yield Material(Path(name).name, digest, role)
    for parent in (inputs.get("records") or {}).values():
        yield from _recorded(parent)


def file_materials(paths: Iterable[Path], role: str) -> list[Material]:
    """Measure files that the export itself read; a name on the Hub has no bytes here."""
    return [Material(path.name, record_file(path).sha256, role) for path in paths if path.is_file()]
