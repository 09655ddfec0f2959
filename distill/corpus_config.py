"""Settings of `tokenize`; the command line derives its flags and defaults from them."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import option


@dataclass(frozen=True)
class CorpusConfig:
    """Which text becomes a corpus, and how it is cut into pieces."""

    tokenizer: Path = option("checkpoint folder whose vocabulary is used")
    text: tuple[Path, ...] = option(
        "files or quoted globs (plain text, .jsonl with a text field, SQuAD .json; each also .gz), "
        "or hub:NAME or hub:NAME#CONFIG of a Hub data set"
    )
    out: Path = option("folder to write the corpus to")
    max_length: int = option(
        "tokens of the longest sequence, [CLS] and [SEP] included", default=512
    )
    min_tokens: int = option("pieces of fewer tokens are dropped", default=12)
    max_unknown: float = option("share of [UNK] from which a piece is dropped", default=0.5)
    lines: bool = option(
        "every line is a document (default: a document ends at a blank line)", default=False
    )
    held_out_every: int = option("every N-th document is held out (0: none)", default=200)
    force: bool = option("discard an existing or unfinished output", default=False)

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("text names no file; give at least one file, glob or hub:NAME")
        if self.max_length < 3:
            raise ValueError(
                f"max_length must leave room for [CLS], [SEP] and a token: {self.max_length} < 3"
            )
        if not 1 <= self.min_tokens <= self.max_length - 2:
            raise ValueError(
                f"min_tokens must be from 1 to max_length - 2 = {self.max_length - 2}, the longest "
                f"piece there is: {self.min_tokens}"
            )
        if not 0 < self.max_unknown <= 1:
            raise ValueError(f"max_unknown is a share above 0, up to 1: {self.max_unknown}")
        if self.held_out_every < 0 or self.held_out_every == 1:
            raise ValueError(
                "held_out_every must be 0 (nothing is held out) or at least 2, so that something "
                f"is left to train on: {self.held_out_every}"
            )
