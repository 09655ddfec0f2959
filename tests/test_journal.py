"""A journal keeps every sample that was appended, once, whatever kills the writer."""

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.config import Plan
from bench.host import measure_into
from bench.journal import Journal, record
from bench.result import read_results
from bench.setting import Setting
from bench.shapes import Shape, write_shape

INPUTS = {"plan": 1, "settings": ["a", "b"]}


def _open(path: Path, inputs: object = INPUTS, patience_s: float = 0.3) -> Journal:
    return Journal(path, inputs, settings=2, patience_s=patience_s)


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    with _open(tmp_path / "j") as log:
        log.append(0, "start", log.origin + 1, 2.0, 3.0, 4.0)
        log.append(0, "warm", log.origin + 2, 1.5)
        log.append(1, "timed", 0, log.origin + 3, 0.25, 0.125)
        log.append(0, "timed", 0, log.origin + 3.5, 0.5, 0.5)
        log.append(0, "end", 0)
        log.append(0, "memory", 5_000_000_000, 7)
        session = log.session
    with _open(tmp_path / "j") as log:
        assert log.session == session
        one, other = log.read()
    assert one.ended == {0}
    assert one.memory == (5_000_000_000, 7)
    assert other.timed[0][2:] == (0.25, 0.125)
    (start,) = one.start_records(log.origin)
    assert (start.load_ms, start.warmup_ms) == (2.0, (1.5,))
    assert start.at_s == pytest.approx(1.0, abs=1e-5)


def test_other_inputs_begin_anew(tmp_path: Path) -> None:
    with _open(tmp_path / "j") as log:
        log.append(0, "end", 0)
        session = log.session
    with _open(tmp_path / "j", {"plan": 2}) as log:
        assert log.session != session
        assert log.read()[0].ended == set()


@pytest.mark.parametrize("torn", [b"0 timed 1 17", b"0", b"\x00"])
def test_a_record_that_was_cut_off_is_dropped(tmp_path: Path, torn: bytes) -> None:
    with _open(tmp_path / "j") as log:
        log.append(0, "end", 0)
        os.write(log.fd, torn)
    with _open(tmp_path / "j") as log:
        log.read()
        log.append(0, "end", 1)
        assert log.read()[0].ended == {0, 1}


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    with _open(tmp_path / "j") as log:
        log.append(0, "end", 0)
        os.write(log.fd, b"0 nonsense 1\n")
        with pytest.raises(ValueError, match="line 3 is damaged; remove the file"):
            log.read()


def test_a_journal_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with _open(tmp_path / "j"), pytest.raises(ValueError, match="written by another run"):
        _open(tmp_path / "j")
    _open(tmp_path / "j").__exit__(None, None, None)


def test_a_heir_of_the_descriptor_keeps_the_lock(tmp_path: Path) -> None:
    """As an orphaned worker does: the next run waits until it is gone."""
    with _open(tmp_path / "j") as log:
        code = "import sys; sys.stdin.read()"
        heir = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=(log.fd,)
        )
    with pytest.raises(ValueError, match="written by another run"):
        _open(tmp_path / "j")
    heir.communicate()
    _open(tmp_path / "j", patience_s=5).__exit__(None, None, None)


def test_a_record_is_exact_enough() -> None:
    assert record(7, "timed", 3, 1764110000.123456, 5.678901, 0.0) == (
        b"7 timed 3.000000 1764110000.123456 5.678901 0.000000\n"
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from export.build import build_bundle
    from export.config import ExportConfig

    folder = tmp_path_factory.mktemp("journal")
    checkpoint = write_shape(Shape("tiny", "distilbert", 1, 32, 2, 64, 0), folder / "tiny")
    config = ExportConfig(
        checkpoint, folder / "tiny-fp32", runtimes=("tflite",), recipe="fp32", buckets=(32,)
    )
    return build_bundle(config).folder


def _campaign(settings: list[Setting], plan: Plan, folder: Path) -> "subprocess.Popen[bytes]":
    code = (
        "from pathlib import *; from bench.config import Plan\n"
        "from bench.host import measure_into; from bench.setting import Setting\n"
        f"measure_into({settings!r}, {plan!r}, {folder!r})"
    )
    return subprocess.Popen([sys.executable, "-c", code])


def _kill_at(process: "subprocess.Popen[bytes]", journal: Path, lines: int) -> None:
    """End the process with SIGKILL when the journal has so many lines."""
    deadline = time.monotonic() + 300
    while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "the campaign ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_campaign_survives_kills_and_loses_and_doubles_nothing(
    bundle: Path, tmp_path: Path
) -> None:
    """Killed with SIGKILL at random lines; every sample ever seen is in the result, once."""
    plan = Plan(rounds=3, repeats=2, runs=8, round_seconds=30, warmup=1, tight=0, timeout_s=300)
    settings = [Setting(bundle, "tflite", 1, tokens) for tokens in (16, 32)]
    journal = tmp_path / f".{settings[0].name}-and-1.journal"
    dice, seen = random.Random(5), set[str]()
    for most in (3, 12, 40, 70, 100):  # of about 140 lines
        _kill_at(_campaign(settings, plan, tmp_path), journal, dice.randint(most // 2, most))
        seen |= {line for line in journal.read_text().splitlines() if " timed " in line}
    results = measure_into(settings, plan, tmp_path)
    assert not list(tmp_path.glob(".*"))
    assert len(read_results([tmp_path])) == 2
    assert len(seen) > 20
    for index, result in enumerate(results):
        assert result.speed
        assert result.speed.round_sizes == (8,) * 6
        assert len(set(result.speed.at_s)) == 48
        walls = {f"{wall:.6f}" for wall in result.speed.wall_ms}
        mine = [line.split() for line in seen if line.startswith(f"{index} ")]
        assert {line[4] for line in mine} <= walls
    starts = [start.at_s for result in results if result.speed for start in result.speed.starts]
    assert len(starts) > 2 * plan.repeats


def test_an_orphaned_worker_stops_and_lets_go(bundle: Path, tmp_path: Path) -> None:
    plan = Plan(1, runs=10_000_000, round_seconds=600, tight=0, timeout_s=20, memory=False)
    setting = Setting(bundle, "tflite", 1, 32)
    journal = tmp_path / f".{setting.name}-and-0.journal"
    _kill_at(_campaign([setting], plan, tmp_path), journal, 10)
    with journal.open() as file:
        for _ in range(100):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            pytest.fail("the worker outlived its parent and went on measuring")
