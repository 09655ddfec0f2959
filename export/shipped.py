"""The student that ships: the one place that says which it is and in what form it is exported.

`python -m export.shipped FOLDER [RUNTIME...]`, in the repository's root, makes its bundle there.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from export.bundle import MANIFEST, Bundle, load_bundle
from export.config import RUNTIMES, ExportConfig


@dataclass(frozen=True)
class Shipped:
    """A checkpoint of this repository and how the apps, the tests and the study export it."""

    checkpoint: Path  # from the repository's root
    recipe: str
    buckets: tuple[int, ...]

    @property
    def bundle_name(self) -> str:
        """What the study calls its bundle."""
        return f"{self.checkpoint.name}-{self.recipe}"


SHIPPED = Shipped(Path("models/minilm-l6-squad"), "int8-embed4", (64, 128, 256, 384))
_ROOT = Path(__file__).resolve().parents[1]


def todays_bundle(folder: Path, runtimes: tuple[str, ...] = RUNTIMES) -> Bundle:
    """The shipped student's bundle at `folder`, exported where it is missing, broken or outdated.

    Outdated is a bundle that is older than the exporter or the checkpoint, or lacks a runtime.
    """
    checkpoint = _ROOT / SHIPPED.checkpoint
    try:
        made = (folder / MANIFEST).stat().st_mtime
        sources = [*(_ROOT / "export").glob("*.py"), *checkpoint.iterdir()]
        bundle = load_bundle(folder)
        is_new = all(source.stat().st_mtime <= made for source in sources)
        if is_new and set(runtimes) <= set(bundle.manifest.models):
            return bundle
    except (ValueError, FileNotFoundError):
        pass
    from export.build import build_bundle

    recipe, buckets = SHIPPED.recipe, SHIPPED.buckets
    config = ExportConfig(
        checkpoint,
        folder,
        runtimes,
        recipe=recipe,
        buckets=buckets,
        force=(folder / MANIFEST).is_file(),
    )
    return build_bundle(config)


if __name__ == "__main__":
    todays_bundle(Path(sys.argv[1]), tuple(sys.argv[2:]) or RUNTIMES)
