"""What can be measured in turns with others: a runtime of a bundle at a length and thread count."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from bench.process import Worker
from bench.result import Subject
from bench.subject import bundle_tokenizer, describe_bundle, padded_length, real_tokens
from export.bundle import Bundle, load_bundle

Answer = dict[str, Any]


class Candidate(Protocol):
    """One thing to measure in turns with others; `name` is that of its result file."""

    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def runtime(self) -> str: ...
    @property
    def threads(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def padded_tokens(self) -> int:
        """The length that `tokens` real tokens run at; ValueError for one that does not fit."""
        ...

    def load(self, worker: Worker) -> Answer:
        """Load it in its process; returns `load_ms`, and `at`, when that began (UNIX time)."""
        ...

    def inputs(self) -> tuple[list[int], list[int]]:
        """Ids and token types of the measured input, `tokens` of each."""
        ...

    def prove(self, worker: Worker, timed: bool) -> None:
        """Raise ValueError where it computes wrongly; called before and after it is timed."""
        ...

    def subject(self) -> Subject:
        """What is measured."""
        ...


@dataclass(frozen=True)
class Setting:
    """A runtime of a bundle, a thread count, a length in real tokens."""

    bundle: Path
    runtime: str
    threads: int
    tokens: int
    parameters: int | None = None

    @property
    def name(self) -> str:
        """The name of its result file, without the ending."""
        return f"{self.bundle.name}-{self.runtime}-{self.threads}t-{self.tokens}"

    @property
    def about(self) -> str:
        """What an error calls it."""
        return f"{self.bundle} ({self.runtime})"

    @property
    def padded_tokens(self) -> int:
        """See `padded_length`."""
        return padded_length(self._loaded, self.runtime, self.tokens)

    @cached_property
    def _loaded(self) -> Bundle:
        return load_bundle(self.bundle)

    def load(self, worker: Worker) -> Answer:
        """Load the file; its hashes were checked here."""
        folder = str(self.bundle)
        answer: Answer = worker.ask(
            "load", folder=folder, runtime=self.runtime, threads=self.threads
        )
        return answer

    def inputs(self) -> tuple[list[int], list[int]]:
        """Real text in the bundle's tokens."""
        return real_tokens(bundle_tokenizer(self._loaded), self.tokens)

    def prove(self, worker: Worker, timed: bool) -> None:
        """Check the golden cases before anything is timed."""
        if not timed:
            worker.ask("golden")

    def subject(self) -> Subject:
        """The file of this runtime."""
        return describe_bundle(self._loaded, self.runtime, self.parameters)
