"""WordPiece gives the ids and spans of the reference, and cannot be fooled by special tokens."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from tasks.tokenizer import WordPieceTokenizer, load_tokenizer, tokenizer_from_vocab
from tasks.tokenizer_files import open_tokenizer, read_tokenizer, write_tokenizer

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "tokenizer"
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a b the caf ##e cafe sep ##s 東 京 [ ] # ! ß i ##stanbul"

TOKENIZER = WordPieceTokenizer({w: i for i, w in enumerate(WORDS.split())}, lowercase=True)


@pytest.fixture(scope="session")
def vocab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("\n".join(WORDS.split()) + "\n", encoding="utf-8")
    return path


def test_spans_point_into_the_original_text(vocab: Path) -> None:
    tokenizer = tokenizer_from_vocab(vocab, lowercase=True)
    text = "Cafe\u0301 İstanbul 東京!"
    pieces = tokenizer.encode(text)
    assert [tokenizer.tokens[i] for i in pieces.ids] == [
        "cafe", "i", "##stanbul", "東", "京", "!",
    ]  # fmt: skip
    assert [text[a:b] for a, b in pieces.spans] == ["Cafe", "İ", "stanbul", "東", "京", "!"]


def test_a_typed_separator_is_plain_text(vocab: Path) -> None:
    tokenizer = tokenizer_from_vocab(vocab, lowercase=True)
    pieces = tokenizer.encode("a [SEP] b[CLS]")
    assert not {tokenizer.sep_id, tokenizer.cls_id} & set(pieces.ids)
    assert tokenizer.tokens[pieces.ids[1]] == "["


@given(st.text())
def test_any_text_gives_rising_spans_inside_it(text: str) -> None:
    pieces = TOKENIZER.encode(text)
    assert len(pieces.ids) == len(pieces.spans)
    starts = [start for start, _ in pieces.spans]
    assert starts == sorted(starts)
    assert all(0 <= start < end <= len(text) for start, end in pieces.spans)


def test_lone_surrogates_are_dropped_and_shift_nothing(vocab: Path) -> None:
    pieces = tokenizer_from_vocab(vocab, lowercase=True).encode("a\ud800 b")
    assert pieces.spans[-1] == (3, 4)


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [None, True, False])
@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.txt"])
def test_a_saved_checkpoint_gives_the_same_tokenizer_as_its_vocabulary(
    vocab: Path, tmp_path: Path, lowercase: bool, strip_accents: bool | None, form: str
) -> None:
    settings = {"do_lower_case": lowercase, "strip_accents": strip_accents}
    saved = BertTokenizerFast(vocab=str(vocab), **settings)
    if form == "tokenizer.json":
        saved.save_pretrained(tmp_path)
    else:
        shutil.copy(vocab, tmp_path)
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    loaded = load_tokenizer(tmp_path)
    assert loaded.lowercase == lowercase
    assert loaded.strip_accents == (lowercase if strip_accents is None else strip_accents)
    assert loaded.tokens == tokenizer_from_vocab(vocab, lowercase=lowercase).tokens
    text = "The café! 東京 a b"
    expected = saved(text, add_special_tokens=False, return_offsets_mapping=True)
    assert loaded.encode(text).ids == expected["input_ids"]
    assert loaded.encode(text).spans == [tuple(pair) for pair in expected["offset_mapping"]]


@pytest.mark.parametrize("form", ["tokenizer.json", "oldest tokenizer.json", "vocab.txt"])
def test_a_folder_s_tokenizer_is_told_by_its_files(vocab: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "tokenizer.json"
    BertTokenizerFast(vocab=str(vocab), do_lower_case=True).save_pretrained(tmp_path)
    document = json.loads(path.read_text())
    del document["model"]["type"]  # the first version of the library wrote none
    if form == "oldest tokenizer.json":
        path.write_text(json.dumps(document))
    elif form == "vocab.txt":
        path.unlink()
        shutil.copy(vocab, tmp_path)
    loaded = read_tokenizer(tmp_path)
    assert (loaded.kind, loaded.tokens) == ("wordpiece", TOKENIZER.tokens)
    assert loaded.encode("The café") == TOKENIZER.encode("The café")


def test_a_bundle_gets_back_the_tokenizer_it_was_given(tmp_path: Path) -> None:
    cased = WordPieceTokenizer(
        dict(zip(TOKENIZER.tokens, range(99), strict=False)), lowercase=False
    )
    write_tokenizer(cased, tmp_path)
    path = tmp_path / cased.file
    opened = open_tokenizer(path, kind=cased.kind, lowercase=False, strip_accents=False)
    assert opened.tokens == cased.tokens
    assert opened.encode("a A é") == cased.encode("a A é")


def test_wrong_vocabularies_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    with pytest.raises(FileNotFoundError, match=r"vocab\.txt is missing"):
        tokenizer_from_vocab(path, lowercase=True)
    path.write_text("hello\nworld\n")
    with pytest.raises(ValueError, match=r"\[PAD\], \[UNK\].* missing among 2"):
        tokenizer_from_vocab(path, lowercase=True)
    path.write_text("\n".join([*WORDS.split(), "cafe"]))
    with pytest.raises(ValueError, match="repeats 1 tokens"):
        tokenizer_from_vocab(path, lowercase=True)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a UTF-8 vocabulary"):
        tokenizer_from_vocab(path, lowercase=True)


def test_tokenizers_it_would_read_wrong_are_refused(vocab: Path, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_bytes(vocab.read_bytes())
    settings = tmp_path / "tokenizer_config.json"
    settings.write_text(json.dumps({"do_lower_case": True, "strip_accents": "no"}))
    with pytest.raises(ValueError, match="strip_accents='no'"):
        load_tokenizer(tmp_path)
    settings.write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE"}}))
    with pytest.raises(ValueError, match="unsupported tokenizer BPE"):
        load_tokenizer(tmp_path)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_the_reference_cases_agree_to_the_last_id_and_span() -> None:
    tokenizer = tokenizer_from_vocab(DATA / "bert-base-uncased-vocab.txt", lowercase=True)
    lines = (DATA / "edge-strings.golden.jsonl").read_text(encoding="utf-8").splitlines()
    with gzip.open(DATA / "squad-dev-A-questions.golden.jsonl.gz", "rt", encoding="utf-8") as file:
        lines += file.read().splitlines()
    assert len(lines) > 5000
    for line in lines:
        case = json.loads(line)
        pieces = tokenizer.encode(case["text"])
        assert pieces.ids == case["ids"], case["text"]
        if "offsets" in case:
            assert [list(span) for span in pieces.spans] == case["offsets"], case["text"]
