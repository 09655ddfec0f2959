"""Buckets by the lengths of real inputs: the best there are within the limits."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbert_mobile import main
from export.buckets import (
    STEP,
    arena_bytes,
    choose_buckets,
    input_lengths,
    relative_cost,
)
from export.bundle import load_bundle
from export.checkpoint import read_shape
from export.config import ExportConfig
from export.manifest import QUESTION_ANSWERING
from export.runner import open_runner
from export.shape import Shape
from export.shipped import SHIPPED
from tasks.squad import read_squad, sample_path
from tasks.tokenizer_files import read_tokenizer

SHAPE = Shape(
    family="bert",
    task=QUESTION_ANSWERING,
    vocab_size=100,
    hidden=384,
    feed_forward=1536,
    layers=3,
    heads=12,
    positions=512,
    token_types=2,
    activation="gelu",
    eps=1e-12,
    labels=(),
)
PLENTY = 10**9


def time_of(lengths: list[int], buckets: tuple[int, ...]) -> float:
    """What the inputs cost, each in the smallest bucket that takes it."""
    return sum(relative_cost(SHAPE, min(b for b in buckets if b >= n)) for n in lengths)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(4, 96), min_size=1, max_size=40), st.integers(1, 3))
def test_no_other_buckets_are_clearly_faster(lengths: list[int], most: int) -> None:
    choice = choose_buckets(SHAPE, lengths, most, PLENTY)
    last = choice.buckets[-1]
    assert last % STEP == 0
    assert last - STEP < max(lengths) <= last
    assert len(choice.buckets) <= most
    assert list(choice.buckets) == sorted(set(choice.buckets))
    found = time_of(lengths, choice.buckets)
    assert choice.relative_time == pytest.approx(found / time_of(lengths, (last,)))
    places = range(2 * STEP, last, STEP)
    rivals = [(*few, last) for n in range(most) for few in combinations(places, n)]
    assert found <= min(time_of(lengths, rival) for rival in rivals) * 1.021


def test_the_memory_of_all_buckets_counts() -> None:
    lengths = list(range(20, 385, 4))
    choice = choose_buckets(SHAPE, lengths, 4, PLENTY)
    assert len(choice.buckets) == 4
    assert choice.arena_bytes == sum(arena_bytes(SHAPE, bucket) for bucket in choice.buckets)
    tight = choose_buckets(SHAPE, lengths, 4, int(choice.arena_bytes * 0.8))
    assert tight.arena_bytes <= choice.arena_bytes * 0.8
    assert choice.relative_time < tight.relative_time < 1
    with pytest.raises(ValueError, match=r"one bucket of 384 tokens takes about 20 MB.* are 5 MB"):
        choose_buckets(SHAPE, lengths, 4, 5_000_000)


def test_inputs_of_one_length_get_one_bucket() -> None:
    assert choose_buckets(SHAPE, [61] * 50, 4, PLENTY).buckets == (64,)


def test_the_last_bucket_fits_the_positions_of_the_model() -> None:
    assert choose_buckets(SHAPE, [384], 1, PLENTY, longest=100).buckets == (100,)


def test_no_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="no input to choose buckets by"):
        choose_buckets(SHAPE, [], 4, PLENTY)


def test_lengths_are_those_of_the_windows_and_texts(
    make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    tokenizer = read_tokenizer(make_bert(tmp_path / "model"))
    found = input_lengths(tokenizer, QUESTION_ANSWERING, [sample_path()], 128)
    assert max(found) == 128
    assert len(found) > len(read_squad([sample_path()]))
    table = tmp_path / "texts.tsv"
    table.write_text("text\tlabel\nab\tx\nabcde\ty\n")
    assert input_lengths(tokenizer, "sequence-classification", [table], 128) == [4, 7]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"buckets": ()}, "name files in --bucket-data"),
        ({"bucket_data": (Path("a"),)}, "add --buckets auto"),
        ({"buckets": (), "bucket_data": (Path("a"),), "max_buckets": 6}, "max_buckets must be"),
        ({"buckets": (), "bucket_data": (Path("a"),), "bucket_memory": 0.0}, "bucket_memory over"),
    ],
)
def test_flags_that_do_not_belong_together_are_refused(
    flags: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ExportConfig(Path("checkpoint"), Path("out"), **flags)  # type: ignore[arg-type]


def test_auto_buckets_become_signatures(
    make_bert: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = make_bert(tmp_path / "model", layers=1), tmp_path / "bundle"
    table = tmp_path / "asked.json"
    table.write_text(sample_path().read_text(encoding="utf-8"), encoding="utf-8")
    command = ["export", str(folder), "--out", str(out), "--runtime", "tflite"]
    assert (
        main([*command, "--buckets", "auto", "--bucket-data", str(table), "--max-buckets", "2"])
        == 0
    )
    entries = load_bundle(out).manifest.models["tflite"].interface.entries
    assert entries[-1].max_length == read_shape(folder).positions == 128
    said = capsys.readouterr().err
    assert f"buckets {', '.join(str(entry.max_length) for entry in entries)} for" in said


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
def test_padding_and_the_bucket_never_change_an_answer(shipped_bundle: Path, runtime: str) -> None:
    """The same input at its own length, in the smallest bucket and in the largest."""
    import numpy as np

    from export.samples import make_samples

    bundle = load_bundle(shipped_bundle)
    runner = open_runner(bundle, runtime)
    checkpoint = SHIPPED.folder
    for sample in make_samples(read_tokenizer(checkpoint), QUESTION_ANSWERING, SHIPPED.buckets[:1]):
        found = [
            {
                name: values.copy()
                for name, values in runner.run(sample.input_ids, sample.token_type_ids, n).items()
            }
            for n in (None, *SHIPPED.buckets)
        ]
        for other in found[1:]:
            for name, values in found[0].items():
                assert int(other[name].argmax()) == int(values.argmax())
                np.testing.assert_allclose(other[name], values, atol=0.02 * np.abs(values).max())
