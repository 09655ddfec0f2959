"""What an interrupted study need not do again: bundles, scores and speeds with equal inputs."""

from collections.abc import Sequence
from pathlib import Path

from bench.config import Plan, StudyConfig
from bench.evaluate import accuracy_name, describe_data
from bench.machine import describe_device
from bench.result import Result, Subject, read_result
from bench.session import is_enough
from bench.setting import Candidate
from bench.subject import bundle_tokenizer, runtime_version
from export.bundle import MANIFEST, load_bundle, record_file
from tasks.tokenizer_files import read_tokenizer


def bundle_is_current(
    folder: Path, checkpoint: Path, recipe: str, runtimes: Sequence[str], tokens: Sequence[int]
) -> bool:
    """Whether the bundle is whole and made from this checkpoint, with all that is asked for."""
    try:
        bundle = load_bundle(folder)
    except (ValueError, FileNotFoundError):
        return False
    manifest = bundle.manifest
    longest = {m.interface.entries[-1].max_length for m in manifest.models.values()}
    lengths = {e.max_length for m in manifest.models.values() for e in m.interface.entries}
    return (
        manifest.recipe == recipe
        and set(manifest.models) == set(runtimes)
        and longest == {max(tokens)}
        and ("tflite" not in runtimes or lengths >= set(tokens))
        and manifest.provenance.checkpoint_sha256
        == record_file(checkpoint / "model.safetensors").sha256
        and bundle_tokenizer(bundle).tokens == read_tokenizer(checkpoint).tokens
    )


def known_scores(
    config: StudyConfig, folder: Path, data: tuple[Path, ...], limit: int | None
) -> list[Result] | None:
    """Scores measured before on these very bytes and questions, or None."""
    described = describe_data(data)
    if (folder / MANIFEST).is_file():
        digest = record_file(folder / MANIFEST).sha256
        runtimes: tuple[str, ...] = config.runtimes
    else:
        digest, runtimes = record_file(folder / "model.safetensors").sha256, ("torch",)
    found = []
    for runtime in runtimes:
        path = config.results / f"{accuracy_name(folder.resolve().name, runtime, described)}.json"
        result = _read_or_none(path)
        if (
            result is None
            or result.accuracy is None
            or digest not in (result.subject.manifest_sha256, result.subject.file_sha256)
            or (result.accuracy.data, result.accuracy.limit) != (described, limit)
            or result.accuracy.max_length > max(config.scale.tokens)
        ):
            return None
        found.append(result)
    return found


def known_session(
    settings: Sequence[Candidate], paths: list[Path], plan: Plan
) -> list[Result] | None:
    """Results of an earlier session on the same bytes, device and plan; None if one is missing."""
    device, found = describe_device(), []
    for setting, path in zip(settings, paths, strict=True):
        result = _read_or_none(path)
        if (
            result is None
            or result.speed is None
            or result.device != device
            or _digest(result.subject) != _digest(setting.subject())
            or result.runtime_version != runtime_version(setting.runtime)
            or result.workload is None
            or (result.workload.threads, result.workload.tokens)
            != (setting.threads, setting.tokens)
            or (plan.memory and result.memory is None)
        ):
            return None
        found.append(result)
    speeds = [result.speed for result in found if result.speed]
    together = len({speed.session for speed in speeds}) == 1
    return found if together and is_enough(speeds, plan) else None


def _digest(subject: Subject) -> str:
    return subject.manifest_sha256 or subject.file_sha256


def _read_or_none(path: Path) -> Result | None:
    """A result file of an earlier run; a damaged one is measured again."""
    try:
        return read_result(path)
    except (ValueError, FileNotFoundError):
        return None
