"""A vocabulary cut at export: smaller files that read the kept words as before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from distilbert_mobile import main
from export.bundle import load_bundle
from export.checkpoint import load_network
from export.config import ExportConfig, InspectConfig
from export.inspection import inspect_bundle
from export.parity import network_model
from export.recipes import FLOAT16, INT4, INT8
from export.runner import open_runner
from export.vocabulary import choose_vocabulary, cut_network, table_bytes
from tasks.byte_bpe import ByteBpeTokenizer
from tasks.squad import sample_path
from tasks.tokenizer import tokenizer_from_vocab
from tasks.tokenizer_files import read_tokenizer

WORDS = ["zeppelin", "quasar", "river", "stone", "##work"]


@pytest.fixture(scope="module")
def checkpoint(
    make_bert: Callable[..., Path],
    character_vocab: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    vocab = [*character_vocab, *WORDS]
    folder = make_bert(
        tmp_path_factory.mktemp("model"), layers=1, hidden_size=64, vocab_size=len(vocab)
    )
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("text") / "river.txt"
    path.write_text("The river made the stonework.\n" * 30, encoding="utf-8")
    return path


def test_the_bundle_has_the_words_of_the_text_and_answers_as_the_checkpoint(
    checkpoint: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    gate = ["--gate-data", str(sample_path()), "--gate-questions", "3", "--max-f1-drop", "100"]
    command = ["export", str(checkpoint), "--out", str(out), "--buckets", "48", *gate]
    extra = ["--runtime", "tflite", "--recipe", "fp32", "--vocab-from", str(text)]
    assert main([*command, *extra]) == 0
    said = capsys.readouterr()
    bundle = load_bundle(out)
    tokens = (out / "vocab.txt").read_text(encoding="utf-8").splitlines()
    whole = read_tokenizer(checkpoint)
    assert set(whole.tokens) - set(tokens) == {"zeppelin", "quasar"}
    assert f"{len(tokens)} of {len(whole.tokens)} tokens" in said.err
    assert "other tokens for 0.00 % of the words" in said.err
    assert "F1" in said.out
    record = bundle.manifest.tokenizer
    assert record.vocab_size == len(tokens)
    cut = tokenizer_from_vocab(out / "vocab.txt", lowercase=record.lowercase)
    runner, reference = open_runner(bundle, "tflite"), network_model(load_network(checkpoint))
    question, passage = "what made the stonework?", "the river made it"
    ids, types = cut.pair(cut.encode(question).ids, cut.encode(passage).ids)
    before, _ = whole.pair(whole.encode(question).ids, whole.encode(passage).ids)
    assert ids != before
    found, expected = runner.run(ids, types), reference(before, types)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-4)
    inspect_bundle(InspectConfig(out))


def test_a_cut_without_questions_to_measure_it_is_refused(text: Path) -> None:
    with pytest.raises(ValueError, match="name questions in --gate-data"):
        ExportConfig(Path("a"), Path("b"), vocab_from=(text,))
    with pytest.raises(ValueError, match="belong to vocab_from"):
        ExportConfig(Path("a"), Path("b"), vocab_size=900)
    with pytest.raises(ValueError, match="must be at least 1, found 0"):
        ExportConfig(Path("a"), Path("b"), vocab_from=(text,), gate_data=(text,), vocab_min_count=0)


def test_a_size_keeps_the_most_frequent_words(checkpoint: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("river river river stone stone quasar\n", encoding="utf-8")
    tokenizer, said = read_tokenizer(checkpoint), list[str]()
    size = len(tokenizer.tokens) - 3
    cut = choose_vocabulary(tokenizer, [text], 1, size, said.append)
    kept = {tokenizer.tokens[number] for number in cut.kept}
    assert kept & set(WORDS) == {"river", "stone"}
    assert len(said) == len(set(said)) > 0


def test_rows_follow_their_tokens(checkpoint: Path) -> None:
    network = load_network(checkpoint)
    rows = network.tokens.weight.clone()
    cut_network(network, (0, 3, 7))
    assert network.shape.vocab_size == 3
    assert np.array_equal(network.tokens.weight.numpy(), rows[[0, 3, 7]].numpy())


def test_a_byte_level_vocabulary_is_refused() -> None:
    tokenizer = ByteBpeTokenizer.__new__(ByteBpeTokenizer)
    with pytest.raises(ValueError, match="byte-bpe vocabulary cannot be cut"):
        choose_vocabulary(tokenizer, [], 1, None, print)


def test_bytes_of_a_row_are_its_numbers_and_its_scales() -> None:
    assert table_bytes(10, 64, INT8) == 10 * (64 + 4)
    assert table_bytes(10, 64, INT4) == 10 * (32 + 2 * 2)
    assert table_bytes(10, 64, FLOAT16) == 10 * 128
