"""A complete corpus opens fast and exactly; a damaged one is refused with the cure."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from distill.corpus import Corpus, Split, ids_type, open_corpus
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make(folder: Path, vocabulary: list[str], text: str) -> Corpus:
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    (folder / "a.txt").write_text(text, encoding="utf-8")
    config = CorpusConfig(folder, (folder / "a.txt",), folder / "c", 8, 1, held_out_every=3)
    return open_corpus(build_corpus(config, lambda *_: None))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    vocabulary = ["[unused0]", *reversed(SPECIALS), "a", "b", "c"]
    return make(tmp_path, vocabulary, "a b c\n\nb\n\nc c\n\na a a a a a a\n")


def test_sequences_and_lengths_are_those_of_the_text(corpus: Corpus) -> None:
    sequences = [corpus.train.sequence(n).tolist() for n in range(len(corpus.train))]
    assert sequences == [[3, 6, 7, 8, 2], [3, 7, 2], [3, *[6] * 6, 2], [3, 6, 2]]
    assert corpus.held_out.sequence(0).tolist() == [3, 8, 8, 2]
    assert corpus.train.length_of(np.array([2, 0])).tolist() == [8, 5]
    assert corpus.train.length_of([]).dtype == np.int64
    assert corpus.train.sequence(0).dtype == np.int64
    assert corpus.counts.tolist() == [0, 0, 0, 0, 0, 0, 8, 2, 1]
    assert (corpus.pad_id, corpus.unk_id, corpus.cls_id, corpus.sep_id, corpus.mask_id) == (
        5, 4, 3, 2, 1,
    )  # fmt: skip
    assert corpus.tokens[6:] == ["a", "b", "c"]
    assert (corpus.max_length, corpus.lowercase) == (8, True)


@pytest.mark.parametrize("number", [-1, 4])
def test_a_sequence_that_is_not_there_is_an_error(corpus: Corpus, number: int) -> None:
    with pytest.raises(IndexError, match=f"sequence {number} of 4"):
        corpus.train.sequence(number)


def test_a_large_vocabulary_keeps_its_ids(tmp_path: Path) -> None:
    assert (ids_type(1 << 16).itemsize, ids_type((1 << 16) + 1).itemsize) == (2, 4)
    words = [f"w{n}" for n in range(70_000)]
    corpus = make(tmp_path, [*SPECIALS, *words], "w69999 w65530 w3")
    assert corpus.train.sequence(0).tolist() == [2, 70_004, 65_535, 8, 3]


def test_a_split_travels_without_its_text(corpus: Corpus) -> None:
    sent = pickle.dumps(corpus.train)
    assert len(sent) < 400
    other: Split = pickle.loads(sent)
    assert other.sequence(0).tolist() == corpus.train.sequence(0).tolist()


def test_the_same_text_has_the_same_hash_and_other_text_another(tmp_path: Path) -> None:
    hashes = []
    for name, text in (("x", "a b"), ("y", "a b"), ("z", "b a")):
        (tmp_path / name).mkdir()
        hashes.append(make(tmp_path / name, [*SPECIALS, "a", "b"], text).hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_no_corpus_is_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no corpus in .*distilbert-mobile tokenize"):
        open_corpus(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["train.ids", "train.offsets", "held_out.ids", "held_out.offsets", "counts.npy"]
)
def test_a_file_cut_short_or_missing_is_named(corpus: Corpus, name: str) -> None:
    path = corpus.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=rf"{name} is damaged: {len(whole)} bytes.*--force"):
        open_corpus(corpus.folder)
    path.unlink()
    with pytest.raises(ValueError, match=rf"{name} is damaged: .*missing"):
        open_corpus(corpus.folder)


def test_another_vocabulary_is_refused(corpus: Corpus) -> None:
    path = corpus.folder / "vocab.txt"
    path.write_text(path.read_text().replace("a\nb", "b\na"))
    with pytest.raises(ValueError, match="not the vocabulary of this corpus"):
        open_corpus(corpus.folder)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"settings": {}}', "is damaged"),
        (json.dumps({"version": 99}), "is of version 99, this tool reads 1"),
    ],
)
def test_a_record_of_another_kind_is_refused(corpus: Corpus, content: str, found: str) -> None:
    (corpus.folder / "corpus.json").write_text(content)
    with pytest.raises(ValueError, match=rf"{found}.*tokenise the text again"):
        open_corpus(corpus.folder)
