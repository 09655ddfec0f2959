"""A cut vocabulary reads the text it was made from as before; what it changes elsewhere is told."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertTokenizerFast

from distill.prune import write_tokenizer
from distill.prune_report import bytes_saved, summary
from distill.student import make_student
from distill.student_config import StudentConfig
from distill.teacher import teacher_ids
from tasks.token_counts import count_tokens
from tasks.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer, load_tokenizer
from tasks.vocabulary_cut import compare_tokenizers, kept_ids, required_tokens

WORDS = ["play", "##ing", "##ed", "player", "the", "dog", "dogs", "run", "##ner", "cat", "zebra"]
LETTERS = [chr(n) for n in range(ord("a"), ord("z") + 1)] + [".", "é", "中"]
# The specials are not at the start, so that every id changes.
TOKENS = ["[unused0]", *SPECIAL_TOKENS, "zoo", *WORDS, *LETTERS, *(f"##{x}" for x in LETTERS)]
TEXT = "the dog played.\n\nplaying the runner\n\nThe dog\n"


def tokenizer(tokens: list[str]) -> WordPieceTokenizer:
    return WordPieceTokenizer({t: n for n, t in enumerate(tokens)}, lowercase=True)


def silent(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def teacher(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A masked-LM teacher with the tokenizer files that transformers writes."""
    folder, body = tmp_path_factory.mktemp("teacher"), tmp_path_factory.mktemp("body")
    make_bert(body, layers=2, vocab_size=len(TOKENS), pad_token_id=1)
    model = AutoModelForMaskedLM.from_pretrained(body)
    for weight in model.cls.parameters():
        weight.data += 0.05 * torch.randn_like(weight)
    model.save_pretrained(folder)
    (body / "vocab.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    BertTokenizerFast.from_pretrained(body).save_pretrained(folder)
    shutil.copyfile(body / "vocab.txt", folder / "vocab.txt")
    return folder


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def cut(teacher: Path, out: Path, *text: Path, **changes: Any) -> Path:
    layers = changes.pop("layers", (0, 1))
    return make_student(StudentConfig(teacher, out, layers, vocab_from=text, **changes))


def test_specials_single_characters_and_the_texts_tokens_stay(
    teacher: Path, tmp_path: Path, text: Path
) -> None:
    kept = load_tokenizer(cut(teacher, tmp_path / "out", text)).tokens
    gone = {"[unused0]", "zoo", "player", "dogs", "cat", "zebra"}
    assert kept == [token for token in TOKENS if token not in gone]


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_the_cut_student_computes_the_teachers_logits_of_the_kept_tokens(
    teacher: Path, tmp_path: Path, text: Path, family: str
) -> None:
    out = cut(teacher, tmp_path / "out", text, family=family)
    student = AutoModelForMaskedLM.from_pretrained(out).eval()
    reference = AutoModelForMaskedLM.from_pretrained(teacher).eval()
    tokens = load_tokenizer(out)
    ids = torch.tensor([[tokens.cls_id, *tokens.encode(TEXT).ids, tokens.sep_id]])
    as_teacher = teacher_ids(load_tokenizer(teacher).tokens, tokens.tokens)
    assert as_teacher is not None
    rows = torch.from_numpy(as_teacher)
    with torch.no_grad():
        found, expected = student(ids).logits, reference(rows[ids]).logits[..., rows]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert student.get_output_embeddings().weight is student.get_input_embeddings().weight
    assert student.config.vocab_size == tokens.vocab_size
    assert student.config.pad_token_id == tokens.pad_id == 0


@pytest.mark.parametrize("files", [("vocab.txt",), ("tokenizer.json",), None])
def test_hugging_faces_tokenizer_and_ours_agree(
    teacher: Path, tmp_path: Path, text: Path, files: tuple[str, ...] | None
) -> None:
    source = tmp_path / "source"
    shutil.copytree(teacher, source)
    document = json.loads((source / "tokenizer.json").read_text())
    document["padding"] = {
        **{"strategy": {"Fixed": 4}, "direction": "Right", "pad_to_multiple_of": None},
        **{"pad_id": 1, "pad_type_id": 0, "pad_token": "[PAD]"},
    }
    (source / "tokenizer.json").write_text(json.dumps(document))
    for name in {"vocab.txt", "tokenizer.json"} - set(files or ("vocab.txt", "tokenizer.json")):
        (source / name).unlink()
    out = cut(source, tmp_path / "out", text)
    theirs, ours = AutoTokenizer.from_pretrained(out), load_tokenizer(out)
    for sample in ("The dogs played, zebra é中", "player", "x" * 200, "☃ dog"):
        plain = theirs(sample, add_special_tokens=False)["input_ids"]
        assert plain == ours.encode(sample).ids
        assert theirs(sample)["input_ids"] == [ours.cls_id, *plain, ours.sep_id]
    assert (theirs.pad_token_id, theirs.mask_token_id) == (ours.pad_id, ours.mask_id)
    assert theirs.unk_token_id == ours.unk_id
    padded = theirs(["dog", "the dog played"], padding=True)["input_ids"]
    assert padded[0][-1] == ours.pad_id
    if files != ("vocab.txt",):
        written = json.loads((out / "tokenizer.json").read_text())
        assert written["padding"]["pad_id"] == ours.pad_id
        assert {t["content"]: t["id"] for t in written["added_tokens"]} == {
            token: ours.tokens.index(token) for token in SPECIAL_TOKENS
        }


def test_bert_processing_is_renumbered_too(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    document = {
        "model": {"vocab": {t: n for n, t in enumerate(TOKENS)}},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 4], "cls": ["[CLS]", 3]},
    }
    (source / "tokenizer.json").write_text(json.dumps(document))
    settings = {"added_tokens_decoder": {"1": {"content": "[PAD]"}, "5": {"content": "[MASK]"}}}
    (source / "tokenizer_config.json").write_text(json.dumps(settings))
    write_tokenizer(source, target, [*SPECIAL_TOKENS, "dog"])
    written = json.loads((target / "tokenizer.json").read_text())
    assert written["post_processor"]["sep"] == ["[SEP]", 3]
    assert written["post_processor"]["cls"] == ["[CLS]", 2]
    decoder = json.loads((target / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    assert {key: value["content"] for key, value in decoder.items()} == {
        "0": "[PAD]",
        "4": "[MASK]",
    }


@given(st.text(alphabet="abdegnoprtuyzé. ", max_size=60), st.integers(1, 3))
def test_the_text_itself_reads_as_before_at_a_count_of_one(sample: str, repeats: int) -> None:
    before = tokenizer(TOKENS)
    ids = before.encode(" ".join([sample] * repeats)).ids
    counts = np.bincount(ids, minlength=len(TOKENS)).astype(np.int64)
    required = required_tokens(TOKENS, (), Path("no such folder"))
    kept = kept_ids(counts, required, 1, None)
    after = tokenizer([TOKENS[number] for number in kept])
    assert [int(kept[n]) for n in after.encode(sample).ids] == before.encode(sample).ids
    found = compare_tokenizers(before, after, [[sample]])
    assert found is None or (found.changed_words_share, found.longer_share) == (0, 0)


def test_limits_take_the_rarest_first() -> None:
    counts = np.array([9, 0, 3, 2, 3, 1], dtype=np.int64)
    required = np.array([False, True, False, False, False, False])
    for size, minimum, expected in (
        (None, 1, [0, 1, 2, 3, 4, 5]),
        (None, 3, [0, 1, 2, 4]),
        (3, 1, [0, 1, 2]),
        (1, 1, [1]),
        (4, 9, [0, 1]),
    ):
        assert kept_ids(counts, required, minimum, size).tolist() == expected


def test_changed_words_and_passages_are_counted_by_hand() -> None:
    before = tokenizer(TOKENS)
    after = tokenizer([token for token in TOKENS if token not in ("player", "##ing", "中")])
    passages = ["the player", "playing the playing dog", "dog.", "中 ☃", ""]
    found = compare_tokenizers(before, after, [passages[:2], passages[2:]])
    assert found is not None
    assert (found.passages, found.words, found.tokens) == (5, 10, 12)
    assert found.changed_words_share == 4 / 10  # player, twice playing, 中
    assert found.changed_passages_share == 3 / 5
    # player: play ##e ##r instead of one token; playing: play ##i ##n ##g instead of two.
    assert found.longer_share == pytest.approx((12 + 2 + 2 + 2) / 12 - 1)
    assert found.unknown_share_before == 1 / 12
    assert found.unknown_share_after == 2 / 18


def test_what_is_measured_was_not_in_the_choice(teacher: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    documents = ["the dog"] * 9 + ["zebra zebra the dog"]  # the tenth is held back
    text.write_text("\n\n".join(documents) + "\n")
    out = cut(teacher, tmp_path / "out", text)
    found = json.loads((out / "distill.json").read_text())["metrics"]["vocabulary"]
    assert "zebra" in load_tokenizer(out).tokens  # what ships knows all of the text
    assert found["held_back"]["passages"] == 1
    assert found["held_back"]["changed_words_share"] == 2 / 4
    assert (found["before"], found["after"]) == (len(TOKENS), load_tokenizer(out).vocab_size)
    lines = "\n".join(summary(out))
    assert f"{found['after']} of {len(TOKENS)} tokens" in lines
    assert "other tokens for 50.00 % of the words and 100.0 % of the passages" in lines
    text.write_text("the dog")
    lines = "\n".join(summary(cut(teacher, tmp_path / "short", text)))
    assert "too short to hold a tenth of it back" in lines


def test_squad_files_count_with_their_questions(tmp_path: Path) -> None:
    path = tmp_path / "squad.json"
    answers = [{"text": "dog", "answer_start": 4}]
    entries = [{"id": str(n), "question": "zebra cat", "answers": answers} for n in range(2)]
    paragraphs = [{"context": "the dog", "qas": entries}]
    path.write_text(json.dumps({"data": [{"title": "x", "paragraphs": paragraphs}]}))
    counts = count_tokens(tokenizer(TOKENS), [path], silent).total
    seen = {TOKENS[n]: int(counts[n]) for n in np.flatnonzero(counts)}
    assert seen == {"the": 1, "dog": 1, "zebra": 2, "cat": 2}


def test_bytes_saved_are_those_of_the_files(teacher: Path, tmp_path: Path, text: Path) -> None:
    for head, biases in (("none", 0), ("mlm", 1)):
        sizes = []
        for name, sources in (("all", ()), ("cut", (text,))):
            out = cut(teacher, tmp_path / f"{head}-{name}", *sources, head=head)
            sizes.append(sum(v.numel() for v in load(out, head).parameters()))
        removed = len(TOKENS) - load_tokenizer(out).vocab_size
        found = bytes_saved(load(out, head), removed)
        assert found["float32"] == 4 * (sizes[0] - sizes[1])
        assert found["int8"] == removed * (32 + 4 + 4 * biases)


def load(folder: Path, head: str) -> Any:
    from distill.heads import load_with_head

    return load_with_head(folder, head)[0]


def test_a_cut_vocabulary_goes_with_a_narrow_or_a_random_student(
    teacher: Path, tmp_path: Path, text: Path
) -> None:
    for name, changes in (("n", {"width": 8, "heads": 2}), ("r", {"random_start": True})):
        out = cut(teacher, tmp_path / name, text, **changes)
        words = load(out, "mlm").get_input_embeddings()
        assert words.num_embeddings == load_tokenizer(out).vocab_size < len(TOKENS)


@pytest.mark.parametrize(
    ("content", "changes", "found"),
    [
        (" \n\n", {}, r"no text in .*text\.txt"),
        ("dog", {"vocab_size": 20}, "vocab_size 20 is too small.* are 63 tokens"),
    ],
)
def test_what_leaves_no_vocabulary_is_refused(
    teacher: Path, tmp_path: Path, content: str, changes: dict[str, Any], found: str
) -> None:
    text = tmp_path / "text.txt"
    text.write_text(content)
    with pytest.raises(ValueError, match=found):
        cut(teacher, tmp_path / "out", text, **changes)
    with pytest.raises(FileNotFoundError, match="no such text file"):
        cut(teacher, tmp_path / "out", tmp_path / "gone.txt")
    assert list(tmp_path.iterdir()) == [text]


def test_tokenizers_that_do_not_fit_their_model_are_refused(
    teacher: Path, tmp_path: Path, text: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(teacher, source)
    document = json.loads((source / "tokenizer.json").read_text())
    document["added_tokens"].append({**document["added_tokens"][0], "content": "<x>", "id": 99})
    (source / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="added tokens outside its vocabulary, such as '<x>'"):
        cut(source, tmp_path / "out", text)
    (source / "tokenizer.json").unlink()
    (source / "vocab.txt").write_text("\n".join([*TOKENS, "dogged"]) + "\n", encoding="utf-8")
    text.write_text("dogged")
    with pytest.raises(ValueError, match="they do not belong together"):
        cut(source, tmp_path / "out", text)
