"""Result files: what is written is read back; anything else is refused with its place."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bench.result import Result, Speed, read_result, read_results, write_result
from bench.schema import schema_text

GOLDEN = Path(__file__).parent / "golden" / "results"
NAMES = ("speed", "accuracy", "work", "printed")
SCHEMA = Path(__file__).parents[1] / "bench" / "result.schema.json"


@pytest.fixture
def speed_result() -> Result:
    return read_result(GOLDEN / "speed.json")


def _speed(result: Result) -> Speed:
    assert result.speed
    return result.speed


@pytest.mark.parametrize("name", NAMES)
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


def test_version_1_is_read_as_version_2(speed_result: Result) -> None:
    old = read_result(GOLDEN / "v1" / "speed.json")
    assert old.workload == replace(speed_result.workload, cpus=())  # type: ignore[type-var]
    assert (_speed(old).wall_ms, _speed(old).at_s) == ((2.0, 1.0, 4.0, 3.0), ())
    assert _speed(old).starts[0].load_ms == _speed(speed_result).starts[0].load_ms
    assert old.memory
    assert (old.memory.bare_bytes, old.memory.peak_bytes) == (48898048, 8724480)
    accuracy = read_result(GOLDEN / "v1" / "accuracy.json").accuracy
    assert accuracy
    assert accuracy.question_f1 == ()


def test_version_1_without_a_field_is_refused(tmp_path: Path) -> None:
    data = json.loads((GOLDEN / "v1" / "speed.json").read_text())
    del data["speed"]["warmup"]
    (tmp_path / "old.json").write_text(json.dumps(data))
    with pytest.raises(ValueError, match="version 1 must have the fields session"):
        read_result(tmp_path / "old.json")


def test_a_result_from_before_null_thresholds_is_read(tmp_path: Path) -> None:
    data = json.loads((GOLDEN / "accuracy.json").read_text())
    del data["accuracy"]["null_threshold"]
    path = tmp_path / "older.json"
    path.write_text(json.dumps(data))
    accuracy = read_result(path).accuracy
    assert accuracy
    assert accuracy.null_threshold is None
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_committed_schema_is_the_dataclasses() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(Result)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_takes_what_the_reader_takes(name: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((GOLDEN / f"{name}.json").read_text()), schema)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("extra", 1),
        ("runtime", None),
        ("speed.wall_ms", ["1"]),
        ("speed.starts", [{}]),
        ("before.clocks_khz", {"0": "fast"}),
        ("workload.threads", 1.5),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    tmp_path: Path, place: str, value: object
) -> None:
    data = json.loads((GOLDEN / "speed.json").read_text())
    _set(data, place, value)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="not a usable result file"):
        read_result(path)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))


def _set(data: dict[str, object], place: str, value: object) -> None:
    *parents, last = place.split(".")
    target: Any = data
    for parent in parents:
        target = target[parent]
    target[last] = value


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 3}, "version 3, this tool reads versions 1 and 2"),
        ({"version": None}, "version None"),
        ({"runtime": 7}, "result.runtime must be str, found 7"),
        ({"extra": 1}, "has 'extra'"),
        ({"speed": None, "memory": None}, "at least one"),
        ({"workload": None}, "need a workload"),
        ({"speed.wall_ms": []}, "at least 1"),
        ({"speed.wall_ms": [1.0, 2.0]}, "as many, or none at all"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, "4"]}, r"wall_ms\[3\] must be float"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, -4.0]}, "above zero"),
        ({"speed.wall_ms": [1.0, 2.0, 3.0, float("nan")]}, "finite"),
        ({"speed.cpu_ms": [1.0, 2.0, 3.0, float("inf")]}, "finite"),
        ({"speed.round_sizes": [3, 2]}, "add up to the 4 samples"),
        ({"speed.round_sizes": [5, -1]}, "add up"),
        ({"speed.at_s": [1.0, 3.0, 2.0, 4.0]}, "in order"),
        ({"speed.starts": []}, "at least one start"),
        ({"speed.debug_build": "no"}, "debug_build must be bool"),
        ({"workload.threads": 0}, "at least 1"),
        ({"workload.threads": True}, "must be int"),
        ({"workload.padded_tokens": 8}, "padded_tokens >= tokens"),
        ({"device.kind": "toaster"}, "host, android, ios, emulated"),
        ({"device": "phone"}, "result.device must be dict"),
    ],
)
def test_a_wrong_field_is_refused(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    data = json.loads((GOLDEN / "speed.json").read_text())
    for place, value in change.items():
        _set(data, place, value)
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
    assert len(read_results([GOLDEN, GOLDEN / "speed.json"])) == len(NAMES)


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
