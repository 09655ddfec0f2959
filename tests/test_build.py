"""A bundle appears complete, proven and reproducible, or not at all."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
)

from export import apart
from export.build import build_bundle
from export.bundle import Bundle, load_bundle, load_golden
from export.config import ExportConfig, InspectConfig
from export.inspection import inspect_bundle
from export.runner import open_runner
from export.staging import staging
from tasks.qa import answer_question
from tasks.squad import read_squad, sample_path
from tasks.tokenizer import tokenizer_from_vocab

ROOT = Path(__file__).resolve().parents[1]
FILES = {"model.tflite", "model.pte", "vocab.txt", "golden.json", "sbom.cdx.json"}


def save_checkpoint(model: PreTrainedModel, folder: Path) -> Path:
    """Save with a vocabulary of single characters, and a model card that states licences."""
    texts = "".join(q.context + q.question for q in read_squad([sample_path()])).lower()
    letters = sorted({c for c in texts if not c.isspace()})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = BertConfig(**sizes, vocab_size=300, intermediate_size=96, max_position_embeddings=64)
    return save_checkpoint(BertForQuestionAnswering(config), tmp_path_factory.mktemp("qa"))


@pytest.fixture(scope="module")
def built(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, list[str]]:
    out, steps = tmp_path_factory.mktemp("out") / "deep" / "bundle", list[str]()
    config = ExportConfig(checkpoint, out, buckets=(16, 48))
    return build_bundle(config, steps.append), steps


def test_the_folder_holds_the_bundle_and_nothing_is_left_beside_it(
    built: tuple[Bundle, list[str]],
) -> None:
    bundle, steps = built
    assert {path.name for path in bundle.folder.iterdir()} == {*FILES, "manifest.json"}
    assert [path.name for path in bundle.folder.parent.iterdir()] == ["bundle"]
    assert len(steps) == 3
    assert load_bundle(bundle.folder) == bundle


def test_the_manifest_says_what_was_measured(built: tuple[Bundle, list[str]]) -> None:
    manifest = built[0].manifest
    assert (manifest.task, manifest.recipe) == ("question-answering", "int8")
    assert set(manifest.files) == FILES
    assert manifest.qa is not None
    assert manifest.qa.max_length == 48
    assert manifest.licences.weights == "apache-2.0"
    assert manifest.tokenizer.sha256 == manifest.files["vocab.txt"].sha256
    assert {"torch", "executorch", "litert-torch"} <= set(manifest.provenance.versions)
    lengths = {
        name: [(e.min_length, e.max_length) for e in model.interface.entries]
        for name, model in manifest.models.items()
    }
    assert lengths == {"tflite": [(16, 16), (48, 48)], "pte": [(2, 48)]}
    for model in manifest.models.values():
        assert model.parity.windows == 2 * (4 * 3 + 1)  # buckets, passages, paddings, one token
        assert model.parity.min_cosine > 0.98
        total = sum(sum(part.values()) for part in model.size.values())
        assert total == manifest.files[model.file].bytes
        assert model.operators.delegated > 0


def test_golden_cases_are_padded_text_and_differ_by_runtime(
    built: tuple[Bundle, list[str]],
) -> None:
    golden = load_golden(built[0])
    padded, full = golden.cases
    assert padded.length == 16 > len(padded.input_ids)
    assert full.length == 48 == len(full.input_ids)
    assert set(padded.expected) == {"reference", "tflite", "pte"}
    assert padded.expected["pte"] != padded.expected["reference"]
    assert 0 < golden.tolerance < 0.2


def test_the_shipped_files_pass_their_golden_run_and_answer(
    built: tuple[Bundle, list[str]],
) -> None:
    inspection = inspect_bundle(InspectConfig(built[0].folder))
    assert set(inspection.golden_difference) == {"tflite", "pte"}
    assert max(inspection.golden_difference.values()) < 1e-5
    bundle, question = built[0], read_squad([sample_path()])[0]
    limits = bundle.manifest.qa
    assert limits is not None
    tokenizer = tokenizer_from_vocab(bundle.folder / "vocab.txt", lowercase=True)
    for runtime in ("tflite", "pte"):
        model = open_runner(bundle, runtime).span_logits
        best = answer_question(model, tokenizer, question.question, question.context, limits).best
        assert best is not None
        assert question.context[best.start : best.end] == best.text


def test_force_replaces_and_the_same_checkpoint_gives_the_same_bytes(
    built: tuple[Bundle, list[str]], checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "old").write_text("x")
    config = ExportConfig(checkpoint, out, buckets=(16, 48), force=True)
    again = build_bundle(config)
    assert not (out / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert again.manifest == dataclasses.replace(
        built[0].manifest, provenance=again.manifest.provenance
    )


def test_an_existing_folder_is_refused_and_left_alone(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(FileExistsError, match="--force"):
        build_bundle(ExportConfig(checkpoint, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_classifier_ships_its_labels(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"dim": 64, "n_layers": 1, "n_heads": 4, "hidden_dim": 96}
    config = DistilBertConfig(**sizes, vocab_size=300, id2label={0: "no", 1: "yes", 2: "maybe"})
    folder = save_checkpoint(DistilBertForSequenceClassification(config), tmp_path / "in")
    out = tmp_path / "out"
    bundle = build_bundle(ExportConfig(folder, out, buckets=(32,)))
    assert (bundle.manifest.labels, bundle.manifest.qa) == (("no", "yes", "maybe"), None)
    for runtime in ("tflite", "pte"):
        outputs = open_runner(bundle, runtime).run([2, 7, 8, 3], [0, 0, 0, 0])
        assert outputs["logits"].shape == (3,)
        assert bundle.manifest.models[runtime].parity.min_cosine > 0.99
    inspect_bundle(InspectConfig(out))


def copy_checkpoint(checkpoint: Path, folder: Path, **changes: object) -> Path:
    shutil.copytree(checkpoint, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


@pytest.mark.parametrize(
    ("changes", "buckets", "message"),
    [
        ({"model_type": "t5"}, (16,), "'t5'; supported are bert, distilbert"),
        ({}, (128,), "longer than the 64 positions"),
        ({"vocab_size": 20}, (16,), "do not belong together"),
        ({"intermediate_size": 95}, (16,), r"does not fit config\.json"),
    ],
)
def test_a_checkpoint_that_cannot_be_exported_leaves_nothing(
    checkpoint: Path,
    tmp_path: Path,
    changes: dict[str, object],
    buckets: tuple[int, ...],
    message: str,
) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "in", **changes)
    with pytest.raises(ValueError, match=message):
        build_bundle(ExportConfig(folder, tmp_path / "out" / "bundle", buckets=buckets))
    assert not list(tmp_path.glob("out/*"))
    assert not list(tmp_path.glob("out/.*"))


def test_a_converter_that_dies_is_reported_with_its_last_words(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\necho out of luck >&2\nexit 9\n")
    dying.chmod(0o755)
    monkeypatch.setattr(apart.sys, "executable", str(dying))
    with pytest.raises(OSError, match=r"model\.tflite stopped with exit code 9(?s:.*)out of luck"):
        build_bundle(ExportConfig(checkpoint, tmp_path / "out", buckets=(16,)))
    assert [path.name for path in tmp_path.iterdir()] == ["python"]


BUILD = """
import sys
from pathlib import Path
from export.build import build_bundle
from export.config import ExportConfig, InspectConfig
try:
    build_bundle(ExportConfig(Path(sys.argv[1]), Path(sys.argv[2]), (sys.argv[3],), buckets=(16,)))
