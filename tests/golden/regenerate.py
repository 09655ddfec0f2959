"""Writes the golden cases: `python tests/golden/regenerate.py [FOLDER]`, by default in place.

Token ids and spans come from Hugging Face `tokenizers`, windows and answers from the Python
reference in `tasks/`, a classifier's inputs from its training in `distill/`; what the manifests
must give is stated here, and checked with `export/`.
"""

import dataclasses
import hashlib
import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import texts  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordPiece  # noqa: E402
from tokenizers.normalizers import BertNormalizer  # noqa: E402
from tokenizers.pre_tokenizers import BertPreTokenizer  # noqa: E402
from unicode_tables import unicode_tables  # noqa: E402

from distill.batches import label_examples  # noqa: E402
from tasks.answers import Logits, decode  # noqa: E402
from tasks.classification import Labelled  # noqa: E402
from tasks.tokenizer import WordPieceTokenizer  # noqa: E402
from tasks.windows import QaLimits, Window, make_windows  # noqa: E402

SMALL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *"?.!"]
SMALL += ["##" + letter for letter in "abcdefghijklmnopqrstuvwxyz"] + ["東", "京", "😀", "é"]
SMALL += ["ᄒ", "##ᅡ", "##ᆫ"]


def huggingface(
    vocabulary: Sequence[str], lowercase: bool, strip_accents: bool
) -> Callable[[str], tuple[list[int], list[tuple[int, int]]]]:
    """BERT's tokenizer as `tokenizers` has it, with the removal of accents set apart."""
    model = WordPiece(
        {token: number for number, token in enumerate(vocabulary)},
        unk_token="[UNK]",
        max_input_chars_per_word=100,
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
    tokenizer.pre_tokenizer = BertPreTokenizer()

    def encode(text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    return encode


def tokenizer_cases() -> dict[str, Any]:
    """Texts in three settings, with the ids and spans that `tokenizers` gives."""
    cases = []
    for name, group in texts.CASES.items():
        vocabulary, lowercase, strip_accents = texts.TOKENIZERS[name]
        tokens = texts.VOCABULARIES[vocabulary]
        encode = huggingface(tokens, lowercase, strip_accents)
        for case, text in group.items():
            ids, spans = encode(text)
            cases.append(
                {
                    "name": case,
                    "tokenizer": name,
                    "text": text,
                    "tokens": [tokens[i] for i in ids],
                    "ids": ids,
                    "spans": spans,
                }
            )
    settings = {
        name: {"vocabulary": vocabulary, "lowercase": lowercase, "strip_accents": strip_accents}
        for name, (vocabulary, lowercase, strip_accents) in texts.TOKENIZERS.items()
    }
    return {"vocabularies": texts.VOCABULARIES, "tokenizers": settings, "cases": cases}


def small_tokenizer() -> WordPieceTokenizer:
    """The tokenizer of the cases of windows and answers."""
    return WordPieceTokenizer({token: i for i, token in enumerate(SMALL)}, lowercase=True)


def letters(count: int) -> str:
    """A passage of `count` tokens that repeats only after 26."""
    return " ".join(chr(ord("a") + i % 26) for i in range(count))


def window_cases() -> dict[str, Any]:
    """Questions and passages at and around every limit."""
    tight = QaLimits(max_question_tokens=5, max_length=16, stride=4)
    room = 16 - 2 - 3
    inputs: list[tuple[str, str, str, QaLimits]] = [
        ("short", "a b", "c d e", tight),
        ("default limits", "Who?", letters(60), QaLimits()),
        ("default limits, three windows", "Who is it?", letters(600), QaLimits()),
        ("exactly full", "a b", letters(room), tight),
        ("one token too many", "a b", letters(room + 1), tight),
        ("one stride more", "a b", letters(room + 4), tight),
        ("one stride and one token more", "a b", letters(room + 5), tight),
        ("many windows", "a b", letters(60), tight),
        ("question cut", "a b c d e f g h", letters(12), tight),
        ("question exactly at its limit", "a b c d e", letters(12), tight),
        ("question of many tokens at the default limits", letters(80), letters(20), QaLimits()),
        ("question cut inside a word", "a b c def", letters(3), tight),
        ("question without tokens", "\u200b", letters(3), tight),
        ("passage without tokens", "a", "\u200b\x00", tight),
        ("passage of one token", "a", "b", tight),
        ("stride of one", "a", letters(16), QaLimits(1, 14, 1)),
        ("stride that leaves no overlap", "a", letters(33), QaLimits(1, 14, 10)),
        ("stride larger than the room", "a", letters(33), QaLimits(1, 14, 400)),
        ("room for one token", "a b", letters(3), QaLimits(2, 6, 128)),
        ("tie of two windows", "a", letters(6), QaLimits(1, 8, 2)),
        ("separator typed", "[SEP] a", "b [SEP] c [CLS]", tight),
        ("words of several pieces across the border", "a b", "abcd efgh ijkl mnop", tight),
        ("characters beyond U+FFFF", "😀", "😀 a 東京 é 😀 b", tight),
        ("syllables that share a span", "a", "한한 한 a", tight),
        ("white space at both ends", "  a\n", "\t b  c \n", tight),
        ("bucket of 64", "a b c", letters(100), QaLimits().for_length(64)),
    ]
    tokenizer = small_tokenizer()
    cases = [
        {
            "name": name,
            "question": question,
            "context": context,
            "limits": dataclasses.asdict(limits),
            "windows": [
                dataclasses.asdict(window)
                for window in make_windows(tokenizer, question, context, limits)
            ],
        }
        for name, question, context, limits in inputs
    ]
    lengths = [8, 32, 64, 66, 67, 128, 131, 384, 512, 4096]
    refused: list[tuple[str, dict[str, int]]] = [
        ("max_question_tokens", {"max_question_tokens": 0}),
        ("max_question_tokens", {"max_question_tokens": 5000}),
        ("stride", {"stride": 0}),
        ("stride", {"stride": -128}),
        ("max_answer_tokens", {"max_answer_tokens": -1}),
        ("n_best", {"n_best": 1000000000}),
        ("max_length", {"max_length": 67}),
        ("max_length", {"max_length": 4097}),
        ("max_length", {"max_length": -384}),
    ]
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "cases": cases,
        "for_length": [
            {"length": length, "limits": dataclasses.asdict(QaLimits().for_length(length))}
            for length in lengths
        ],
        "refused": [
            {"limits": {**dataclasses.asdict(QaLimits()), **change}, "mentions": [field]}
            for field, change in refused
        ],
    }


Peaks = dict[int, float]


def peaks(window: Window, starts: Peaks, ends: Peaks, rest: float = -5.0) -> Logits:
    """Logits of one window: `rest` everywhere but at the given positions."""
    start = np.full(len(window.input_ids), rest, np.float32)
    end = np.full(len(window.input_ids), rest, np.float32)
    for array, values in ((start, starts), (end, ends)):
        for position, value in values.items():
            array[position] = value
    return start, end


def answer_cases() -> dict[str, Any]:
    """Logits and the answers that they make."""
    cases: list[dict[str, Any]] = []
    tokenizer = small_tokenizer()

    def add(
        name: str,
        context: str,
        limits: QaLimits,
        *given: tuple[Peaks, Peaks],
        question: str = "a",
        rest: float = -5.0,
        padding: int = 0,
    ) -> None:
        windows = make_windows(tokenizer, question, context, limits)
        logits = [peaks(w, *pair, rest) for w, pair in zip(windows, given, strict=True)]
        if padding:
            high = np.full(padding, 50, np.float32)
            logits = [(np.concatenate([s, high]), np.concatenate([e, high])) for s, e in logits]
        append(name, question, context, limits, windows, logits)

    def append(
        name: str,
        question: str,
        context: str,
        limits: QaLimits,
        windows: list[Window],
        logits: list[Logits],
    ) -> None:
        cases.append(
            {
                "name": name,
                "question": question,
                "context": context,
                "limits": dataclasses.asdict(limits),
                "logits": [{"start": s.tolist(), "end": e.tolist()} for s, e in logits],
                "expected": dataclasses.asdict(decode(context, windows, logits, limits)),
            }
        )

    # With a question of one token the passage begins at position 3.
    text = "a  b c d e f g h"
    few, any_limits = QaLimits(n_best=3), QaLimits()
    add("the best pair", text, any_limits, ({3: 4.0}, {4: 3.0}))
    add("specials and question never answer", text, few, ({0: 9, 1: 9, 2: 9, 11: 9, 6: 5},
        {0: 9, 1: 9, 11: 9, 5: 5, 7: 1}))  # fmt: skip
    add("end before start", text, few, ({6: 5, 4: 1}, {5: 5, 7: 0.5}))
    add("only an end before the start", text, QaLimits(n_best=1), ({6: 5}, {5: 5}))
    add("too long", text, QaLimits(max_answer_tokens=2, n_best=4), ({3: 9}, {10: 9, 4: 1}))
    add("exactly as long as allowed", text, QaLimits(max_answer_tokens=8), ({3: 9}, {10: 9}))
    add("one token longer than allowed", text, QaLimits(max_answer_tokens=7), ({3: 9}, {10: 9}))
    add("longest answer of one token", text, QaLimits(max_answer_tokens=1), ({3: 3}, {5: 4, 3: 1}))
    add("ties go to the earlier start, then the earlier end", text, few, ({3: 1, 5: 1},
        {5: 1, 7: 1}))  # fmt: skip
    add("all logits equal", text, QaLimits(n_best=5), ({}, {}), rest=0.0)
    add("ties at the border of the n best", text, QaLimits(n_best=2), ({3: 1, 5: 1, 7: 1},
        {4: 1, 6: 1, 8: 1}))  # fmt: skip
    add("minus zero equals zero", text, QaLimits(n_best=2), ({3: -0.0, 5: 0.0, 7: -0.0},
        {3: 0.0, 6: -0.0, 8: 0.0}))  # fmt: skip
    add("n best of one", text, QaLimits(n_best=1), ({4: 2}, {5: 2}))
    add("passage shorter than the n best", "a b", any_limits, ({3: 1}, {4: 1}))
    add("passage of one token", "a", any_limits, ({3: -7}, {3: -8}))
    add("passage without tokens", "\u200b", any_limits, ({0: 1}, {0: 2}))
    add("padding is not looked at", text, few, ({4: 2}, {5: 2}), padding=8)
    add("n best past the length of the passage", text, QaLimits(n_best=4096), ({4: 2}, {5: 2}))
    add("sum in double precision", text, few, ({3: 16777216.0, 4: 16777216.0}, {4: 1.0, 5: 0.25}),
        rest=-16777216.0)  # fmt: skip
    for threshold in (None, 2.5, 2.0, 1.5, 0.0, -10.0):
        add(f"null threshold {threshold}", text, QaLimits(n_best=2, null_threshold=threshold),
            ({0: 2, 3: 1}, {0: 2, 3: 1}))  # fmt: skip
    add("null threshold and no span at all", text, QaLimits(n_best=1, null_threshold=0.0),
        ({6: 5}, {5: 5}))  # fmt: skip
    two = QaLimits(max_question_tokens=1, max_length=8, stride=2, n_best=4)
    add("scores are compared across windows", "c d e f g h", two, ({5: 3.0}, {5: 1.0}),
        ({3: 9.0, 5: 2.5}, {3: 9.0, 5: 2.0}))  # fmt: skip
    add("the end may lie where another window shows more", "c d e f g h", two,
        ({5: 3.0}, {6: 4.0}), ({}, {}))  # fmt: skip
    add("one span from two windows counts once, at its best", "c d e f g h", two,
        ({3: 1, 4: 2}, {5: 2, 6: 1}), ({4: 3, 6: 1}, {6: 3}))  # fmt: skip
    add("the null score is the least of the windows", "c d e f g h",
        QaLimits(1, 8, 2, n_best=2, null_threshold=1.0), ({0: 9, 3: 1}, {0: 9, 3: 1}),
        ({0: 1.5}, {0: 1.25}))  # fmt: skip
    add("characters beyond U+FFFF", "😀 a 😀 東京 é b", few, ({5: 3}, {7: 3}))
    add("decomposed accent stays inside the answer", "a e\u0301x b", few, ({4: 3}, {5: 3}))
    add("syllables that share a span", "한 a 한", QaLimits(n_best=6), ({3: 1, 4: 2}, {3: 1, 5: 2}))
    add("answer inside a word", "abcd ef", few, ({4: 3}, {5: 3}))
    add("white space inside the answer stays", "a \n\t b\u00a0c", few, ({3: 3}, {5: 3}))
    add("question cut", text, QaLimits(max_question_tokens=2), ({4: 4}, {5: 3}),
        question="a b c d")  # fmt: skip

    rng = np.random.default_rng(5)
    words = random.Random(5)
    for number in range(12):
        context = " ".join(
            "".join(words.choices("abcdefghij", k=words.randint(1, 4)))
            for _ in range(words.randint(4, 14))
        )
        limits = QaLimits(
            max_question_tokens=words.randint(1, 4),
            max_length=words.randint(12, 24),
            stride=words.randint(2, 9),
            max_answer_tokens=words.randint(1, 8),
            n_best=words.randint(1, 9),
            null_threshold=words.choice([None, -0.5, 0.0, 1.25]),
        )
        windows = make_windows(tokenizer, "who is it?", context, limits)
        logits = [
            (
                rng.normal(size=len(window.input_ids)).astype(np.float32),
                rng.normal(size=len(window.input_ids)).astype(np.float32),
            )
            for window in windows
        ]
        append(f"random {number}", "who is it?", context, limits, windows, logits)
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "cases": cases,
        "not_finite": [
            {"case": cases[0]["name"], "window": 0, "array": array, "position": at, "value": value}
            for array, at, value in (("start", 3, "nan"), ("end", 0, "inf"), ("start", 11, "-inf"))
        ],
        "refused": [
            {"question": question, "context": context, "mentions": [word]}
            for question, context, word in (
                ("", "a", "question"),
                (" \n\t", "a", "question"),
                ("\u3000\u00a0", "a", "question"),
                ("a", "", "passage"),
                ("a", " \r\n", "passage"),
            )
        ],
    }


