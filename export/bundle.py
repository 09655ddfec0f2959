"""A bundle folder on disk: loaded only when every byte is the one that was measured."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from export import strict_json
from export.manifest import (
    FORMAT_VERSION,
    TOKENIZER_KINDS,
    FileRecord,
    Manifest,
    ModelFile,
)

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
"""Not in the manifest, for it is made over the manifest; only signed bundles have one."""
MAX_LENGTH = 4096
MAX_VOCABULARY = 1_000_000
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bundle:
    """A checked bundle folder."""

    folder: Path
    manifest: Manifest

    def model(self, runtime: str) -> ModelFile:
        """Return the model of `runtime`; ValueError names the runtimes the bundle has."""
        if runtime not in self.manifest.models:
            there = ", ".join(self.manifest.models)
            raise ValueError(f"{self.folder} has no {runtime!r} model; it has: {there}")
        return self.manifest.models[runtime]

    def model_path(self, runtime: str) -> Path:
        """Return the path of the model file of `runtime`."""
        return self.folder / self.model(runtime).file


@dataclass(frozen=True)
class GoldenCase:
    """One stored input, and the outputs each runtime gave when the bundle was built.

    `length` is the padded length to run at; ids and outputs hold the real tokens only. `expected`
    maps runtime ("reference" is the float32 network) -> output name -> values.
    """

    name: str
    length: int
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    expected: dict[str, dict[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Golden:
    """Content of golden.json. An output may differ from the stored one by `tolerance` at most."""

    tolerance: float
    cases: tuple[GoldenCase, ...]


class GoldenRunner(Protocol):
    """What the golden check needs of a runner."""

    @property
    def runtime(self) -> str:
        """Name of the runtime."""
        ...

    def run(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> dict[str, FloatArray]:
        """Run one input at a padded length."""
        ...


def record_file(path: Path) -> FileRecord:
    """Measure the size and the SHA-256 of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileRecord(bytes=path.stat().st_size, sha256=digest)


def load_bundle(folder: Path, verify: bool = True) -> Bundle:
    """Read the manifest of `folder` and check every file it lists.

    Raises FileNotFoundError for a missing folder or file, and ValueError for a manifest of another
    format, a path that leaves the folder, or content other than recorded. `verify=False` skips
    the SHA-256 (sizes are still compared): for a process that starts right after a full check.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not a bundle: it has no {MANIFEST}; "
            "write one with distilbert-mobile export"
        )
    manifest = _read_manifest(path)
    for name, record in manifest.files.items():
        _check_file(folder, name, record, verify)
    _check_references(manifest)
    _check_sizes(manifest)
    return Bundle(folder=folder, manifest=manifest)


def _read_manifest(path: Path) -> Manifest:
    try:
        text = path.read_text(encoding="utf-8")
        version = json.loads(text).get("format_version")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path} is damaged ({error}); export the bundle again") from None
    if version != FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {version!r}, this tool reads {FORMAT_VERSION}; "
            "use the tool that wrote it, or export again"
        )
    return strict_json.parse(Manifest, text, str(path))


def _check_file(folder: Path, name: str, record: FileRecord, verify: bool) -> None:
    path = folder / name
    if Path(name).name != name or path.resolve().parent != folder.resolve():
        raise ValueError(f"{folder / MANIFEST} names {name!r}, which is outside the bundle folder")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing from the bundle; copy or export it again")
    found = path.stat().st_size
    if found != record.bytes:
        raise ValueError(
            f"{path} has {found} bytes, the manifest says {record.bytes}; copy or export it again"
        )
    if verify and (digest := record_file(path).sha256) != record.sha256:
        raise ValueError(
            f"{path} is not the file that was measured: its SHA-256 is {digest[:12]}..., "
            f"the manifest says {record.sha256[:12]}...; copy or export it again"
        )


def _check_references(manifest: Manifest) -> None:
    models = [model.file for model in manifest.models.values()]
    for name in [*models, manifest.tokenizer.file, manifest.golden]:
        if name not in manifest.files:
            raise ValueError(f"{MANIFEST} uses {name!r} but records no size and SHA-256 for it")
    if not models:
        raise ValueError(f"{MANIFEST} lists no model; export the bundle again")
    if manifest.tokenizer.sha256 != manifest.files[manifest.tokenizer.file].sha256:
        raise ValueError(f"{manifest.tokenizer.file} is not the vocabulary of this model")
    if manifest.tokenizer.kind not in TOKENIZER_KINDS:
        raise ValueError(
            f"{MANIFEST}: unknown tokenizer kind {manifest.tokenizer.kind!r}; this tool knows "
            f"{' and '.join(TOKENIZER_KINDS)}: use the tool that wrote the bundle"
        )


def _check_sizes(manifest: Manifest) -> None:
    """Sizes that no model has are refused before an app asks for memory by them."""
    if not 1 <= manifest.tokenizer.vocab_size <= MAX_VOCABULARY:
        raise ValueError(
            f"{MANIFEST}: vocab_size must be from 1 to {MAX_VOCABULARY}, "
            f"found {manifest.tokenizer.vocab_size}; export the bundle again"
        )
    for runtime, model in manifest.models.items():
        entries = model.interface.entries
        for entry in entries:
            if not 1 <= entry.min_length <= entry.max_length <= MAX_LENGTH:
                raise ValueError(
                    f"{MANIFEST}: entry {entry.name!r} of {runtime} takes {entry.min_length} to "
                    f"{entry.max_length} tokens; expected 1 to {MAX_LENGTH}, export it again"
                )
        lengths = [entry.max_length for entry in entries]
        if not lengths or lengths != sorted(set(lengths)):
            raise ValueError(
                f"{MANIFEST}: the entries of {runtime} must be at least one, the shortest first, "
                f"found lengths {lengths}; export the bundle again"
            )
        if manifest.qa and manifest.qa.max_length > lengths[-1]:
            raise ValueError(
                f"{MANIFEST}: max_length is {manifest.qa.max_length}, but {runtime} takes at most "
                f"{lengths[-1]} tokens; export the bundle again"
            )


def load_golden(bundle: Bundle) -> Golden:
    """Read the stored inputs and outputs of a bundle."""
    path = bundle.folder / bundle.manifest.golden
    return strict_json.parse(Golden, path.read_text(encoding="utf-8"), str(path))


def check_golden(bundle: Bundle, runner: GoldenRunner) -> float:
    """Run every golden input; return the worst difference from the stored outputs.

    Raises ValueError where it exceeds the stored tolerance: this runtime on this machine does not
    compute what was measured, even though the bytes are right.
    """
    golden, worst = load_golden(bundle), 0.0
    for case in golden.cases:
        outputs = runner.run(list(case.input_ids), list(case.token_type_ids), case.length)
        for name, values in case.expected[runner.runtime].items():
            found, stored = outputs[name].reshape(-1), np.asarray(values, dtype=np.float32)
            if found.shape != stored.shape:
                raise ValueError(
                    f"golden case {case.name!r}: {runner.runtime} gave {found.size} values of "
                    f"{name}, {stored.size} are stored"
                )
            difference = float(np.abs(found - stored).max())
            if not difference <= golden.tolerance:  # also true for NaN
                raise ValueError(
                    f"golden case {case.name!r}: {name} of {runner.runtime} is off by "
                    f"{difference:.4g}, allowed is {golden.tolerance:.4g}; "
                    "this runtime does not compute this model correctly on this machine"
                )
            worst = max(worst, difference)
    return worst
