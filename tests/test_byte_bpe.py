"""RoBERTa's tokenizer gives transformers' ids and spans, from a checkpoint and from a bundle."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import RobertaTokenizerFast

from tasks.byte_bpe import ByteBpeTokenizer
from tasks.squad import read_squad, sample_path
from tasks.tokenizer_files import open_tokenizer, read_tokenizer, write_tokenizer
from tasks.windows import QaLimits, make_windows

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]  # RoBERTa's order, with <mask> at the end
TEXTS = [
    "Who wrote it?",
    " two  spaces, and\ttabs\n\nand lines ",
    "café naïve e\u0301 東京 😀👩‍👩‍👧 ß İ",
    "can't won't 1234567 a-b_c",
    "\u00a0\u200b\x00\x07\ufffd",
    "",
    " ",
]


def train() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of some hundred merges, learnt from our sample."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=600,
        special_tokens=[*SPECIALS, "<mask>"],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([q.context for q in read_squad([sample_path()])], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [(left, right) for left, right in model["merges"]]


VOCABULARY, MERGED = train()
OURS = ByteBpeTokenizer(VOCABULARY, MERGED)


@pytest.fixture(scope="module", params=[False, True], ids=["as-is", "prefix-space"])
def reference(request: pytest.FixtureRequest) -> Any:
    return RobertaTokenizerFast(
        vocab=VOCABULARY, merges=MERGED, add_prefix_space=request.param, trim_offsets=True
    )


def save_old(tokenizer: Any, folder: Path) -> None:
    """The form of the first checkpoints: vocab.json and merges.txt, no tokenizer.json."""
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY), encoding="utf-8")
    merges = "".join(f"{left} {right}\n" for left, right in MERGED)
    (folder / "merges.txt").write_text("#version: 0.2\n" + merges, encoding="utf-8")
    settings = {"add_prefix_space": tokenizer.add_prefix_space}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


@pytest.mark.parametrize("form", ["tokenizer.json", "merges.txt", "bundle"])
def test_every_form_gives_the_ids_and_spans_of_transformers(
    reference: Any, form: str, tmp_path: Path
) -> None:
    save = save_old if form == "merges.txt" else type(reference).save_pretrained
    save(reference, tmp_path)
    loaded = read_tokenizer(tmp_path)
    if form == "bundle":
        (tmp_path / "bundle").mkdir()
        write_tokenizer(loaded, tmp_path / "bundle")
        path = tmp_path / "bundle" / loaded.file
        loaded = open_tokenizer(path, kind="byte-bpe", lowercase=False)
    assert (loaded.kind, loaded.vocab_size) == ("byte-bpe", len(VOCABULARY))
    for text in [*TEXTS, *(q.context for q in read_squad([sample_path()])[:5])]:
        expected = reference(text, add_special_tokens=False, return_offsets_mapping=True)
        pieces = loaded.encode(text)
        assert pieces.ids == expected["input_ids"], text
        assert pieces.spans == [tuple(pair) for pair in expected["offset_mapping"]], text
        assert loaded.encode_many([text]) == [pieces.ids]


def test_a_window_is_the_pair_that_transformers_makes() -> None:
    reference = RobertaTokenizerFast(vocab=VOCABULARY, merges=MERGED)
    question = read_squad([sample_path()])[0]
    expected = reference(question.question, question.context, return_offsets_mapping=True)
    (window,) = make_windows(OURS, question.question, question.context, QaLimits(max_length=4096))
    assert window.input_ids == expected["input_ids"]
    assert set(window.token_type_ids) == {0}
    assert len(window.token_type_ids) == len(window.input_ids)
    context = slice(window.context_start, window.context_start + len(window.spans))
    assert expected.sequence_ids()[context] == [1] * len(window.spans)
    assert window.spans == [tuple(pair) for pair in expected["offset_mapping"][context]]


@pytest.mark.parametrize("length", [8, 12, 68])
def test_windows_fit_the_length_and_show_every_token(length: int) -> None:
    context = "lamp " * 90
    limits = QaLimits(max_question_tokens=length - 4, max_length=length, stride=5)
    windows = make_windows(OURS, "why " * 200, context, limits)
    assert all(len(window.input_ids) <= length for window in windows)
    shown = {w.first + i for w in windows for i in range(len(w.spans))}
    assert shown == set(range(len(OURS.encode(context).ids)))


def test_special_tokens_in_a_text_are_plain_text() -> None:
    pieces = OURS.encode("<s> a</s><mask><pad>")
    specials = {OURS.cls_id, OURS.sep_id, OURS.mask_id, OURS.pad_id, OURS.unk_id}
    assert len(specials) == 5
    assert not specials & set(pieces.ids)


@given(st.text())
def test_any_text_gives_rising_spans_inside_it_and_no_unknown(text: str) -> None:
    pieces = OURS.encode(text)
    assert len(pieces.ids) == len(pieces.spans)
    assert OURS.unk_id not in pieces.ids
    starts = [start for start, _ in pieces.spans]
    assert starts == sorted(starts)
    assert all(0 <= start <= end <= len(text) for start, end in pieces.spans)


def test_lone_surrogates_shift_nothing() -> None:
    assert OURS.encode("a\ud800 b").spans[-1] == (3, 4)


def document(**changes: Any) -> dict[str, Any]:
    return json.loads(OURS.document()) | changes


def model(**changes: Any) -> dict[str, Any]:
    return document(model=document()["model"] | changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(normalizer={"type": "NFC"}), "normalizer=.* is unsupported"),
        (
            document(pre_tokenizer={"type": "Metaspace"}),
            "unsupported tokenizer BPE after Metaspace",
        ),
        (document(added_tokens=[{"content": "<ent>", "id": 601}]), "added tokens .* <ent>"),
        (model(type="Unigram"), "unsupported tokenizer Unigram"),
        (document(model={"vocab": {}}), "unsupported tokenizer None"),
        (model(dropout=0.1), "dropout=0.1 is unsupported"),
        (model(vocab={"a": 0}), "<pad>, <unk>.* missing among 1"),
        (model(vocab=VOCABULARY | {"extra": 9999}), "without gaps"),
        (model(vocab=["a"]), "must be an object"),
        (model(merges=["no such"]), r"the merge \['no', 'such'\] does not fit"),
        (model(merges=["one"]), r"the merge \['one'\] does not fit"),
        ([], "unsupported tokenizer|must hold an object"),
    ],
)
def test_tokenizers_it_would_read_wrong_are_refused(
    content: Any, message: str, tmp_path: Path
) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_tokenizer(tmp_path)


def test_a_file_of_the_first_library_says_no_kind(tmp_path: Path) -> None:
    old = document()
    del old["model"]["type"]
    old["model"]["merges"] = [" ".join(pair) for pair in old["model"]["merges"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps(old), encoding="utf-8")
    assert read_tokenizer(tmp_path).encode("Who wrote it?") == OURS.encode("Who wrote it?")


def test_a_folder_without_a_tokenizer_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no tokenizer: tokenizer\.json, vocab\.txt"):
        read_tokenizer(tmp_path)
    (tmp_path / "merges.txt").write_text("")  # half of RoBERTa's
    with pytest.raises(FileNotFoundError, match=r"vocab\.json with merges\.txt"):
        read_tokenizer(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such checkpoint folder"):
        read_tokenizer(tmp_path / "gone")
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        read_tokenizer(tmp_path)


def test_an_unknown_kind_of_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'unigram'.*known are wordpiece and byte-bpe"):
        open_tokenizer(tmp_path / "x", kind="unigram", lowercase=True)
