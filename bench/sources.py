"""What a setting runs: a model file of a bundle, or a checkpoint in a desktop runtime."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from bench.result import Subject
from bench.shapes import count_parameters, weights_label
from bench.subject import bundle_tokenizer, describe_bundle, padded_length, real_tokens
from export.bundle import Bundle, load_bundle, record_file
from tasks.tokenizer_files import read_tokenizer

PEERS: dict[str, tuple[str, ...]] = {"torch": ("fp32", "int8")}
"""Runtimes that take a checkpoint folder, for comparison, and the precisions they run it in."""


class Source(Protocol):
    """What a process needs to load a setting, and a result to name it."""

    operation: str
    is_golden: bool

    @property
    def options(self) -> dict[str, Any]:
        """What the operation needs besides folder, runtime and threads."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of what is loaded."""
        ...

    def padded_length(self, tokens: int) -> int:
        """The length that `tokens` real tokens run at."""
        ...

    def real_tokens(self, tokens: int) -> tuple[list[int], list[int]]:
        """Ids and token types of real text."""
        ...

    def describe(self, parameters: int | None) -> Subject:
        """What a result says of it."""
        ...


@dataclass
class BundleSource:
    """A model file of a bundle."""

    bundle: Bundle
    runtime: str
    operation: str = "load"
    is_golden: bool = True

    @property
    def options(self) -> dict[str, Any]:
        """Nothing but the folder, the runtime and the threads is needed."""
        return {}

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, which has those of the files."""
        return describe_bundle(self.bundle, self.runtime).manifest_sha256 or ""

    def padded_length(self, tokens: int) -> int:
        """Refuses an unknown runtime and a length that does not fit."""
        return padded_length(self.bundle, self.runtime, tokens)

    def real_tokens(self, tokens: int) -> tuple[list[int], list[int]]:
        """Through the bundle's own tokenizer."""
        return real_tokens(bundle_tokenizer(self.bundle), tokens)

    def describe(self, parameters: int | None) -> Subject:
        """The manifest's account."""
        return describe_bundle(self.bundle, self.runtime, parameters)


@dataclass
class CheckpointSource:
    """A checkpoint folder in one of the PEERS; its file is the checkpoint, whatever `recipe`."""

    folder: Path
    recipe: str
    operation: str = "load_peer"
    is_golden: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The precision it is run in."""
        return {"recipe": self.recipe}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights."""
        return record_file(self.folder / "model.safetensors").sha256

    def padded_length(self, tokens: int) -> int:
        """Peers take any length."""
        return tokens

    def real_tokens(self, tokens: int) -> tuple[list[int], list[int]]:
        """Through the checkpoint's tokenizer."""
        return real_tokens(read_tokenizer(self.folder), tokens)

    def describe(self, parameters: int | None) -> Subject:
        """The checkpoint's file; it has no bundle."""
        return describe_checkpoint(self.folder.resolve().name, self.folder, self.recipe)


def describe_checkpoint(name: str, folder: Path, recipe: str = "checkpoint") -> Subject:
    """What is known of a checkpoint folder that is run as it is."""
    file = folder / "model.safetensors"
    record = record_file(file)
    return Subject(
        model=name,
        recipe=recipe,
        weights=weights_label(folder),
        parameters=count_parameters(folder),
        bundle=None,
        manifest_sha256=None,
        file=file.name,
        file_bytes=record.bytes,
        file_sha256=record.sha256,
        parity=None,
        size={},
    )


def open_source(folder: Path, runtime: str, recipe: str | None) -> Source:
    """The bundle's file, or for one of the PEERS the checkpoint; hashes are checked."""
    if runtime not in PEERS:
        return BundleSource(load_bundle(folder), runtime)
    known = PEERS[runtime]
    if recipe is None or recipe not in known:
        raise ValueError(f"{runtime} runs {', '.join(known)}; {recipe!r} was asked for")
    return CheckpointSource(folder, recipe)