except (ValueError, OSError) as error:
    print("refused:", error)
"""


def run_build(prefix: list[str], checkpoint: Path, out: Path, runtime: str) -> str:
    done = subprocess.run(
        [*prefix, sys.executable, "-c", BUILD, str(checkpoint), str(out), runtime],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_file_size_limit_leaves_nothing_half_written(checkpoint: Path, tmp_path: Path) -> None:
    limit = ["sh", "-c", 'ulimit -f 40; exec "$@"', "sh"]  # 20 KB; the model needs more
    assert "File too large" in run_build(limit, checkpoint, tmp_path / "out" / "bundle", "tflite")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(checkpoint: Path, tmp_path: Path) -> None:
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, check=False).returncode:
        pytest.skip("needs unshare with user namespaces to make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f'mount -t tmpfs -o size=40k tmpfs {disk} && "$@"; status=$?; '
        f'echo left: $(ls -A {disk}); exit "$status"'
    )
    small_disk = ["unshare", "-Urm", "sh", "-c", script, "sh"]
    found = run_build(small_disk, checkpoint, disk / "bundle", "pte")
    assert "No space left on device" in found
    assert found.rstrip().endswith("left:")


def test_a_folder_that_cannot_be_written_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        build_bundle(ExportConfig(checkpoint, tmp_path / "file" / "bundle", buckets=(16,)))


def test_what_a_killed_export_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".bundle.{dead.pid}.partial"
    other = tmp_path / f".other.{dead.pid}.partial"
    running = tmp_path / f".bundle.{os.getppid()}.partial"
    for folder in (left, other, running):
        folder.mkdir()
    with staging(tmp_path / "bundle") as made:
        assert not left.exists()
        assert made.is_dir()
    assert sorted(tmp_path.iterdir()) == sorted([other, running])
