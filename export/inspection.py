"""A second look at a bundle: are the bytes those that were measured, and do they still compute?"""

from dataclasses import dataclass
from pathlib import Path

from export.bundle import check_golden, load_bundle
from export.manifest import Manifest
from export.runner import open_runner


@dataclass(frozen=True)
class Inspection:
    """A bundle that passed: its manifest, and per runtime the worst golden difference."""

    manifest: Manifest
    golden_difference: dict[str, float]


def inspect_bundle(folder: Path) -> Inspection:
    """Check every hash and run the golden inputs on each runtime; ValueError where one fails."""
    bundle = load_bundle(folder)
    differences = {
        runtime: check_golden(bundle, open_runner(bundle, runtime))
        for runtime in bundle.manifest.models
    }
    return Inspection(manifest=bundle.manifest, golden_difference=differences)
