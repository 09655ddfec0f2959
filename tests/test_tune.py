"""The search for a bundle: what fits, what nothing beats, and who wins; all of it measured."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config import TuneConfig
from bench.tune import Tried, choose, mark, tune
from distilbert_mobile import main
from export.bundle import load_bundle


def config(**limits: float) -> TuneConfig:
    return TuneConfig((Path("a"),), (Path("d"),), **limits)  # type: ignore[arg-type]


def tried(name: str, mb: float, f1: float, ms: float, runtime: str = "pte") -> Tried:
    return Tried(name, runtime, mb=mb, f1=f1, f1_drop=80 - f1, speedup=30 / ms, ms=ms)


def test_a_file_fits_that_is_within_every_limit() -> None:
    one = tried("a", mb=20, f1=79.5, ms=10)
    within = {"max_mb": 20, "max_f1_drop": 0.5, "min_speedup": 3}
    assert mark([one], config(**within))[0].fits
    for name, value in (("max_mb", 19.9), ("max_f1_drop", 0.4), ("min_speedup", 3.1)):
        assert not mark([one], config(**{**within, name: value}))[0].fits


def test_the_front_is_what_no_other_file_of_the_runtime_beats() -> None:
    found = [
        tried("small", 10, 70, 10),
        tried("good", 20, 80, 10),
        tried("beaten", 21, 79, 10),
        tried("fast", 30, 70, 5),
        tried("alone", 50, 60, 50, runtime="tflite"),
        Tried("broken", "pte", refused="no parity"),
    ]
    front = {one.candidate for one in mark(found, config()) if one.on_front}
    assert front == {"small", "good", "fast", "alone"}


files = st.builds(
    tried,
    name=st.sampled_from("abcdef"),
    mb=st.integers(1, 5),
    f1=st.integers(75, 80),
    ms=st.integers(1, 5),
)


@given(st.lists(files, min_size=1, max_size=12))
def test_every_file_off_the_front_is_beaten_by_one_on_it(found: list[Tried]) -> None:
    judged = mark(found, config())
    front = [one for one in judged if one.on_front]
    assert front
    for one in judged:
        assert one.on_front or any(
            o.mb <= one.mb and o.ms <= one.ms and o.f1 >= one.f1 for o in front
        )


def test_the_winner_fits_on_every_runtime_and_has_the_smallest_larger_file() -> None:
    limits = config(max_mb=30, max_f1_drop=1)
    found = [
        *(tried("uneven", mb, 80, 5, runtime) for mb, runtime in ((10, "pte"), (25, "tflite"))),
        *(tried("even", 20, 80, 5, runtime) for runtime in ("pte", "tflite")),
        *(tried("bad", 5, f1, 5, runtime) for f1, runtime in ((80, "pte"), (70, "tflite"))),
        tried("half", 1, 80, 5),
    ]
    assert choose(mark(found, limits), ("pte", "tflite")) == "even"
    assert choose(mark(found, config(max_mb=4)), ("pte", "tflite")) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipes": ("int3",)}, "unknown recipe 'int3'"),
        ({"vocab_sizes": (100,)}, "give both or neither"),
        ({"checkpoints": (Path("x/a"), Path("y/a"))}, "two checkpoints have one name"),
        ({"max_mb": 0.0}, "must be above zero"),
        ({"buckets": ("128", "128+384")}, "end with 128, 384.*the same length"),
        ({"buckets": ("128-384",)}, "'128-384'.*such as 384 or 128[+]384, or auto"),
    ],
)
def test_searches_that_make_no_sense_are_refused(changes: dict[str, object], message: str) -> None:
    settings: dict[str, object] = {"checkpoints": (Path("a"),), "data": (Path("d"),)}
    with pytest.raises(ValueError, match=message):
        TuneConfig(**(settings | changes))  # type: ignore[arg-type]


def questions_of(path: Path, sizes: Sequence[int]) -> Path:
    """A SQuAD file with a passage of each size, in characters."""
    paragraphs = [
        {
            "context": "a " * size + "a",
            "qas": [
                {
                    "id": str(size),
                    "question": "b",
                    "answers": [{"text": "a", "answer_start": 0}],
                }
            ],
        }
        for size in sizes
    ]
    path.write_text(json.dumps({"data": [{"title": "t", "paragraphs": paragraphs}]}))
    return path


@pytest.mark.slow
def test_a_search_measures_publishes_and_goes_on_where_it_stopped(
    make_bert: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, out = make_bert(tmp_path / "small", layers=1, hidden_size=64), tmp_path / "tuned"
    data = questions_of(tmp_path / "data.json", (4, 12, 36))
    command = ["tune", str(checkpoint), "--data", str(data)]
    command += ["--runtimes", "tflite", "--recipes", "int8", "--buckets", "64,auto"]
    command += ["--out", str(out), "--rounds", "2", "--max-f1-drop", "100"]
    assert main([*command, "--min-speedup", "0.01"]) == 0
    assert f"winner: {out / 'winner'}" in capsys.readouterr().out
    winner = load_bundle(out / "winner")
    assert winner.manifest.recipe == "int8"
    record = json.loads((out / "tune.json").read_text())
    tried = {one["candidate"]: one for one in record["tried"]}
    assert set(tried) == {"small-int8-64", "small-int8-auto"}
    accuracy = winner.manifest.models["tflite"].accuracy
    assert accuracy is not None
    assert {one["f1"] for one in tried.values()} == {accuracy.f1}
    lengths = {
        name: [
            e.max_length
            for e in load_bundle(out / "bundles" / name).model("tflite").interface.entries
        ]
        for name in tried
    }
    assert lengths["small-int8-64"] == [64]
    assert lengths["small-int8-auto"][-1] == 48  # the longest question has fewer
    timed = [json.loads(path.read_text()) for path in (out / "results").rglob("*.json")]
    short, long = (
        min(one["workload"]["tokens"] for one in timed),
        max(one["workload"]["tokens"] for one in timed),
    )
    assert 8 <= short < long <= 64
    table = (out / "tune.md").read_text()
    assert all(one["candidate"] in table for one in record["tried"])
    assert (out / "tune.png").read_bytes().startswith(b"\x89PNG")

    kept = {path: path.stat().st_mtime_ns for path in (out / "bundles").rglob("*")}
    kept |= {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")}
    found = tune(
        TuneConfig(
            checkpoints=(checkpoint,),
            data=(data,),
            out=out,
            recipes=("int8",),
            runtimes=("tflite",),
            buckets=("64", "auto"),
            rounds=2,
            max_f1_drop=100.0,
            max_mb=0.001,
        )
    )
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert found.winner is None
    assert not (out / "winner").exists()
    assert main([*command, "--max-mb", "0.001"]) == 1
    assert "no candidate is within all limits" in capsys.readouterr().err
