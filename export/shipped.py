"""The student that ships: the one place that says which it is and in what form it is exported.

`python -m export.shipped FOLDER...`, in the repository's root, makes its bundle there; for several
folders it is exported once.
"""

import fcntl
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from export.bundle import MANIFEST, Bundle, load_bundle
from export.config import RUNTIMES, ExportConfig
from export.staging import publish, staging


@dataclass(frozen=True)
class Shipped:
    """A checkpoint of this repository and how the apps, the tests and the study export it."""

    checkpoint: Path  # from the repository's root
    recipe: str
    buckets: tuple[int, ...]

    @property
    def folder(self) -> Path:
        """Where the checkpoint is, wherever the process runs."""
        return _ROOT / self.checkpoint

    @property
    def bundle_name(self) -> str:
        """What the study calls its bundle."""
        return f"{self.checkpoint.name}-{self.recipe}"


_ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Shipped(Path("models/minilm-l6-squad"), "int8-embed4", (64, 128, 256, 384))


def todays_bundle(folder: Path, runtimes: tuple[str, ...] = RUNTIMES) -> Bundle:
    """The shipped student's bundle at `folder`, exported where it is missing, broken or outdated.

    Outdated is a bundle that is older than the exporter, the checkpoint or the pinned packages, or
    lacks a runtime. Of several processes that ask for one folder, one makes it; the others wait.
    """
    with _alone(folder):
        return _found(folder, runtimes) or _made(folder, runtimes)


def todays_bundles(first: Path, *others: Path) -> None:
    """The shipped student's bundle in each folder: exported once, for all runtimes."""
    source = todays_bundle(first).folder
    for folder in others:
        with _alone(folder):
            if _found(folder, RUNTIMES) is None:
                with staging(folder) as partial:
                    # With its times, by which its age is told.
                    shutil.copytree(source, partial, dirs_exist_ok=True)
                    publish(partial, folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of several processes that may write a folder, one goes on; the others wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _found(folder: Path, runtimes: tuple[str, ...]) -> Bundle | None:
    sources = [*(_ROOT / "export").glob("*.py"), *SHIPPED.folder.iterdir()]
    sources.append(_ROOT / "pyproject.toml")
    try:
        made = (folder / MANIFEST).stat().st_mtime
        bundle = load_bundle(folder)
    except (ValueError, FileNotFoundError):
        return None
    is_new = all(source.stat().st_mtime <= made for source in sources)
    return bundle if is_new and set(runtimes) <= set(bundle.manifest.models) else None


def _made(folder: Path, runtimes: tuple[str, ...]) -> Bundle:
    from export.build import build_bundle

    config = ExportConfig(
        SHIPPED.folder,
        folder,
        runtimes,
        recipe=SHIPPED.recipe,
        buckets=SHIPPED.buckets,
        force=(folder / MANIFEST).is_file(),
    )
    return build_bundle(config)


if __name__ == "__main__":
    todays_bundles(*map(Path, sys.argv[1:]))