def classifier_cases() -> dict[str, Any]:
    """Inputs as training joins and cuts them, and labels ranked by their logits."""
    given = [
        ("short", "a b", None, 8),
        ("exactly full", "a b c d e f", None, 8),
        ("one token too many", "a b c d e f g", None, 8),
        ("cut inside a word", "a bcdefgh", None, 6),
        ("no token", "\u200b", None, 8),
        ("room for no token", "a b", None, 2),
        ("separator typed", "[SEP] a", None, 8),
        ("pair", "a b", "c d e", 16),
        ("pair exactly full", "a b c", "d e", 8),
        ("both too long", "a b c d e f", "g h i j k l", 10),
        ("both too long, even room", "a b c d e f", "g h i j k l", 11),
        ("the first is longer", "a b c d e f g h", "i j", 10),
        ("the second is longer", "a b", "c d e f g h i j", 10),
        ("one token longer", "a b c d", "e f g", 9),
        ("pair with room for one token", "a b", "c d", 4),
        ("pair with room for none", "a b", "c d", 3),
        ("second text empty", "a b c d", "", 6),
        ("first text empty", "", "a b c d", 6),
        ("other scripts", "東京 é", "😀 한", 16),
    ]
    inputs = []
    for name, text, pair, length in given:
        item = Labelled("", text, pair, "")
        (made,) = label_examples([item], [0.0], small_tokenizer(), length)
        types = [int(place >= made.second) for place in range(len(made.input_ids))]
        found = {"input_ids": made.input_ids.tolist(), "token_type_ids": types}
        inputs.append({"name": name, "text": text, "pair": pair, "max_length": length} | found)
    rankings: list[dict[str, Any]] = []
    for name, logits in [
        ("two", [0.25, -1.5]),
        ("three", [1.0, 3.0, 2.0]),
        ("ties go to the earlier label", [1.0, 2.0, 1.0, 2.0]),
        ("minus zero equals zero", [-0.0, 0.0, -0.0]),
        ("so far apart that their shares are nothing", [-2000.0, 0.0, -1000.0]),
        ("large ones", [1000.0, 1000.5]),
        ("one label", [-3.0]),
    ]:
        labels = [f"label {number}" for number in range(len(logits))]
        order = sorted(range(len(logits)), key=lambda i, logits=logits: (-logits[i], i))
        shares = np.exp(np.asarray(logits) - max(logits))
        shares /= shares.sum()
        ranked = [{"label": labels[i], "probability": float(shares[i])} for i in order]
        rankings.append({"name": name, "labels": labels, "logits": logits, "ranked": ranked})
    refused = [([1.0], 2), ([1.0, 2.0, 3.0], 2), ([], 0), (["nan", 1.0], 2), ([1.0, "inf"], 2)]
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "inputs": inputs,
        "refused_lengths": [
            {"text": "a", "pair": pair, "max_length": length}
            for pair, length in ((None, 1), (None, 0), (None, -1), ("b", 2), ("b", -3))
        ],
        "rankings": rankings,
        "refused_logits": [
            {"labels": [f"label {n}" for n in range(labels)], "logits": logits}
            for logits, labels in refused
        ],
    }


