"""Tokenises text into a corpus folder; an interrupted run goes on where it was."""

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from distill.corpus import COUNTS, RECORD, SPLITS, VERSION, VOCABULARY, ids_type
from distill.corpus_config import CorpusConfig
from distill.corpus_journal import JOURNAL, Entry, Journal, Writer, locked
from distill.folder import hash_file, publish, refuse_existing, write_text
from tasks.squad import is_hub
from tasks.text import find_sources, read_lines
from tasks.tokenizer import WordPieceTokenizer, load_tokenizer

Report = Callable[[str, int, int], None]

BATCH = 1 << 20
"""Characters that are tokenised together: enough for all cores, little beside the vocabulary."""

SAVE_EVERY = 1 << 22
"""Bytes of sources after which the journal vouches for them: not for every tiny file."""


def build_corpus(config: CorpusConfig, report: Report) -> Path:
    """Tokenises text once, into a folder for `open_corpus`; returns the folder.

    Memory stays flat however much text there is. Killed at any moment, the same command goes on
    after the last source that was finished and has not changed since; the folder appears complete
    or not at all. Raises what `find_sources` and `read_lines` raise, ValueError for text without a
    usable piece or of one word only, and FileExistsError for an existing folder without `force`.
    """
    refuse_existing(config.out, config.force)
    sources = find_sources(config.text)
    tokenizer = load_tokenizer(config.tokenizer)
    partial = config.out.with_name(config.out.name + ".partial")
    with locked(partial, config.force):
        journal = Journal(partial, _settings(config, tokenizer), ids_type(tokenizer.vocab_size))
        try:
            _tokenise_all(config, tokenizer, sources, journal, report)
            report("counting and hashing", 0, 0)
            _finish(tokenizer, journal, partial)
        except ValueError:
            # Nothing to go on with, or everything read and still no corpus: leave nothing behind.
            if len(journal.entries) in (0, len(sources)):
                shutil.rmtree(partial)
            raise
        publish(partial, config.out)
    return config.out


def _settings(config: CorpusConfig, tokenizer: WordPieceTokenizer) -> dict[str, Any]:
    """All that the result depends on beside the text."""
    names = ("max_length", "min_tokens", "max_unknown", "lines", "held_out_every")
    return {
        "version": VERSION,
        **{name: getattr(config, name) for name in names},
        "lowercase": tokenizer.lowercase,
        # Said only where it is unusual, so that older corpora still match their settings.
        **(
            {}
            if tokenizer.strip_accents == tokenizer.lowercase
            else {"strip_accents": tokenizer.strip_accents}
        ),
        "vocabulary": hashlib.sha256(_vocabulary_text(tokenizer).encode()).hexdigest(),
    }


def _vocabulary_text(tokenizer: WordPieceTokenizer) -> str:
    return "\n".join(tokenizer.tokens) + "\n"


def _tokenise_all(
    config: CorpusConfig,
    tokenizer: WordPieceTokenizer,
    sources: Sequence[Path],
    journal: Journal,
    report: Report,
) -> None:
    """Tokenises the sources that the journal does not hold yet."""
    names = [str(source) if is_hub(source) else source.name for source in sources]
    sizes = [0 if is_hub(source) else source.stat().st_size for source in sources]
    # A Hub data set does not tell its size: then there is no total.
    total = 0 if any(map(is_hub, sources)) else sum(sizes)
    held = len(journal.entries)
    journal.resume(list(zip(names[:held], _hashes(sources[:held]), strict=False)))
    document = sum(entry.documents for entry in journal.entries)
    pending: list[Entry] = []
    unsaved = 0
    with journal.writers() as writers:
        for at in range(len(journal.entries), len(sources)):
            report(f"tokenising {names[at]}", sum(sizes[:at]), total)
            entry = Entry(names[at], _hashes(sources[at : at + 1])[0])

            def seen(read: int, at: int = at) -> None:
                report(f"tokenising {names[at]}", sum(sizes[:at]) + read, total)

            tokenised = _tokenised(read_lines(sources[at], config.lines, seen), tokenizer)
            _Cutter(config, tokenizer, writers, entry, document).add_all(tokenised)
            document += entry.documents
            pending.append(entry)
            unsaved += sizes[at]
            if unsaved >= SAVE_EVERY or is_hub(sources[at]) or at == len(sources) - 1:
                journal.add(pending, writers)
                pending, unsaved = [], 0


def _hashes(sources: Sequence[Path]) -> list[str | None]:
    return [None if is_hub(source) else hash_file(source) for source in sources]


def _tokenised(
    lines: Iterator[str | None], tokenizer: WordPieceTokenizer
) -> Iterator[list[int] | None]:
    """The token ids of each line; the ends of documents stay where they are.

    A batch is tokenised, on all cores, while the one before is cut and written.
    """

    def encode(batch: list[str | None]) -> list[list[int] | None]:
        found = iter(tokenizer.encode_many([line for line in batch if line is not None]))
        return [None if line is None else next(found) for line in batch]

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = None
        for batch in itertools.chain(_batches(lines), [None]):
            following = None if batch is None else pool.submit(encode, batch)
            if ahead is not None:
                yield from ahead.result()
            ahead = following


