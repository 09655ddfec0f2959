"""What an unfinished run keeps: whose it is, and its last two states, whole or not there."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from distill.folder import hash_file, jsonable, write_text
from tasks.squad import is_hub

CLAIM = "run.json"
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


def load_state(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The newest saved state that can be read, or None; `warn` is told of one that cannot.

    Raises ValueError where there are saved states and none can be read: the run would start anew.
    """
    saved = _saved(folder)
    for path in reversed(saved):
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            return state
        except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            warn(f"{path} cannot be read ({reason}); the state saved before it is used")
    if saved:
        raise ValueError(
            f"no saved state in {folder / 'state'} can be read; discard the run with --force"
        )
    return None


def _saved(folder: Path) -> list[Path]:
    return sorted((folder / "state").glob("*.pt"), key=lambda path: int(path.stem))


def fixed_settings(config: Any) -> dict[str, Any]:
    """The settings of a config dataclass that an interrupted run must repeat, as JSON values."""
    free = {item.name for item in fields(config) if item.metadata.get("may_change")}
    return {key: value for key, value in jsonable(config).items() if key not in free}


def claim_folder(folder: Path, claim: dict[str, dict[str, Any]], force: bool) -> None:
    """Makes the working folder, or checks that the unfinished run in it is this very one.

    claim: the settings that fix the result and the hashes of what is read, by part and name.
    Raises ValueError with every difference where the folder holds another run.
    """
    if force:
        shutil.rmtree(folder, ignore_errors=True)
    if not holds_run(folder, claim):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / CLAIM, json.dumps(claim, indent=1))


def holds_run(folder: Path, claim: dict[str, dict[str, Any]]) -> bool:
    """Whether the folder holds this very run, unfinished; writes nothing.

    Raises ValueError with every difference where it holds another one.
    """
    path = folder / CLAIM
    if not path.is_file():
        return False
    found = json.loads(path.read_text(encoding="utf-8"))
    different = [
        f"{key} was {found[part].get(key)!r} and is {claim[part].get(key)!r}"
        for part in claim
        for key in sorted({*found[part], *claim[part]})
        if found[part].get(key) != claim[part].get(key)
    ]
    if different:
        raise ValueError(
            f"{folder} holds an unfinished run that differs: {'; '.join(different)}. Repeat its "
            "settings to continue it, choose another --out, or discard it with --force"
        )
    return True


def hash_sources(sources: tuple[Path, ...]) -> dict[str, str]:
    """sha256 of each data file or folder of texts by name; Hub data sets have none.

    Raises FileNotFoundError with all missing ones.
    """
    paths = [source for source in sources if not is_hub(source)]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise FileNotFoundError(f"no such data file: {', '.join(missing)}")
    found: dict[str, str] = {}
    for path in paths:
        name = path.name
        while name in found:  # of several files of one name none may hide another
            name += "+"
        found[name] = _hash_tree(path) if path.is_dir() else hash_file(path)
    return found


def _hash_tree(folder: Path) -> str:
    """One hash over the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()
