"""Text becomes a corpus that is complete or not there, whatever happens on the way."""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.corpus import Corpus, open_corpus, read_record
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig
from distill.order import padded_width, token_batches
from export.shipped import SHIPPED
from tasks.tokenizer import load_tokenizer

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["rain", "falls", "on", "the", "hill", "play", "##ed", "##er", "##s", ".", "[", "]"]
WORDS += ["cls", "sep", "mask", "é"]


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join(SPECIALS + WORDS) + "\n", encoding="utf-8")
    return folder


Build = Callable[..., Corpus]


def quiet(text: str, done: int, total: int) -> None:
    """Reports to nobody."""


@pytest.fixture
def build(vocabulary: Path, tmp_path: Path) -> Build:
    """Builds a corpus of the given texts, one file each."""

    def run(
        *texts: str | bytes, report: Callable[[str, int, int], None] = quiet, **changes: Any
    ) -> Corpus:
        files = tuple(tmp_path / f"{number}.txt" for number in range(len(texts)))
        for path, text in zip(files, texts, strict=True):
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        config = {"max_length": 12, "min_tokens": 2, "held_out_every": 0, **changes}
        return open_corpus(
            build_corpus(CorpusConfig(vocabulary, files, tmp_path / "c", **config), report)
        )

    return run


def shown(corpus: Corpus) -> list[str]:
    """All training sequences as words."""
    return [
        " ".join(corpus.tokens[i] for i in corpus.train.sequence(n))
        for n in range(len(corpus.train))
    ]


def test_documents_become_pieces_that_end_before_a_word(build: Build) -> None:
    corpus = build("Rain falls\non the hill. Played\n\nplayers\n", max_length=9)
    assert shown(corpus) == [
        "[CLS] rain falls on the hill . [SEP]",
        "[CLS] play ##ed [SEP]",
        "[CLS] play ##er ##s [SEP]",
    ]
    assert corpus.train.length_of(np.arange(3)).tolist() == [8, 4, 5]
    assert corpus.counts[corpus.tokens.index("play")] == 2
    assert corpus.counts.sum() == 11


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.sampled_from(["rain", "played", "players", "xyz", "."]), max_size=40),
    length=st.integers(6, 14),
)
def test_cutting_loses_no_token_and_no_word(
    words: list[str], length: int, vocabulary: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    text = " ".join(["rain on", *words])
    (folder / "a.txt").write_text(text, encoding="utf-8")
    # Every piece has a known word or is dropped for its [UNK] alone, which are counted.
    config = CorpusConfig(
        vocabulary, (folder / "a.txt",), folder / "c", length, 1, max_unknown=1, held_out_every=0
    )
    corpus = open_corpus(build_corpus(config, quiet))
    pieces = [corpus.train.sequence(n) for n in range(len(corpus.train))]
    kept = [i for piece in pieces for i in piece[1:-1].tolist()]
    expected = load_tokenizer(vocabulary).encode(text).ids
    unknown = [i for i in expected if i == 1]
    dropped = read_record(corpus.folder)["totals"]["dropped_unknown"]
    assert [i for i in kept if i != 1] == [i for i in expected if i != 1]
    assert kept.count(1) == len(unknown) if not dropped else kept.count(1) < len(unknown)
    assert all(len(piece) <= length for piece in pieces)
    assert not any(corpus.tokens[piece[1]].startswith("##") for piece in pieces)


def test_a_word_longer_than_a_piece_is_cut(build: Build) -> None:
    corpus = build("play" + "ed" * 7, max_length=6)
    assert shown(corpus) == [
        "[CLS] play" + " ##ed" * 3 + " [SEP]",
        "[CLS]" + " ##ed" * 4 + " [SEP]",
    ]


def test_special_tokens_typed_in_a_text_are_plain_text(build: Build) -> None:
    (sequence,) = shown(build("rain [SEP] [MASK]"))
    assert sequence == "[CLS] rain [ sep ] [ mask ] [SEP]"


def test_short_and_unknown_pieces_are_dropped_and_counted(build: Build) -> None:
    text = "rain falls on\n\nrain\n\nxyz xyz rain falls\n\nxyz rain falls\n\n\x00\x01\n"
    corpus = build(text, min_tokens=2)
    totals = read_record(corpus.folder)["totals"]
    assert len(corpus.train) == 2
    assert (totals["documents"], totals["dropped_short"], totals["dropped_unknown"]) == (5, 1, 1)
    assert totals["unknown_share"] == 1 / 6


def test_every_nth_document_is_held_out(build: Build) -> None:
    text = "rain falls\n\n" * 5
    corpus = build(text, text, held_out_every=3)
    assert (len(corpus.train), len(corpus.held_out)) == (7, 3)
    assert corpus.counts.sum() == 14
    documents = [s["documents"] for s in read_record(corpus.folder)["sources"]]
    assert documents == [5, 5]


def test_batches_of_any_size_make_the_same_corpus(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "rain falls on the hill.\nplayed\n\n" * 50
    expected = build(text)
    monkeypatch.setattr("distill.corpus_build.BATCH", 7)
    assert build(text, force=True).hash == expected.hash


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "of 0 documents 0 pieces"),
        ("\n \n\t\n", "of 0 documents"),
        ("rain", "of 1 documents 1 pieces were dropped as shorter"),
        ("xyz xyz xyz", "1 as mostly"),
        ("rain rain rain\n" * 20, "the one word 'rain', 60 times"),
    ],
)
def test_text_without_anything_to_learn_is_refused(
    build: Build, tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        build(text)
    assert [path.name for path in tmp_path.iterdir()] == ["0.txt"]


def test_all_text_held_out_is_refused(build: Build) -> None:
    with pytest.raises(ValueError, match="1 are held out"):
        build("rain\n\nrain falls", held_out_every=2)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"max_length": 2}, "max_length must leave room"),
        ({"min_tokens": 11}, "min_tokens must be from 1 to max_length - 2 = 10"),
        ({"max_unknown": 0}, "max_unknown is a share"),
        ({"held_out_every": 1}, "held_out_every must be 0"),
        ({"text": ()}, "text names no file"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any], found: str) -> None:
    config = CorpusConfig(Path("t"), (Path("a"),), Path("c"), max_length=12, min_tokens=2)
    with pytest.raises(ValueError, match=found):
        replace(config, **changes)