Document = dict[str, Any]


def manifest_files() -> dict[str, bytes]:
    """The files beside every manifest; no runtime could load the models."""
    golden = {
        "tolerance": 0.1,
        "cases": [
            {
                "name": "padded-8-0",
                "length": 8,
                "input_ids": [2, 5, 3, 6, 3],
                "token_type_ids": [0, 0, 0, 1, 1],
                "expected": {
                    runtime: {
                        "start_logits": [0.5, 1.0 + off, -1.0, 2.25, 0.0],
                        "end_logits": [0.25, 0.5, -1.0, 3.5 - off, 0.0],
                    }
                    for runtime, off in (("reference", 0.0), ("tflite", 0.01), ("pte", 0.02))
                },
            }
        ],
    }
    return {
        "golden.json": (json.dumps(golden, indent=1) + "\n").encode(),
        "model.pte": bytes(range(256)),
        "model.tflite": bytes(range(255, -1, -1)) + b"tflite",
        "vocab.txt": ("\n".join([*SMALL[:5], "a", "b"]) + "\n").encode(),
    }


def valid_manifest() -> Document:
    """A manifest as `distilbert-mobile export` writes it, for those files."""

    def model(file: str, dtype: str, entries: list[Document]) -> Document:
        shape = [1, "length"]
        names = ("input_ids", "attention_mask", "token_type_ids")
        return {
            "file": file,
            "interface": {
                "entries": entries,
                "inputs": [{"name": n, "dtype": dtype, "shape": shape} for n in names],
                "outputs": [
                    {"name": f"{end}_logits", "dtype": "float32", "shape": shape}
                    for end in ("start", "end")
                ],
            },
            "parity": {"windows": 16, "min_cosine": 0.9999, "max_error": 0.25, "agreement": 1.0},
            "accuracy": None,
            "size": {"graph": {"other": len(files[file])}},
            "operators": {"delegated": 10, "delegates": 1, "left_over": {"RESHAPE": 4}},
        }

    files = manifest_files()
    records = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    fixed = [{"name": f"length_{n}", "min_length": n, "max_length": n} for n in (8, 384)]
    return {
        "format_version": 1,
        "task": "question-answering",
        "recipe": "int8",
        "labels": [],
        "models": {
            "tflite": model("model.tflite", "int32", fixed),
            "pte": model(
                "model.pte", "int64", [{"name": "forward", "min_length": 2, "max_length": 384}]
            ),
        },
        "tokenizer": {
            "file": "vocab.txt",
            "sha256": records["vocab.txt"]["sha256"],
            "vocab_size": 7,
            "lowercase": True,
            "strip_accents": True,
            "kind": "wordpiece",
        },
        "qa": dataclasses.asdict(QaLimits()),
        "golden": "golden.json",
        "files": records,
        "licences": {"weights": "apache-2.0", "data": None},
        "provenance": {
            "checkpoint_sha256": "0" * 64,
            "git_commit": None,
            "versions": {"torch": "2.13.0"},
        },
    }


