"""Where a run's numbers go: one JSON line an update, and TensorBoard, through Accelerate."""

import json
import shutil
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.tracking import GeneralTracker, TensorBoardTracker

from distill.folder import write_text

METRICS = "metrics.jsonl"
TRACKERS = ("tensorboard",)
_BOARD = "tensorboard"


class JsonlTracker(GeneralTracker):  # type: ignore[misc]
    """Appends `{"update": n, name: number, ...}` to `metrics.jsonl`, whole lines only."""

    name = "jsonl"
    requires_logging_directory = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @property
    def tracker(self) -> Path:
        return self._path

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        """The settings are in run.json and in distill.json already."""

    def log(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"update": step, **values}) + "\n")


def start_trackers(
    accelerator: Accelerator, folder: Path, names: tuple[str, ...], update: int
) -> None:
    """Opens the run's trackers at `update`; what an interrupted run logged after it is dropped."""
    if not accelerator.is_main_process:
        accelerator.trackers = []
        return
    _forget_after(folder / METRICS, update)
    trackers: list[GeneralTracker] = [JsonlTracker(folder / METRICS)]
    if "tensorboard" in names:
        (folder / _BOARD).mkdir(exist_ok=True)
        # TensorBoard hides what an interrupted run logged at and after this step.
        trackers.append(TensorBoardTracker(_BOARD, folder, purge_step=update + 1))
    for tracker in trackers:
        tracker.start()
    accelerator.trackers = trackers


def copy_logs(folder: Path, final: Path) -> None:
    """Brings the logs of a run into its finished output."""
    shutil.copyfile(folder / METRICS, final / METRICS)
    if (folder / _BOARD).is_dir():
        shutil.copytree(folder / _BOARD, final / _BOARD)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The logged lines; a last line that was cut by a crash is left out."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _forget_after(path: Path, update: int) -> None:
    kept = [line for line in read_metrics(path) if line["update"] <= update]
    write_text(path, "".join(json.dumps(line) + "\n" for line in kept))