def test_an_existing_corpus_is_replaced_only_by_force(build: Build) -> None:
    first = build("rain falls")
    with pytest.raises(FileExistsError, match="--force"):
        build("rain falls on")
    assert build("rain falls on", force=True).hash != first.hash


def test_a_failed_replacement_leaves_the_old_corpus(build: Build) -> None:
    first = build("rain falls")
    with pytest.raises(ValueError, match="nothing to train on"):
        build("rain", force=True)
    assert open_corpus(first.folder).hash == first.hash


@pytest.fixture
def save_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the journal vouch for every source, however small."""
    monkeypatch.setattr("distill.corpus_build.SAVE_EVERY", 1)


class Stopped(Exception):
    """Stands for an interruption."""


def stop_at(name: str) -> Callable[[str, int, int], None]:
    """A report that interrupts the run when it comes to a source."""

    def report(text: str, done: int, total: int) -> None:
        if text.endswith(name):
            raise Stopped

    return report


@pytest.mark.usefixtures("save_each")
def test_a_bad_file_keeps_what_those_before_it_gave(build: Build, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"1\.txt is not UTF-8: line 2"):
        build("rain falls", b"on the\nhill\xff")
    assert len(build("rain falls", "on the", report=stop_at("0.txt")).train) == 2
    assert not (tmp_path / "c.partial").exists()


@pytest.mark.usefixtures("save_each")
def test_an_interrupted_run_goes_on_after_the_last_whole_source(build: Build) -> None:
    texts = ["rain falls", "on the", "the hill"]
    with pytest.raises(Stopped):
        build(*texts, report=stop_at("2.txt"))
    seen: list[str] = []
    corpus = build(*texts, report=lambda text, *_: seen.append(text))
    assert {text for text in seen if "txt" in text} == {"tokenising 2.txt"}
    assert len(corpus.train) == 3


@pytest.mark.usefixtures("save_each")
def test_a_source_that_changed_since_is_read_again(build: Build) -> None:
    with pytest.raises(Stopped):
        build("rain falls", "on the hill\n\non the hill", "the hill", report=stop_at("2.txt"))
    corpus = build("rain falls", "the rain", report=stop_at("0.txt"))
    assert shown(corpus) == ["[CLS] rain falls [SEP]", "[CLS] the rain [SEP]"]
    assert corpus.counts[corpus.tokens.index("hill")] == 0


@pytest.mark.usefixtures("save_each")
def test_an_unfinished_run_with_other_settings_is_not_mixed_in(build: Build) -> None:
    texts = ["rain falls", "on the"]
    with pytest.raises(Stopped):
        build(*texts, report=stop_at("1.txt"))
    with pytest.raises(ValueError, match=r"other settings \(max_length 12 -> 10\).*--force"):
        build(*texts, max_length=10)
    seen: list[str] = []
    build(*texts, max_length=10, force=True, report=lambda text, *_: seen.append(text))
    assert "tokenising 0.txt" in seen


@pytest.mark.usefixtures("save_each")
@pytest.mark.parametrize("name", ["train.ids", "train.offsets"])
def test_an_unfinished_run_that_lost_bytes_is_redone(
    build: Build, tmp_path: Path, name: str
) -> None:
    with pytest.raises(Stopped):
        build("rain falls", "on the", report=stop_at("1.txt"))
    path = tmp_path / "c.partial" / name
    path.write_bytes(path.read_bytes()[:-1])
    assert shown(build("rain falls", "on the"))[0] == "[CLS] rain falls [SEP]"


def test_two_processes_cannot_write_one_corpus(build: Build, tmp_path: Path) -> None:
    with (tmp_path / "c.partial.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another process is writing"):
            build("rain falls")
    assert len(build("rain falls").train) == 1


def test_a_hub_data_set_becomes_a_corpus(vocabulary: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.jsonl").write_text(json.dumps({"text": "rain falls\n\non the hill"}))
    source = Path(f"hub:{data}")
    config = CorpusConfig(vocabulary, (source,), tmp_path / "c", 12, 2, held_out_every=0)
    corpus = open_corpus(build_corpus(config, quiet))
    assert shown(corpus) == ["[CLS] rain falls on the hill [SEP]"]


KILLED = """
import os, signal, sys
from pathlib import Path
import distill.corpus_build, distill.corpus_journal
from distill.corpus_config import CorpusConfig

