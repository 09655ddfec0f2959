"""A checkpoint in torch on this host, to compare the files for phones with."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.process import Worker
from bench.result import Subject
from bench.setting import Answer
from bench.shapes import count_parameters, weights_label
from bench.subject import real_tokens
from export.bundle import record_file
from tasks.tokenizer_files import read_tokenizer

TORCH_RECIPES = ("fp32", "int8")
"""Float16 has no fast kernels on most desktop CPUs; int8 is torch's dynamic quantizer."""


@dataclass(frozen=True)
class TorchSetting:
    """A checkpoint folder in one precision; its file is the checkpoint, whatever the precision."""

    checkpoint: Path
    recipe: str
    threads: int
    tokens: int
    runtime: ClassVar[str] = "torch"

    @property
    def name(self) -> str:
        """The name of its result file, without the ending."""
        return f"{self.checkpoint.name}-{self.recipe}-torch-{self.threads}t-{self.tokens}"

    @property
    def about(self) -> str:
        """What an error calls it."""
        return f"{self.checkpoint} (torch, {self.recipe})"

    @property
    def padded_tokens(self) -> int:
        """Any length runs as it is."""
        return self.tokens

    def load(self, worker: Worker) -> Answer:
        """Load the checkpoint."""
        answer: Answer = worker.ask(
            "load_torch", folder=str(self.checkpoint), recipe=self.recipe, threads=self.threads
        )
        return answer

    def inputs(self) -> tuple[list[int], list[int]]:
        """Real text in the checkpoint's tokens."""
        return real_tokens(read_tokenizer(self.checkpoint), self.tokens)

    def prove(self, worker: Worker, timed: bool) -> None:
        """Nothing to prove: torch is what the files are compared with."""

    def subject(self) -> Subject:
        """The checkpoint's file."""
        return describe_checkpoint(self.checkpoint.resolve().name, self.checkpoint, self.recipe)


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
