"""What others make of a checkpoint, as things to measure beside our files."""

import json
import shutil
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import numpy as np

from bench.process import Worker
from bench.result import Subject
from bench.setting import Answer
from bench.shapes import count_parameters, weights_label
from bench.subject import PACKAGES, real_tokens
from export.bundle import record_file
from export.manifest import Parity
from tasks.tokenizer_files import read_tokenizer

MIN_COSINE = {"fp32": 0.9999, "int8": 0.97}
"""Against torch, under padding. The older ONNX exporter's files were seen at 0.82."""


@dataclass(frozen=True)
class Peer:
    """A way of others to run a checkpoint; `ending` is that of its file, None without one."""

    runtime: str
    recipe: str
    ending: str | None
    fixed: bool = False
    """Whether a file takes one length only."""

    @property
    def name(self) -> str:
        """What the command line calls it."""
        return f"{self.runtime}-{self.recipe}"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("onnxruntime", "fp32", ".onnx"),
        Peer("onnxruntime", "int8", ".onnx"),
        Peer("torch-eager", "fp32", None),
        Peer("torch-compile", "fp32", None),
        Peer("litert-stock", "fp32", ".tflite", fixed=True),
        Peer("litert-stock", "int8", ".tflite", fixed=True),
        Peer("executorch-stock", "fp32", ".pte", fixed=True),
        Peer("executorch-stock", "int8", ".pte", fixed=True),
    )
}


@dataclass(frozen=True)
class Refused:
    """What did not run, and what it said."""

    model: str
    peer: str
    tokens: int
    said: str


@dataclass(frozen=True)
class Reference:
    """What torch answers on `real` tokens of text without padding."""

    input_ids: list[int]
    token_type_ids: list[int]
    start: list[float]
    end: list[float]


@dataclass
class PeerSetting:
    """A peer on a checkpoint, at a thread count and a length; proves itself before it is timed."""

    checkpoint: Path
    peer: Peer
    file: Path
    threads: int
    tokens: int
    reference: Reference
    parity: Parity | None = field(default=None)

    @property
    def name(self) -> str:
        """The name of its result file, without the ending."""
        return f"{self.checkpoint.name}-{self.peer.name}-{self.threads}t-{self.tokens}"

    @property
    def about(self) -> str:
        """What an error calls it."""
        return f"{self.peer.name} of {self.checkpoint}"

    @property
    def runtime(self) -> str:
        """Who runs it."""
        return self.peer.runtime

    @property
    def padded_tokens(self) -> int:
        """Peers are measured at their length: nothing is padded."""
        return self.tokens

    def with_threads(self, threads: int) -> "PeerSetting":
        """The same with another thread count, not proved yet."""
        return replace(self, threads=threads, parity=None)

    def load(self, worker: Worker) -> Answer:
        """Load its file, or the checkpoint."""
        answer: Answer = worker.ask(
            "load_peer",
            runtime=self.runtime,
            checkpoint=str(self.checkpoint.resolve()),
            path=str(self.file.resolve()),
            tokens=self.tokens,
            threads=self.threads,
        )
        return answer

    def inputs(self) -> tuple[list[int], list[int]]:
        """Real text in the checkpoint's tokens."""
        return real_tokens(read_tokenizer(self.checkpoint), self.tokens)

    def prove(self, worker: Worker, timed: bool) -> None:
        """Compare with torch on an input that is padded to the measured length."""
        if timed:
            return
        wanted = self.reference
        found = worker.ask(
            "padded_logits",
            input_ids=wanted.input_ids,
            token_type_ids=wanted.token_type_ids,
            length=self.tokens,
        )
        self.parity = compare(found, wanted)
        if not self.parity.min_cosine >= MIN_COSINE[self.peer.recipe]:
            raise ValueError(
                f"{self.about} is wrong on padded input: cosine {self.parity.min_cosine:.4f} with "
                f"torch, {MIN_COSINE[self.peer.recipe]} asked for; it is not timed"
            )

    def subject(self) -> Subject:
        """What is measured."""
        record = record_file(self.file)
        return Subject(
            model=self.checkpoint.name,
            recipe=self.peer.recipe,
            weights=weights_label(self.checkpoint),
            parameters=count_parameters(self.checkpoint),
            bundle=None,
            manifest_sha256=None,
            file=self.file.name,
            file_bytes=record.bytes,
            file_sha256=record.sha256,
            parity=self.parity,
            size={},
        )


def compare(found: dict[str, list[float]], wanted: Reference) -> Parity:
    """How far the logits of a padded input are from torch's without padding."""
    pairs = [
        (np.array(found["start"]), np.array(wanted.start)),
        (np.array(found["end"]), np.array(wanted.end)),
    ]
    cosines = [float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))) for a, b in pairs]
    return Parity(
        windows=1,
        min_cosine=float(np.min(cosines)),
        max_error=max(float(np.abs(a - b).max()) for a, b in pairs),
        agreement=float(all(a.argmax() == b.argmax() for a, b in pairs)),
    )


def make_file(worker: Worker, setting: PeerSetting) -> None:
    """Write the peer's file, unless it is there, whole, from these weights and packages."""
    peer, file = setting.peer, setting.file
    if peer.ending is None:
        return
    packages = {"torch", "transformers", PACKAGES[peer.runtime]}
    stamp = {
        "checkpoint": record_file(setting.checkpoint / "model.safetensors").sha256,
        "versions": {name: metadata.version(name) for name in sorted(packages)},
    }
    note = file.with_suffix(file.suffix + ".json")
    if file.is_file() and note.is_file() and json.loads(note.read_text()) == stamp:
        return
    shutil.rmtree(partial := file.parent / f".{file.name}.partial", ignore_errors=True)
    partial.mkdir(parents=True)
    note.unlink(missing_ok=True)
    worker.ask(
        "write_peer",
        runtime=peer.runtime,
        checkpoint=str(setting.checkpoint),
        tokens=setting.tokens,
        path=str((partial / file.name).resolve()),
        int8=peer.recipe == "int8",
    )
    (partial / file.name).replace(file)
    shutil.rmtree(partial)
    note.write_text(json.dumps(stamp))
