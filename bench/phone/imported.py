"""The result that the app on an iPhone wrote: checked against the bundle, then one of ours."""

from pathlib import Path

from bench.config import BenchConfig
from bench.result import Result, read_result, write_result
from export.bundle import MANIFEST, load_bundle, record_file


def import_result(config: BenchConfig) -> Result:
    """Read `--device ios:FILE` and write it into the folder of results.

    Raises ValueError where the app measured other bytes than the bundle's.
    """
    path = Path(config.device.partition(":")[2])
    result = read_result(path)
    manifest = load_bundle(config.bundle).folder / MANIFEST
    if result.device.kind != "ios" or result.speed is None:
        raise ValueError(
            f"{path} is a result of kind {result.device.kind!r}; expected a speed that the app "
            "measured on iOS"
        )
    if result.subject.manifest_sha256 != record_file(manifest).sha256:
        raise ValueError(
            f"{path} was measured on another bundle than {config.bundle}: its manifest has SHA-256 "
            f"{str(result.subject.manifest_sha256)[:12]}...; install this bundle and measure again"
        )
    write_result(result, config.out / f"{path.stem}-ios.json")
    return result
