"""Result files: what is written is read back; anything else is refused with its place."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.result import (
    Result,
    Speed,
    median,
    paired_ratios,
    percentile,
    read_result,
    read_results,
    write_result,
)

GOLDEN = Path(__file__).parent / "golden" / "results"


@pytest.fixture
def speed_result() -> Result:
    return read_result(GOLDEN / "speed.json")


def _speed(result: Result) -> Speed:
    assert result.speed
    return result.speed


@pytest.mark.parametrize("name", ["speed", "accuracy"])
def test_a_result_is_written_as_it_was_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "new" / "result.json"
    write_result(read_result(GOLDEN / f"{name}.json"), path)
    assert path.read_bytes() == (GOLDEN / f"{name}.json").read_bytes()
    assert [p.name for p in path.parent.iterdir()] == ["result.json"]


def test_raw_samples_keep_their_order_and_their_rounds(speed_result: Result) -> None:
    assert _speed(speed_result).wall_ms == (2.0, 1.0, 4.0, 3.0)
    assert _speed(speed_result).rounds() == [(2.0, 1.0), (4.0, 3.0)]


def test_no_statistic_is_stored() -> None:
    text = (GOLDEN / "speed.json").read_text()
    assert not any(word in text for word in ("median", "mean", "p90", "percentile", "average"))


@pytest.mark.parametrize("count", [1, 2, 5, 10])
@pytest.mark.parametrize("percent", [0, 37, 50, 90, 100])
def test_percentile_is_numpys(count: int, percent: float) -> None:
    samples = list(np.random.default_rng(count).random(count))
    assert percentile(samples, percent) == pytest.approx(np.percentile(samples, percent))
    assert median(samples) == pytest.approx(np.median(samples))


def test_ratios_are_paired_round_by_round(speed_result: Result) -> None:
    slow = _speed(speed_result)
    fast = replace(slow, wall_ms=(1.0, 1.0, 1.0, 1.0))
    assert paired_ratios(slow, fast) == [1.5, 3.5]


def test_speeds_of_different_sessions_give_no_ratio(speed_result: Result) -> None:
    slow = _speed(speed_result)
    assert paired_ratios(slow, replace(slow, session="another")) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "version 2, this tool reads version 1"),
        ({"version": None}, "version None"),
        ({"runtime": 7}, "result.runtime must be str, found 7"),
        ({"extra": 1}, "has 'extra'"),
        ({"speed": None}, "either speed or accuracy"),
        ({"speed.wall_ms": []}, "at least 1"),
        ({"speed.wall_ms": [1.0, 2.0]}, "same number of samples"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, "4"]}, r"wall_ms\[3\] must be float"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, -4.0]}, "above zero"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, float("nan")]}, "finite"),
        ({"speed.cpu_ms": [1.0, 2.0, 3.0, float("inf")]}, "finite"),
        ({"speed.round_sizes": [3, 2]}, "add up to the 4 samples"),
        ({"speed.round_sizes": [5, -1]}, "add up"),
        ({"speed.threads": 0}, "at least 1"),
        ({"speed.threads": True}, "must be int"),
        ({"device": "phone"}, "result.device must be dict"),
    ],
)
def test_a_wrong_field_is_refused(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    data = json.loads((GOLDEN / "speed.json").read_text())
    for place, value in change.items():
        *parents, last = place.split(".")
        target = data
        for parent in parents:
            target = target[parent]
        target[last] = value
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=complaint) as caught:
        read_result(path)
    assert "bad.json" in str(caught.value)
    assert "measure again" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000, b'{"version": 1}']
)
def test_what_is_not_a_result_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.json is not a usable result file"):
        read_result(path)


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        read_results([tmp_path / "none.json"])
    with pytest.raises(FileNotFoundError, match="no result files in"):
        read_results([tmp_path])


def test_a_folder_and_a_file_in_it_are_read_once() -> None:
    assert len(read_results([GOLDEN, GOLDEN / "speed.json"])) == 2


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, speed_result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    path.write_text("old")

    def no_space(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_result(speed_result, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
