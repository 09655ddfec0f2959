"""Output folders that appear complete or not at all, and the record of how they were made."""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tasks.squad import is_hub

RECORD = "distill.json"


@contextmanager
def finished_folder(out: Path, force: bool, suffix: str = ".partial") -> Iterator[Path]:
    """A folder to fill beside `out`; it takes `out`'s name when the block ends without an error."""
    refuse_existing(out, force)
    partial = out.with_name(out.name + suffix)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        publish(partial, out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def refuse_existing(out: Path, force: bool) -> None:
    """Raises FileExistsError if `out` exists and may not be replaced."""
    if out.exists() and not force:
        raise FileExistsError(f"{out} exists; choose another --out, or replace it with --force")


def publish(partial: Path, out: Path) -> None:
    """Gives a complete folder its final name; an older one goes only when the new one stands."""
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Writes a file so that, killed at any moment, the old or the new content is there."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_record(
    folder: Path, command: str, config: Any, inputs: Mapping[str, Any], metrics: Mapping[str, Any]
) -> None:
    """Writes `distill.json`: the command, its config, hashes of its inputs, metrics, versions."""
    record = {
        "command": command,
        "config": jsonable(config),
        "inputs": dict(inputs),
        "metrics": dict(metrics),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers", "tokenizers")},
        },
    }
    put_record(folder, record)


def put_record(folder: Path, record: dict[str, Any]) -> None:
    """Writes `distill.json`; of an ancestor that has several places in it, only the first is kept.

    The hashes in `inputs` name the ancestor in the other places.
    """
    _tell_once(record, set())
    write_text(folder / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")


def _tell_once(record: dict[str, Any], told: set[str]) -> None:
    """Drops the records of those checkpoints, by the hashes of their files, that are in `told`."""
    inputs, pack = record["inputs"], record.get("pack", {})
    of_pack = pack.get("inputs", {}), pack.get("records", {})  # older ones have no records
    for hashes, records in ((inputs, inputs.get("records", {})), of_pack):
        for name in sorted(records):
            if name in hashes:  # not in an older pruning
                checkpoint = json.dumps(hashes[name], sort_keys=True)
                if checkpoint in told:
                    del records[name]
                    continue
                told.add(checkpoint)
            _tell_once(records[name], told)


def read_records(folders: Mapping[str, Path]) -> dict[str, Any]:
    """How the checkpoints in these folders were made, by name, where they say so."""
    return {
        name: json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for name, folder in folders.items()
        if (folder / RECORD).is_file()
    }


def jsonable(config: Any) -> dict[str, Any]:
    """A config dataclass as JSON values; files and folders by name, not by this machine's paths."""
    values = {key: value for key, value in asdict(config).items() if key != "force"}
    for key, value in values.items():
        if isinstance(value, Path):
            values[key] = _named(value)
        elif isinstance(value, tuple):
            values[key] = [_named(item) for item in value]
    return values


def _named(value: Any) -> Any:
    if not isinstance(value, Path):
        return value
    return str(value) if is_hub(value) else value.name


def require_checkpoint(folder: Path) -> None:
    """Raises FileNotFoundError if `folder` holds no Hugging Face checkpoint."""
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"no checkpoint in {folder}: config.json is missing")


def hash_folder(folder: Path) -> dict[str, str]:
    """sha256 of the weights and config of a checkpoint folder, by file name."""
    require_checkpoint(folder)
    files = [folder / "config.json", *sorted(folder.glob("*.safetensors"))]
    return {path.name: hash_file(path) for path in files}


def hash_file(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
