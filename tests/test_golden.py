"""The golden cases come out again to the byte, and the Python reference passes them."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from bench.subject import bundle_tokenizer
from export.bundle import MANIFEST, SIGNATURE, load_bundle, load_golden
from export.signature import check_signature, read_public_key
from tasks.answers import Logits, decode
from tasks.qa import answer_question
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits, Window, make_windows

GOLDEN = Path(__file__).resolve().parent / "golden"


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="ascii"))
    return document


TOKENIZER, WINDOWS, ANSWERS = read("tokenizer.json"), read("windows.json"), read("answers.json")
SIGNATURES = read("signatures.json")
CLASSIFIER, ODD = read("classifier.json"), ("both too long", "pair with room for one token")
MANIFESTS = read("manifests/cases.json")["cases"]


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def small_tokenizer(document: dict[str, Any]) -> WordPieceTokenizer:
    vocab = {token: number for number, token in enumerate(document["vocabulary"])}
    return WordPieceTokenizer(vocab, lowercase=document["lowercase"])


@pytest.fixture(scope="module")
def regenerate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate", GOLDEN / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_bytes_come_out_again(regenerate: ModuleType) -> None:
    content: dict[str, bytes] = regenerate.content()
    for name, data in content.items():
        assert (GOLDEN / name).read_bytes() == data, name
    written = {str(p.relative_to(GOLDEN)) for p in (GOLDEN / "manifests").rglob("*.*")}
    assert written == {name for name in content if name.startswith("manifests/")}


def test_every_case_has_a_name_of_its_own() -> None:
    for cases in (TOKENIZER["cases"], WINDOWS["cases"], ANSWERS["cases"]):
        names = [(case.get("tokenizer"), case["name"]) for case in cases]
        assert len(set(names)) == len(names)
    assert len(TOKENIZER["cases"]) > 150


@pytest.mark.parametrize("case", TOKENIZER["cases"], ids=named)
def test_the_reference_tokenises_as_written(case: dict[str, Any]) -> None:
    setting = TOKENIZER["tokenizers"][case["tokenizer"]]
    tokens = TOKENIZER["vocabularies"][setting["vocabulary"]]
    vocab = {token: number for number, token in enumerate(tokens)}
    pieces = WordPieceTokenizer(
        vocab, lowercase=setting["lowercase"], strip_accents=setting["strip_accents"]
    ).encode(case["text"])
    assert pieces.ids == case["ids"]
    assert [list(span) for span in pieces.spans] == case["spans"]
    assert [tokens[i] for i in pieces.ids] == case["tokens"]


@pytest.mark.parametrize("case", WINDOWS["cases"], ids=named)
def test_the_reference_cuts_windows_as_written(case: dict[str, Any]) -> None:
    limits = QaLimits(**case["limits"])
    made = make_windows(small_tokenizer(WINDOWS), case["question"], case["context"], limits)
    expected = [
        Window(**{**window, "spans": [tuple(span) for span in window["spans"]]})
        for window in case["windows"]
    ]
    assert made == expected


def test_limits_shrink_and_are_refused_as_written() -> None:
    for case in WINDOWS["for_length"]:
        assert QaLimits().for_length(case["length"]) == QaLimits(**case["limits"])
    for case in WINDOWS["refused"]:
        with pytest.raises(ValueError) as caught:
            QaLimits(**case["limits"])
        assert all(word in str(caught.value) for word in case["mentions"])


def logits_of(case: dict[str, Any]) -> list[Logits]:
    return [
        (np.asarray(given["start"], np.float32), np.asarray(given["end"], np.float32))
        for given in case["logits"]
    ]


def decoded(case: dict[str, Any], logits: list[Logits]) -> dict[str, Any]:
    limits = QaLimits(**case["limits"])
    tokenizer = small_tokenizer(ANSWERS)
    windows = make_windows(tokenizer, case["question"], case["context"], limits)
    found = decode(case["context"], windows, logits, limits)
    return {
        "best": found.best and vars(found.best),
        "n_best": [vars(span) for span in found.n_best],
        "null_score": found.null_score,
    }


@pytest.mark.parametrize("case", ANSWERS["cases"], ids=named)
def test_the_reference_answers_as_written(case: dict[str, Any]) -> None:
    assert decoded(case, logits_of(case)) == case["expected"]
    for span in case["expected"]["n_best"]:
        assert span["text"] == case["context"][span["start"] : span["end"]]


@pytest.mark.parametrize("fault", ANSWERS["not_finite"], ids=lambda fault: fault["value"])
def test_logits_that_are_no_numbers_are_refused(fault: dict[str, Any]) -> None:
    case = next(case for case in ANSWERS["cases"] if case["name"] == fault["case"])
    logits = logits_of(case)
    array = logits[fault["window"]][("start", "end").index(fault["array"])]
    array[fault["position"]] = float(fault["value"])
    with pytest.raises(ValueError, match="not finite"):
        decoded(case, logits)


@pytest.mark.parametrize("case", ANSWERS["refused"], ids=lambda case: case["mentions"][0])
def test_texts_of_white_space_are_refused(case: dict[str, Any]) -> None:
    def model(input_ids: list[int], token_type_ids: list[int]) -> Logits:
        raise AssertionError("the model must not be asked")

    with pytest.raises(ValueError) as caught:
        answer_question(
            model, small_tokenizer(ANSWERS), case["question"], case["context"], QaLimits()
        )
    assert all(word in str(caught.value) for word in case["mentions"])


# Of two texts that are both cut an odd place goes to the first here, in `tokenizers` to the second.
@pytest.mark.parametrize(
    "case", [c for c in CLASSIFIER["inputs"] if c["name"] not in ODD], ids=named
)
def test_classifier_inputs_are_those_of_tokenizers_but_for_an_odd_place(
    case: dict[str, Any],
) -> None:
    vocab = {token: number for number, token in enumerate(CLASSIFIER["vocabulary"])}
    tokenizer = Tokenizer(WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=CLASSIFIER["lowercase"])
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", vocab["[SEP]"]), ("[CLS]", vocab["[CLS]"]))
    tokenizer.enable_truncation(case["max_length"], strategy="longest_first")
    made = tokenizer.encode(case["text"], case["pair"])
    assert (made.ids, made.type_ids) == (case["input_ids"], case["token_type_ids"])


@pytest.mark.parametrize("case", MANIFESTS, ids=lambda case: Path(case["manifest"]).stem)
def test_the_reference_takes_and_refuses_manifests_as_written(
    case: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(GOLDEN / "manifests" / "files", folder)
    shutil.copyfile(GOLDEN / "manifests" / case["manifest"], folder / MANIFEST)
    if case["refused"] is None:
        bundle = load_bundle(folder)
        assert load_golden(bundle).cases
        assert bundle_tokenizer(bundle).encode(case["text"]).ids == case["ids"]
        return
    if case.get("only_apps"):
        assert load_bundle(folder).manifest.tokenizer.kind == "byte-bpe"
        return
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        load_bundle(folder)
    message = str(caught.value)
    assert all(word in message for word in case["mentions"]), message


@pytest.mark.parametrize("case", SIGNATURES["cases"], ids=named)
def test_the_reference_takes_and_refuses_signatures_as_written(
    case: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copyfile(GOLDEN / case["manifest"], tmp_path / MANIFEST)
    if case["signature"] is not None:
        (tmp_path / SIGNATURE).write_bytes(bytes.fromhex(case["signature"]))
    if case["key"] is None:
        assert case["refused"] is None
        return
    (tmp_path / "public.pem").write_bytes(SIGNATURES["keys"][case["key"]].encode())
    key = read_public_key(tmp_path / "public.pem")
    if case["refused"] is None:
        check_signature(tmp_path, key)
        return
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        check_signature(tmp_path, key)
    assert all(word in str(caught.value) for word in case["mentions"])


@pytest.mark.parametrize("case", SIGNATURES["refused_keys"], ids=named)
def test_what_is_no_key_is_refused(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(case["pem"])
    with pytest.raises(ValueError, match="no public Ed25519 key"):
        read_public_key(tmp_path / "key.pem")


@pytest.mark.parametrize("case", SIGNATURES["vectors"], ids=named)
def test_openssl_verifies_the_vectors_as_written(case: dict[str, Any]) -> None:
    key, message, signature = (
        bytes.fromhex(case[name]) for name in ("public_key", "message", "signature")
    )
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        assert not case["valid"]
    else:
        assert case["valid"]
