"""What can be measured in turns with others: a runtime of a bundle at a length and thread count."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from bench.process import Worker
from bench.result import RANDOM, RANDOM_LICENCE, TRAINED, Subject
from export.bundle import MANIFEST, Bundle, load_bundle, record_file
from tasks.squad import read_squad, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer_files import open_tokenizer

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
        """Load it in its process; returns `load_ms`."""
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
        """Check the golden cases at the end: their inputs are not the ones measured."""
        if timed:
            worker.ask("golden")

    def subject(self) -> Subject:
        """The file of this runtime."""
        return describe_bundle(self._loaded, self.runtime, self.parameters)


def describe_bundle(bundle: Bundle, runtime: str, parameters: int | None = None) -> Subject:
    """What is known of one model file of a bundle."""
    manifest = bundle.manifest
    model = bundle.model(runtime)
    return Subject(
        model=bundle.folder.resolve().name.removesuffix(f"-{manifest.recipe}"),
        recipe=manifest.recipe,
        weights=RANDOM if manifest.licences.weights == RANDOM_LICENCE else TRAINED,
        parameters=parameters,
        bundle=bundle.folder.resolve().name,
        manifest_sha256=record_file(bundle.folder / MANIFEST).sha256,
        file=model.file,
        file_bytes=manifest.files[model.file].bytes,
        file_sha256=manifest.files[model.file].sha256,
        parity=model.parity,
        size=model.size,
    )


def padded_length(bundle: Bundle, runtime: str, tokens: int) -> int:
    """The length that `tokens` real tokens run at: a fixed-length file pads them."""
    entries = bundle.model(runtime).interface.entries
    for entry in entries:
        if tokens <= entry.max_length:
            return max(tokens, entry.min_length)
    raise ValueError(
        f"{bundle.folder}: the {runtime} file takes at most {entries[-1].max_length} tokens, "
        f"{tokens} were asked for; measure shorter inputs or export with a larger bucket"
    )


def bundle_tokenizer(bundle: Bundle) -> TextTokenizer:
    """The tokenizer of a bundle."""
    record = bundle.manifest.tokenizer
    return open_tokenizer(
        bundle.folder / record.file,
        kind=record.kind,
        lowercase=record.lowercase,
        strip_accents=record.strip_accents,
    )


def real_tokens(tokenizer: TextTokenizer, tokens: int) -> tuple[list[int], list[int]]:
    """Exactly `tokens` ids and token types of real text: a question on our sample's passages."""
    items = read_squad([sample_path()])
    question = tokenizer.encode(items[0].question).ids
    context = [
        i for text in dict.fromkeys(q.context for q in items) for i in tokenizer.encode(text).ids
    ]
    if tokens < 8:
        raise ValueError(f"an input needs at least 8 tokens, {tokens} were asked for")
    asked = question[: (tokens - tokenizer.pair_specials) // 2]
    room = tokens - tokenizer.pair_specials - len(asked)
    while len(context) < room:
        context += context
    return tokenizer.pair(asked, context[:room])
