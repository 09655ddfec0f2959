"""Saved states of a training run: whole or not there, the last two kept."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch

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
