"""Which head a checkpoint has is read from its weights, and what is damaged is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from distill.heads import head_of, load_with_head, read_config, weight_names


@pytest.fixture(scope="module")
def body(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("body"), layers=1)


def with_head(body: Path, folder: Path, kind: str) -> Path:
    model = getattr(transformers, f"AutoModel{kind}").from_pretrained(body)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("", "none"),
        ("ForMaskedLM", "mlm"),
        ("ForPreTraining", "mlm"),
        ("ForQuestionAnswering", "qa"),
        ("ForSequenceClassification", "classification"),
    ],
)
def test_the_head_is_found(body: Path, tmp_path: Path, kind: str, head: str) -> None:
    assert head_of(with_head(body, tmp_path, kind)) == head


def test_a_head_of_another_task_is_refused(body: Path, tmp_path: Path) -> None:
    with_head(body, tmp_path, "ForTokenClassification")
    with pytest.raises(ValueError, match=r"classifier\.weight.*supported: mlm, qa.*--head none"):
        head_of(tmp_path)


def test_only_the_head_may_be_missing(body: Path, tmp_path: Path) -> None:
    _, missing = load_with_head(body, "mlm")
    assert missing
    assert all(name.startswith("cls.predictions.") for name in missing)
    model, missing = load_with_head(body, "qa")
    assert missing == set()
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    weights = load_file(body / "model.safetensors")
    del weights["bert.encoder.layer.0.output.dense.bias"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((body / "config.json").read_bytes())
    with pytest.raises(ValueError, match=r"layer\.0\.output\.dense\.bias is missing or has"):
        load_with_head(tmp_path, "qa")


def test_weights_of_another_shape_are_refused(body: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = json.loads((body / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "hidden_size": 16}))
    (tmp_path / "model.safetensors").write_bytes((body / "model.safetensors").read_bytes())
    with pytest.raises(ValueError, match=r"do not fit its config\.json"):
        load_with_head(tmp_path, "qa")


def test_missing_and_damaged_weights_are_named(body: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        weight_names(tmp_path)
    (tmp_path / "config.json").write_bytes((body / "config.json").read_bytes())
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors is missing; save the"):
        load_with_head(tmp_path, "qa")
    whole = (body / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-100])
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged or cut short"):
        head_of(tmp_path)


def test_other_families_are_refused(tmp_path: Path) -> None:
    transformers.GPT2Config(n_layer=1).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"family 'gpt2'; supported: bert, distilbert"):
        read_config(tmp_path, ("bert", "distilbert"))
