"""A tokenised corpus on disk: memory-mapped token ids, an index, counts, and what made it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from distill.folder import hash_file
from tasks.tokenizer import SPECIAL_TOKENS, read_vocab

VERSION = 1
RECORD, COUNTS, VOCABULARY = "corpus.json", "counts.npy", "vocab.txt"
SPLITS = ("train", "held_out")

# A corpus folder holds, for each split, SPLIT.ids (token ids without specials, little-endian,
# uint16 or uint32 as the vocabulary needs) and SPLIT.offsets (int64: where piece i starts, and the
# end of the last one). corpus.json is written last: where it is, the corpus is complete.
OFFSETS = np.dtype("<i8")


def ids_type(vocabulary: int) -> np.dtype[Any]:
    """The narrowest type that holds the ids of a vocabulary of this size."""
    return np.dtype("<u2" if vocabulary <= 1 << 16 else "<u4")


class Split:
    """The sequences of one split, read from the disk when they are asked for.

    It may travel to another process: only the folder's name does, never the text.
    """

    def __init__(self, folder: Path, name: str, vocabulary: int, cls_id: int, sep_id: int) -> None:
        self.folder, self.name = folder, name
        self._arguments = (folder, name, vocabulary, cls_id, sep_id)
        self._ids = _mapped(folder / f"{name}.ids", ids_type(vocabulary))
        self._offsets = _mapped(folder / f"{name}.offsets", OFFSETS)
        self._cls, self._sep = cls_id, sep_id

    def __reduce__(self) -> tuple[Any, ...]:
        return Split, self._arguments

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def length_of(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Tokens of the sequences, [CLS] and [SEP] included; shape of `ids`."""
        at = np.asarray(ids, dtype=np.int64)
        return np.asarray(self._offsets[at + 1] - self._offsets[at] + 2, dtype=np.int64)

    def sequence(self, number: int) -> NDArray[np.int64]:
        """The token ids of a sequence from [CLS] to [SEP], [length]."""
        if not 0 <= number < len(self):
            raise IndexError(f"sequence {number} of {len(self)} in {self.folder}/{self.name}")
        start, end = self._offsets[number : number + 2]
        found = np.empty(end - start + 2, dtype=np.int64)
        found[0], found[1:-1], found[-1] = self._cls, self._ids[start:end], self._sep
        return found


@dataclass(frozen=True)
class Corpus:
    """A complete corpus. `counts` [vocabulary] are those of the training split."""

    folder: Path
    train: Split
    held_out: Split
    counts: NDArray[np.int64]
    tokens: list[str]
    lowercase: bool
    max_length: int
    hash: str
    pad_id: int
    unk_id: int
    cls_id: int
    sep_id: int
    mask_id: int


def open_corpus(folder: Path) -> Corpus:
    """Opens what `build_corpus` wrote, reading little more than its record.

    Raises FileNotFoundError if there is no complete corpus, ValueError if it is of another version
    or damaged: files are checked by size, the vocabulary by its hash.
    """
    record = read_record(folder)
    cure = f"tokenise the text again: distilbert-mobile tokenize --out {folder} --force ..."
    for name, size in record["files"].items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size["bytes"]:
            shown = "missing" if found is None else f"{found} bytes"
            raise ValueError(f"{path} is damaged: {size['bytes']} bytes expected, {shown}; {cure}")
    if hash_file(folder / VOCABULARY) != record["files"][VOCABULARY]["sha256"]:
        raise ValueError(f"{folder / VOCABULARY} is not the vocabulary of this corpus; {cure}")
    vocab = read_vocab(folder / VOCABULARY)
    tokens = list(vocab)
    pad, unk, cls, sep, mask = (vocab[token] for token in SPECIAL_TOKENS)
    train, held_out = (Split(folder, name, len(tokens), cls, sep) for name in SPLITS)
    return Corpus(
        folder,
        train,
        held_out,
        np.load(folder / COUNTS, allow_pickle=False),
        tokens,
        record["settings"]["lowercase"],
        record["settings"]["max_length"],
        content_hash(record),
        pad,
        unk,
        cls,
        sep,
        mask,
    )


def read_record(folder: Path) -> dict[str, Any]:
    """`corpus.json`: settings, sources, files with sizes and hashes, counts of pieces and tokens.

    Raises as `open_corpus` does.
    """
    path = folder / RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"no corpus in {folder}: {RECORD} is missing; make one with distilbert-mobile tokenize"
        )
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = record["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}); tokenise the text again") from error
    if version != VERSION:
        raise ValueError(
            f"{path} is of version {version}, this tool reads {VERSION}; tokenise the text again"
        )
    return record


def content_hash(record: dict[str, Any]) -> str:
    """sha256 over the hashes of all files and the longest length: the same text, the same value."""
    hashes = {name: file["sha256"] for name, file in record["files"].items()}
    content = [record["version"], record["settings"]["max_length"], hashes]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _mapped(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    # An empty file cannot be mapped.
    if path.stat().st_size == 0:
        return np.empty(0, dtype)
    return np.memmap(path, dtype, mode="r")