def _set(*path: str | int, to: Any) -> Callable[[Document], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


def _drop(*path: str) -> Callable[[Document], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def _classifier(document: Document) -> None:
    document.update(task="sequence-classification", labels=["negative", "positive"], qa=None)
    for model in document["models"].values():
        logits = {"name": "logits", "dtype": "float32", "shape": [1, 2]}
        model["interface"]["outputs"] = [logits]


def _one_runtime(document: Document) -> None:
    del document["models"]["pte"]
    del document["files"]["model.pte"]


def _also(name: str) -> Callable[[Document], None]:
    return _set("files", name, to={"bytes": 1, "sha256": "0" * 64})


ACCEPTED: dict[str, Callable[[Document], None]] = {
    "as-exported": lambda document: None,
    "one-runtime": _one_runtime,
    "null-threshold": _set("qa", "null_threshold", to=-1.5),
    "whole-number-threshold": _set("qa", "null_threshold", to=2),
    "cased": lambda d: d["tokenizer"].update(lowercase=False, strip_accents=False),
    "accents-kept": _set("tokenizer", "strip_accents", to=False),
    "cased-without-accents": _set("tokenizer", "lowercase", to=False),
    "classifier": _classifier,
    "accuracy": _set(
        "models", "pte", "accuracy",
        to={"data": "dev", "n": 100, "exact_match": 70.5, "f1": 80, "checkpoint_exact_match": 70.0,
            "checkpoint_f1": 80.25, "f1_change_low": -0.75, "f1_change_high": 0.25,
            "changed": 12},
    ),
}  # fmt: skip

_HASH, _QA, _PTE = "0" * 64, "qa", ("models", "pte", "interface", "entries")
# name -> (why it is refused, words that the message must have, the change)
REFUSED: dict[str, tuple[str, list[str], Callable[[Document], None]]] = {
    "newer-format": ("unknown format version", ["format version", "2"],
        _set("format_version", to=2)),
    "format-version-as-text": ("the format version is no number", ["format version"],
        _set("format_version", to="1")),
    "no-format-version": ("no format version", ["format version"], _drop("format_version")),
    "parent-folder": ("a file outside the folder", ["../secret", "outside"], _also("../secret")),
    "absolute-path": ("a file outside the folder", ["/etc/passwd", "outside"],
        _also("/etc/passwd")),
    "sub-folder": ("a file outside the folder itself", ["sub/file", "outside"],
        _also("sub/file")),
    "dots": ("a file outside the folder", ["outside"], _also("..")),
    "dot": ("the folder itself", ["outside"], _also(".")),
    "empty-name": ("the folder itself", ["outside"], _also("")),
    "missing-file": ("a file that is not there", ["extra.bin", "missing"], _also("extra.bin")),
    "too-short": ("a file longer than recorded", ["model.tflite", "262", "261"],
        _set("files", "model.tflite", "bytes", to=261)),
    "truncated": ("a file shorter than recorded", ["model.pte", "256", "100000"],
        _set("files", "model.pte", "bytes", to=100000)),
    "negative-size": ("a size below nothing", ["model.pte", "-1"],
        _set("files", "model.pte", "bytes", to=-1)),
    "absurd-size": ("a size beyond 64 bits", ["model.pte"],
        _set("files", "model.pte", "bytes", to=10**30)),
    "size-as-text": ("a size that is no number", ["model.pte.bytes"],
        _set("files", "model.pte", "bytes", to="256")),
    "size-as-fraction": ("a size that is no whole number", ["model.pte.bytes"],
        _set("files", "model.pte", "bytes", to=256.0)),
    "size-as-truth": ("a size that is no number", ["model.pte.bytes"],
        _set("files", "model.pte", "bytes", to=True)),
    "other-hash": ("other bytes than measured", ["model.tflite", "SHA-256"],
        _set("files", "model.tflite", "sha256", to=_HASH)),
    "hash-in-capitals": ("a hash that is not written as recorded", ["model.tflite", "SHA-256"],
        lambda d: d["files"]["model.tflite"].update(
            sha256=d["files"]["model.tflite"]["sha256"].upper())),
    "other-vocabulary": ("not the vocabulary of the model", ["vocab.txt", "vocabulary"],
        _set("tokenizer", "sha256", to=_HASH)),
    "unrecorded-golden": ("a file without size and hash", ["golden.json", "records no"],
        _drop("files", "golden.json")),
    "unrecorded-model": ("a file without size and hash", ["model.pte", "records no"],
        _drop("files", "model.pte")),
    "unrecorded-vocabulary": ("a file without size and hash", ["vocab.txt", "records no"],
        _drop("files", "vocab.txt")),
    "no-model": ("no model", ["no model"], _set("models", to={})),
    "missing-field": ("a field is missing", ["recipe"], _drop("recipe")),
    "missing-inner-field": ("a field is missing", ["lowercase"], _drop("tokenizer", "lowercase")),
    "unknown-field": ("a field that nobody knows", ["extra"], _set("extra", to=1)),
    "unknown-inner-field": ("a field that nobody knows", ["tokenizer", "extra"],
        _set("tokenizer", "extra", to=None)),
    "labels-as-text": ("a list is expected", ["labels"], _set("labels", to="yes")),
    "label-as-number": ("a text is expected", ["labels[0]"], _set("labels", to=[3])),
    "entry-as-number": ("an object is expected", ["entries[0]"],
        _set("models", "pte", "interface", "entries", to=[3])),
    "lowercase-as-number": ("true or false is expected", ["tokenizer.lowercase"],
        _set("tokenizer", "lowercase", to=1)),
    "strip-accents-missing": ("a field is missing", ["strip_accents"],
        _drop("tokenizer", "strip_accents")),
    "strip-accents-as-null": ("true or false is expected", ["tokenizer.strip_accents"],
        _set("tokenizer", "strip_accents", to=None)),
    "kind-missing": ("a field is missing", ["kind"], _drop("tokenizer", "kind")),
    "unknown-kind": ("a tokenizer that nobody knows", ["kind", "sentencepiece", "wordpiece"],
        _set("tokenizer", "kind", to="sentencepiece")),
    "no-vocabulary-size": ("a size out of its range", ["vocab_size", "0"],
        _set("tokenizer", "vocab_size", to=0)),
    "negative-vocabulary": ("a size out of its range", ["vocab_size", "-7"],
        _set("tokenizer", "vocab_size", to=-7)),
    "absurd-vocabulary": ("a size out of its range", ["vocab_size", "2000000000"],
        _set("tokenizer", "vocab_size", to=2 * 10**9)),
    "no-entries": ("a model that cannot be called", ["pte", "at least one"],
        _set(*_PTE, to=[])),
    "zero-length": ("a length out of its range", ["forward", "0", "4096"],
        _set(*_PTE, 0, "min_length", to=0)),
    "negative-length": ("a length out of its range", ["forward", "-384", "4096"],
        _set(*_PTE, 0, "max_length", to=-384)),
    "absurd-entry": ("a length out of its range", ["forward", "9999999", "4096"],
        _set(*_PTE, 0, "max_length", to=9999999)),
    "lengths-reversed": ("a length out of its range", ["forward", "385", "384"],
        _set(*_PTE, 0, "min_length", to=385)),
    "entries-reversed": ("the longer entry comes first", ["tflite", "shortest first"],
        lambda d: d["models"]["tflite"]["interface"]["entries"].reverse()),
    "entries-repeated": ("two entries of one length", ["tflite", "shortest first"],
        _set("models", "tflite", "interface", "entries", 0, to={"name": "again",
            "min_length": 384, "max_length": 384})),
    "longer-than-the-model": ("windows that no entry takes", ["max_length", "385", "384"],
        _set(_QA, "max_length", to=385)),
    "task-missing": ("a text is expected", ["task"], _set("task", to=None)),
    "zero-stride": ("a limit out of its range", ["stride"], _set(_QA, "stride", to=0)),
    "negative-answer": ("a limit out of its range", ["max_answer_tokens"],
        _set(_QA, "max_answer_tokens", to=-30)),
    "absurd-n-best": ("a limit out of its range", ["n_best"], _set(_QA, "n_best", to=10**9)),
    "absurd-length": ("a limit out of its range", ["max_length"],
        _set(_QA, "max_length", to=10**6)),
    "length-without-room": ("no room for the passage", ["max_length"],
        _set(_QA, "max_length", to=67)),
    "limit-beyond-64-bits": ("a limit out of its range", ["stride"],
        _set(_QA, "stride", to=10**30)),
    "limit-as-fraction": ("a limit that is no whole number", ["qa.max_length"],
        _set(_QA, "max_length", to=384.0)),
    "threshold-as-text": ("a threshold that is no number", ["null_threshold"],
        _set(_QA, "null_threshold", to="0")),
}  # fmt: skip

# What Python takes and the apps must refuse, in the form of REFUSED.
ABOVE_THE_APPS: dict[str, tuple[str, list[str], Callable[[Document], None]]] = {
    "byte-bpe": ("the apps read WordPiece only", ["kind", "byte-bpe", "wordpiece"],
        _set("tokenizer", "kind", to="byte-bpe")),
}  # fmt: skip

DAMAGED = {
    "empty": "",
    "cut": '{"format_version": 1, "task": "question-answering"',
    "list": "[]\n",
    "null": "null\n",
    "not-json": "format_version: 1\n",
    "two-documents": '{"format_version": 1} {}\n',
}


def manifests() -> dict[str, bytes]:
    """Path -> bytes of everything in `manifests/`."""
    written = {f"files/{name}": data for name, data in manifest_files().items()}
    cases = []

    def add(name: str, written_text: str, reason: str | None, **more: Any) -> None:
        file = f"{'refused' if reason else 'accepted'}/{name}.json"
        written[file] = written_text.encode()
        cases.append({"manifest": file, "refused": reason, **more})

    def changed(change: Callable[[Document], None]) -> Document:
        document = valid_manifest()
        change(document)
        return document

    vocabulary = manifest_files()["vocab.txt"].decode().split()
    for name, change in ACCEPTED.items():
        document, text = changed(change), "a B \u00e1"
        flags = document["tokenizer"]["lowercase"], document["tokenizer"]["strip_accents"]
        ids, _ = huggingface(vocabulary, *flags)(text)
        add(name, dumped(document), None, text=text, ids=ids)
    for name, (reason, mentions, change) in REFUSED.items():
        add(name, dumped(changed(change)), reason, mentions=mentions)
    for name, (reason, mentions, change) in ABOVE_THE_APPS.items():
        add(name, dumped(changed(change)), reason, mentions=mentions, only_apps=True)
    for name, text in DAMAGED.items():
        add(f"damaged-{name}", text, "damaged", mentions=["manifest.json", "damaged"])
    written["cases.json"] = dumped({"cases": cases}).encode()
    return written


def dumped(value: Any) -> str:
    """JSON in ASCII, one line per innermost list, always the same bytes."""
    return _lines(value, 0) + "\n"


def _lines(value: Any, depth: int) -> str:
    if not isinstance(value, dict | list | tuple) or not value:
        return json.dumps(value)
    pad, end = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(k)}: {_lines(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + end + "}"
    if any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(pad + _lines(v, depth + 1) for v in value) + "\n" + end + "]"
    if any(isinstance(item, list) for item in value):
        return _filled([json.dumps(item) for item in value], pad, end)
    return json.dumps(value)


def _filled(items: list[str], pad: str, end: str) -> str:
    """Short items in lines of up to 120 characters."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > 120:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + item
    return "[\n" + ",\n".join(pad + line for line in lines) + "\n" + end + "]"


def content() -> dict[str, bytes]:
    """Path -> bytes of all golden files."""
    found = {
        "unicode.json": dumped(unicode_tables()).encode(),
        "tokenizer.json": dumped(tokenizer_cases()).encode(),
        "windows.json": dumped(window_cases()).encode(),
        "answers.json": dumped(answer_cases()).encode(),
        "classifier.json": dumped(classifier_cases()).encode(),
    }
    return found | {f"manifests/{name}": data for name, data in manifests().items()}


def main(folder: Path) -> None:
    """Write every golden file into `folder`."""
    for name, data in content().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
