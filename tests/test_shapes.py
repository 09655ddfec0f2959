"""The published shapes have exactly their papers' parameters, and say that they are random."""

import json
from pathlib import Path

import pytest

from bench.result import RANDOM, TRAINED
from bench.shapes import (
    SHAPES,
    VOCABULARY_SIZE,
    Shape,
    build_encoder,
    count_parameters,
    find_shape,
    make_vocabulary,
    weights_label,
    write_shape,
)
from export.checkpoint import read_licences
from tasks.tokenizer import load_tokenizer

TINY = Shape("tiny", "bert", 2, 32, 2, 64, 0)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("bert-base", 109_482_240),
        ("distilbert", 66_362_880),
        ("tinybert4", 14_350_248),
        ("mobilebert", 24_844_544),
    ],
)
def test_encoders_have_the_papers_parameters(name: str, parameters: int) -> None:
    import torch

    with torch.device("meta"):
        encoder = build_encoder(find_shape(name))
    assert sum(p.numel() for p in encoder.parameters()) == parameters
    assert SHAPES[name].encoder_parameters == parameters


def test_an_unknown_shape_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="the known shapes are: bert-base, distilbert, tinybert4"):
        find_shape("gpt")


def test_the_vocabulary_has_berts_size_and_special_ids() -> None:
    pieces = make_vocabulary(["lighthouse", "keeper", "a"])
    assert len(pieces) == len(set(pieces)) == VOCABULARY_SIZE
    special = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
    assert {token: pieces.index(token) for token in special} == special
    assert {"lighthouse", "keeper", "##z"} <= set(pieces)


def test_a_shape_is_a_checkpoint_that_says_it_is_random(tmp_path: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    folder = write_shape(TINY, tmp_path / "runs" / "tiny")
    model = AutoModelForQuestionAnswering.from_pretrained(folder)
    assert count_parameters(folder) == sum(p.numel() for p in model.parameters())
    assert weights_label(folder) == RANDOM
    assert read_licences(folder).weights == "random-weights"
    assert load_tokenizer(folder).vocab_size == VOCABULARY_SIZE
    assert weights_label(tmp_path) == TRAINED


def test_a_shape_is_the_same_every_time_and_written_once(tmp_path: Path) -> None:
    one, other = (write_shape(TINY, tmp_path / name) for name in ("one", "other"))
    weights = "model.safetensors"
    assert (one / weights).read_bytes() == (other / weights).read_bytes()
    before = (one / weights).stat().st_mtime_ns
    write_shape(TINY, one)
    assert (one / weights).stat().st_mtime_ns == before


def test_an_interrupted_shape_is_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"half")
    write_shape(TINY, folder)
    assert count_parameters(folder) > 1_000_000
    assert json.loads((folder / "weights.json").read_text()) == {"weights": RANDOM, "seed": 0}
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
