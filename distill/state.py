"""What an unfinished run keeps: whose it is, and its last two states, whole or not there."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from distill.config import FinetuneConfig
from distill.folder import hash_file, hash_folder, jsonable, write_text
from tasks.squad import is_hub

KEPT = 2


def save_state(folder: Path, update: int, state: dict[str, Any]) -> None:
    """Writes `state/<update>.pt`; a crash or a full disk leaves the older states as they were."""
    states = folder / "state"
    states.mkdir(exist_ok=True)
    partial = states / "partial"
    try:
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        free = shutil.disk_usage(folder).free / 1e6
        raise OSError(
            f"could not save the state of update {update} in {states}: {error}; {free:.0f} MB are "
            "free. Make room and repeat the command: it continues from the last saved state"
        ) from error
    partial.replace(states / f"{update}.pt")
    for old in _saved(folder)[:-KEPT]:
        old.unlink()


def load_state(folder: Path) -> dict[str, Any] | None:
    """The newest saved state, or None."""
    saved = _saved(folder)
    if not saved:
        return None
    state: dict[str, Any] = torch.load(saved[-1], map_location="cpu", weights_only=True)
    return state


def _saved(folder: Path) -> list[Path]:
    return sorted((folder / "state").glob("*.pt"), key=lambda path: int(path.stem))


def claim_folder(folder: Path, config: FinetuneConfig, inputs: dict[str, Any]) -> None:
    """Makes the working folder, or checks that the unfinished run in it is this very one."""
    if config.force:
        shutil.rmtree(folder, ignore_errors=True)
    claim = {"config": jsonable(config), "inputs": inputs}
    path = folder / "run.json"
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        different = [
            f"{key} was {found[part].get(key)!r} and is {claim[part].get(key)!r}"
            for part in claim
            for key in sorted({*found[part], *claim[part]})
            if found[part].get(key) != claim[part].get(key)
        ]
        if different:
            raise ValueError(
                f"{folder} holds an unfinished run that differs: {'; '.join(different)}. "
                "Repeat its settings to continue it, choose another --out, or discard it with "
                "--force"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(claim, indent=1))


def input_hashes(config: FinetuneConfig) -> dict[str, Any]:
    hashes: dict[str, Any] = {"student": hash_folder(config.student)}
    if config.teacher is not None:
        hashes["teacher"] = hash_folder(config.teacher)
    for name, sources in (("data", config.data), ("eval_data", config.eval_data)):
        paths = [source for source in sources if not is_hub(source)]
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            raise FileNotFoundError(f"no such data file: {', '.join(missing)}")
        hashes[name] = {path.name: hash_file(path) for path in paths}
    return hashes
