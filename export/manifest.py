"""The manifest of a bundle: what the files are, how to call them, and what was measured on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.windows import QaLimits

FORMAT_VERSION = 1
QUESTION_ANSWERING = "question-answering"
SEQUENCE_CLASSIFICATION = "sequence-classification"
TOKENIZER_KINDS = ("wordpiece", "byte-bpe")


@dataclass(frozen=True)
class FileRecord:
    """Size and SHA-256 of one file of the bundle."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class TensorSpec:
    """One graph input or output; the word "length" in the shape stands for the entry's length."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def size(self, length: int) -> int:
        """How many values it has at a length in tokens."""
        return math.prod(length if isinstance(extent, str) else extent for extent in self.shape)


@dataclass(frozen=True)
class Entry:
    """One signature (.tflite) or method (.pte), for inputs of min_length to max_length tokens.

    Equal bounds mean a fixed length: shorter inputs are padded, with a zero attention mask.
    """

    name: str
    min_length: int
    max_length: int

    @property
    def fixed(self) -> bool:
        """Whether it takes one length only."""
        return self.min_length == self.max_length


@dataclass(frozen=True)
class Interface:
    """How to call a model file: entries shortest first, tensors in the order of the graph."""

    entries: tuple[Entry, ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def rows(
        self, input_ids: Sequence[int], token_type_ids: Sequence[int]
    ) -> dict[str, Sequence[int]]:
        """What each input takes, without padding: some families have no token types."""
        values = {
            "input_ids": input_ids,
            "attention_mask": [1] * len(input_ids),
            "token_type_ids": token_type_ids,
        }
        return {tensor.name: values[tensor.name] for tensor in self.inputs}


@dataclass(frozen=True)
class Parity:
    """The file against the float32 network of the checkpoint, on the same padded text windows."""

    windows: int
    min_cosine: float
    max_error: float
    agreement: float
    """Share of windows with the same best span (or the same label)."""


@dataclass(frozen=True)
class Accuracy:
    """Task scores of the file and of its checkpoint on the same questions, in percent.

    For a classifier both scores are the share of right labels.
    """

    data: str
    n: int
    exact_match: float
    f1: float
    checkpoint_exact_match: float
    checkpoint_f1: float
    f1_change_low: float
    """Bounds of the 95 % bootstrap interval of the file's F1 minus the checkpoint's."""
    f1_change_high: float
    changed: int
    """Questions that the file answers in other words than the checkpoint."""


@dataclass(frozen=True)
class Operators:
    """Where the work of one inference runs: inside the XNNPACK delegate or outside it."""

    delegated: int
    delegates: int
    left_over: dict[str, int]


@dataclass(frozen=True)
class ModelFile:
    """One model file of the bundle and what was measured on its bytes."""

    file: str
    interface: Interface
    parity: Parity
    accuracy: Accuracy | None
    size: dict[str, dict[str, int]]
    """Bytes by tensor class, then by dtype; the sum is the file size."""
    operators: Operators


@dataclass(frozen=True)
class Tokenizer:
    """The vocabulary the model was trained with, and how text is read."""

    file: str
    sha256: str
    vocab_size: int
    lowercase: bool
    strip_accents: bool
    kind: str
    """One of TOKENIZER_KINDS: `file` is BERT's vocab.txt, or RoBERTa's tokenizer.json."""


@dataclass(frozen=True)
class Licences:
    """Licences as the checkpoint's model card states them, null where it states none."""

    weights: str | None
    data: str | None


@dataclass(frozen=True)
class Provenance:
    """Where the bundle came from."""

    checkpoint_sha256: str
    git_commit: str | None
    versions: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """Everything a phone or a bench needs to know about a bundle."""

    format_version: int
    task: str
    recipe: str
    labels: tuple[str, ...]
    models: dict[str, ModelFile]
    tokenizer: Tokenizer
    qa: QaLimits | None
    golden: str
    files: dict[str, FileRecord]
    licences: Licences
    provenance: Provenance