left = int(sys.argv[1])
def counted(function):
    def call(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return call

distill.corpus_build.SAVE_EVERY = 1
os.fsync = counted(os.fsync)
Path.rename = counted(Path.rename)
Path.unlink = counted(Path.unlink)
distill.corpus_journal.Writer.add = counted(distill.corpus_journal.Writer.add)
files = tuple(Path(sys.argv[3], f"{n}.txt") for n in range(3))
config = CorpusConfig(Path(sys.argv[2]), files, Path(sys.argv[3], "c"), 12, 2, held_out_every=2)
distill.corpus_build.build_corpus(config, lambda *_: None)
"""


def killed_run(steps: int, vocabulary: Path, folder: Path) -> int:
    command = [sys.executable, "-c", KILLED, str(steps), str(vocabulary), str(folder)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("start", [1, 2, 3])
def test_killed_at_any_moment_the_same_command_ends_with_the_same_bytes(
    start: int, build: Build, vocabulary: Path, tmp_path: Path
) -> None:
    texts = ["rain falls on the hill.\n\n" * 3, "played on\n\n" * 3, "the hill\n\nthe rain\n"]
    out = tmp_path / "c"
    whole = contents(build(*texts, held_out_every=2).folder)
    for steps in range(start, 100, 6):
        shutil.rmtree(out)
        if killed_run(steps, vocabulary, tmp_path) == 0:
            assert steps > 20
            break
        assert not (out / "corpus.json").exists()
        # Once more on the way back, then to the end.
        killed_run(steps // 2 + 1, vocabulary, tmp_path)
        if not out.exists():
            build(*texts, held_out_every=2)
        assert contents(out) == whole
        assert not (tmp_path / "c.partial").exists()


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real text: {DATA} is missing")
def test_real_text_is_cut_with_little_loss(tmp_path: Path) -> None:
    """A real vocabulary and a book: the tokens of the whole text but for dropped pieces."""
    model = SHIPPED.folder
    text = DATA / "text" / "us-presidential-speeches.txt.gz"
    out = tmp_path / "c"
    corpus = open_corpus(build_corpus(CorpusConfig(model, (text,), out, 256), quiet))
    totals = read_record(out)["totals"]
    assert totals["documents"] == 124
    assert totals["unknown_share"] < 0.001
    lengths = corpus.train.length_of(np.arange(len(corpus.train)))
    assert lengths.max() == 256
    assert (lengths > 240).mean() > 0.95
    real = padded = 0
    for ids in token_batches(len(lengths), corpus.train.length_of, 8192, 0, 0):
        real += int(lengths[ids].sum())
        padded += len(ids) * padded_width(int(lengths[ids].max()))
    assert 1 - real / padded < 0.05