def _batches(lines: Iterator[str | None]) -> Iterator[list[str | None]]:
    batch: list[str | None] = []
    characters = 0
    for line in lines:
        batch.append(line)
        characters += 0 if line is None else len(line)
        if characters >= BATCH:
            yield batch
            batch, characters = [], 0
    yield batch


class _Cutter:
    """Cuts the documents of one source into pieces and writes those that are worth it."""

    def __init__(
        self,
        config: CorpusConfig,
        tokenizer: WordPieceTokenizer,
        writers: dict[str, Writer],
        entry: Entry,
        document: int,
    ) -> None:
        self._config, self._writers, self._entry = config, writers, entry
        self._first_document = document
        self._longest = config.max_length - 2
        self._unk_id = tokenizer.unk_id
        self._inside_word = [token.startswith("##") for token in tokenizer.tokens]

    def add_all(self, tokenised: Iterator[list[int] | None]) -> None:
        rest: list[int] = []
        anything = False
        for ids in tokenised:
            if ids is not None:
                anything = True
                rest = self._cut(rest + ids)
            elif anything:
                self._write(rest)
                self._entry.documents += 1
                rest, anything = [], False

    def _cut(self, ids: list[int]) -> list[int]:
        """Writes whole pieces, each ending before a word; returns what is left of the tokens."""
        at = 0
        while len(ids) - at > self._longest:
            end = at + self._longest
            while end > at and self._inside_word[ids[end]]:
                end -= 1
            # Only a word of more tokens than a piece may hold is cut inside.
            end = end if end > at else at + self._longest
            self._write(ids[at:end])
            at = end
        return ids[at:] if at else ids

    def _write(self, piece: list[int]) -> None:
        if len(piece) < self._config.min_tokens:
            self._entry.dropped_short += bool(piece)
            return
        unknown = piece.count(self._unk_id)
        if unknown >= self._config.max_unknown * len(piece):
            self._entry.dropped_unknown += 1
            return
        every = self._config.held_out_every
        number = self._first_document + self._entry.documents + 1
        split = "held_out" if every and number % every == 0 else "train"
        self._writers[split].add(piece)
        self._entry.unknown += unknown
        self._entry.pieces[split] += 1
        self._entry.tokens[split] += len(piece)


def _finish(tokenizer: WordPieceTokenizer, journal: Journal, folder: Path) -> None:
    """Counts the tokens, checks that there is something to learn from, writes the record."""
    ids = folder / "train.ids"
    counts = _count(ids, ids_type(tokenizer.vocab_size), tokenizer.vocab_size)
    totals = _totals(journal.entries)
    _refuse_useless(totals, counts, tokenizer)
    np.save(folder / COUNTS, counts)
    (folder / VOCABULARY).write_text(_vocabulary_text(tokenizer), encoding="utf-8")
    names = [f"{split}.{kind}" for split in SPLITS for kind in ("ids", "offsets")]
    record = {
        "version": VERSION,
        "settings": journal.settings,
        "totals": totals,
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": hash_file(folder / name)}
            for name in (*names, COUNTS, VOCABULARY)
        },
        "sources": [asdict(entry) for entry in journal.entries],
    }
    write_text(folder / RECORD, json.dumps(record, indent=1) + "\n")
    (folder / JOURNAL).unlink()


def _totals(entries: Sequence[Entry]) -> dict[str, Any]:
    names = ("documents", "unknown", "dropped_short", "dropped_unknown")
    found: dict[str, Any] = {name: sum(getattr(e, name) for e in entries) for name in names}
    for name in ("pieces", "tokens"):
        found[name] = {split: sum(getattr(e, name)[split] for e in entries) for split in SPLITS}
    found["unknown_share"] = found["unknown"] / max(1, sum(found["tokens"].values()))
    return found


def _refuse_useless(
    totals: dict[str, Any], counts: np.ndarray[Any, Any], tokenizer: WordPieceTokenizer
) -> None:
    if not totals["pieces"]["train"]:
        raise ValueError(
            f"the text holds nothing to train on: of {totals['documents']} documents "
            f"{totals['dropped_short']} pieces were dropped as shorter than min_tokens, "
            f"{totals['dropped_unknown']} as mostly [UNK], and {totals['pieces']['held_out']} are "
            "held out; give more text, or lower --min-tokens"
        )
    if np.count_nonzero(counts) == 1:
        word = tokenizer.tokens[int(counts.argmax())]
        raise ValueError(
            f"the text is the one word {word!r}, {counts.max()} times; nothing can be learned from "
            "it: give real text"
        )


def _count(path: Path, dtype: np.dtype[Any], vocabulary: int) -> np.ndarray[Any, Any]:
    """How often each token occurs, [vocabulary] int64."""
    counts = np.zeros(vocabulary, dtype=np.int64)
    with path.open("rb") as file:
        while len(block := np.fromfile(file, dtype, 1 << 22)):
            counts += np.bincount(block, minlength=vocabulary)
    return counts
