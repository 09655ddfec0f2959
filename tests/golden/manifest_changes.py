"""Changes of the valid manifest: which of them a loader takes, and which it refuses and why."""

from collections.abc import Callable
from typing import Any

from valid_manifest import Document

Change = Callable[[Document], None]


def _set(*path: str | int, to: Any) -> Change:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


def _drop(*path: str) -> Change:
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


def _also(name: str) -> Change:
    return _set("files", name, to={"bytes": 1, "sha256": "0" * 64})


ACCEPTED: dict[str, Change] = {
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
REFUSED: dict[str, tuple[str, list[str], Change]] = {
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
ABOVE_THE_APPS: dict[str, tuple[str, list[str], Change]] = {
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
