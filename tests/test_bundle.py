"""A bundle loads only as it was measured; everything else is refused by name."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from export import strict_json
from export.bundle import (
    MANIFEST,
    Bundle,
    Golden,
    GoldenCase,
    check_golden,
    load_bundle,
    load_golden,
    record_file,
)
from export.manifest import (
    Accuracy,
    Entry,
    Interface,
    Licences,
    Manifest,
    ModelFile,
    Operators,
    Parity,
    Provenance,
    TensorSpec,
    Tokenizer,
)
from tasks.windows import QaLimits

GOLDEN = Golden(
    tolerance=0.1,
    cases=(
        GoldenCase(
            name="padded-8-0",
            length=8,
            input_ids=(2, 9, 3),
            token_type_ids=(0, 0, 1),
            expected={
                "reference": {"start_logits": (0.5, 1.0, -1.0)},
                "pte": {"start_logits": (0.5, 1.01, -1.0)},
            },
        ),
    ),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A complete bundle folder around a file that no runtime could load."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.pte").write_bytes(bytes(range(256)))
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    (folder / "golden.json").write_text(strict_json.dump(GOLDEN))
    files = {path.name: record_file(path) for path in sorted(folder.iterdir())}
    model = ModelFile(
        file="model.pte",
        interface=Interface(
            entries=(Entry("forward", 2, 384),),
            inputs=(TensorSpec("input_ids", "int64", (1, "length")),),
            outputs=(TensorSpec("start_logits", "float32", (1, "length")),),
        ),
        parity=Parity(8, 0.999, 0.05, 1.0),
        accuracy=Accuracy("dev-A", 100, 70.0, 80.0, 70.5, 80.2, -0.9, 0.4, 7),
        size={"graph": {"other": 256}},
        operators=Operators(10, 1, {"aten::embedding": 1}),
    )
    manifest = Manifest(
        format_version=1,
        task="question-answering",
        recipe="int8",
        labels=(),
        models={"pte": model},
        tokenizer=Tokenizer("vocab.txt", files["vocab.txt"].sha256, 2, True, True, "wordpiece"),
        qa=QaLimits(),
        golden="golden.json",
        files=files,
        licences=Licences("apache-2.0", None),
        provenance=Provenance("0" * 64, None, {"torch": "2"}),
    )
    (folder / MANIFEST).write_text(strict_json.dump(manifest))
    return Bundle(folder, manifest)


def edit(bundle: Bundle, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle.folder / MANIFEST
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_what_was_written_is_what_is_read(bundle: Bundle) -> None:
    assert load_bundle(bundle.folder) == bundle
    assert load_golden(bundle) == GOLDEN
    assert bundle.model_path("pte") == bundle.folder / "model.pte"
    with pytest.raises(ValueError, match="no 'tflite' model; it has: pte"):
        bundle.model("tflite")


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"not a bundle.*distilbert-mobile export"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["model.pte", "vocab.txt", "golden.json"])
def test_a_missing_file_is_named(bundle: Bundle, name: str) -> None:
    (bundle.folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        load_bundle(bundle.folder)


@pytest.mark.parametrize("verify", [True, False])
def test_a_truncated_file_is_refused_even_without_hashing(bundle: Bundle, verify: bool) -> None:
    path = bundle.folder / "model.pte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="255 bytes, the manifest says 256"):
        load_bundle(bundle.folder, verify=verify)


def test_a_flipped_byte_is_refused(bundle: Bundle) -> None:
    path = bundle.folder / "model.pte"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"model\.pte is not the file that was measured"):
        load_bundle(bundle.folder)
    assert load_bundle(bundle.folder, verify=False)


def test_another_vocabulary_is_refused_even_when_the_file_list_knows_it(bundle: Bundle) -> None:
    (bundle.folder / "vocab.txt").write_text("[UNK]\n[PAD]\n")
    with pytest.raises(ValueError, match=r"vocab\.txt is not the file"):
        load_bundle(bundle.folder)
    digest = record_file(bundle.folder / "vocab.txt").sha256
    edit(bundle, lambda document: document["files"]["vocab.txt"].update(sha256=digest))
    with pytest.raises(ValueError, match="not the vocabulary of this model"):
        load_bundle(bundle.folder)


def test_a_newer_manifest_is_refused_before_its_fields_are_read(bundle: Bundle) -> None:
    (bundle.folder / MANIFEST).write_text('{"format_version": 2, "anything": []}')
    with pytest.raises(ValueError, match="format version 2, this tool reads 1"):
        load_bundle(bundle.folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format_version": 1', "\x00\xff"])
def test_a_damaged_manifest_is_refused(bundle: Bundle, text: str) -> None:
    (bundle.folder / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"manifest\.json is damaged"):
        load_bundle(bundle.folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("recipe"), "lacks 'recipe'"),
        (lambda d: d.update(extra=1), "has 'extra'"),
        (lambda d: d.update(labels="yes"), "labels must be list"),
        (lambda d: d["files"]["model.pte"].update(bytes="9"), r"model\.pte\.bytes must be int"),
        (lambda d: d["files"]["model.pte"].update(bytes=True), r"bytes must be int, found true"),
        (lambda d: d["models"]["pte"]["interface"].update(entries=[3]), r"entries\[0\] must be"),
        (lambda d: d["qa"].update(stride=0), "stride must be from 1"),
        (lambda d: d.update(models={}), "lists no model"),
        (lambda d: d["files"].pop("golden.json"), r"'golden\.json' but records no size"),
    ],
)
def test_a_manifest_with_a_wrong_field_says_which(
    bundle: Bundle, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit(bundle, change)
    with pytest.raises(ValueError, match=message):
        load_bundle(bundle.folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/file", "..", "."])
def test_a_path_that_leaves_the_folder_is_refused(bundle: Bundle, name: str) -> None:
    edit(bundle, lambda d: d["files"].update({name: {"bytes": 1, "sha256": "0"}}))
    with pytest.raises(ValueError, match="outside the bundle folder"):
        load_bundle(bundle.folder)


def test_a_link_that_leaves_the_folder_is_refused(bundle: Bundle) -> None:
    path = bundle.folder / "model.pte"
    path.rename(bundle.folder.parent / "elsewhere.pte")
    path.symlink_to(bundle.folder.parent / "elsewhere.pte")
    with pytest.raises(ValueError, match="outside the bundle folder"):
        load_bundle(bundle.folder)


class FixedRunner:
    """A runtime that always answers the same."""

    runtime = "pte"

    def __init__(self, *values: float) -> None:
        self.values = values
        self.lengths: list[int | None] = []

    def run(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> dict[str, npt.NDArray[np.float32]]:
        self.lengths.append(length)
        return {"start_logits": np.asarray(self.values, dtype=np.float32)}


def test_golden_outputs_within_the_tolerance_pass_at_the_stored_length(bundle: Bundle) -> None:
    runner = FixedRunner(0.55, 1.0, -1.0)
    assert check_golden(bundle, runner) == pytest.approx(0.05)
    assert runner.lengths == [8]


@pytest.mark.parametrize("wrong", [(0.5, 1.2, -1.0), (0.5, float("nan"), -1.0), (0.5, 1.0)])
def test_a_runtime_that_computes_something_else_is_refused(
    bundle: Bundle, wrong: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="golden case 'padded-8-0'"):
        check_golden(bundle, FixedRunner(*wrong))


def test_the_same_content_is_the_same_bytes(bundle: Bundle) -> None:
    copy = dataclasses.replace(bundle.manifest)
    assert strict_json.dump(copy) == strict_json.dump(bundle.manifest)
    assert strict_json.parse(Manifest, strict_json.dump(copy), "m") == bundle.manifest
