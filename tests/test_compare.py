"""Two measurements are told apart by their intervals, never by a raw threshold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.compare import FASTER, OPEN, SAME, SLOWER, compare_results
from bench.config import parse_share
from bench.result import Result, read_result, write_result
from distilbert_mobile import main

SPEED = read_result(Path(__file__).parent / "golden" / "results" / "speed.json")


def _result(
    times: float, noise: float = 0.01, seed: int = 0, tokens: int = 64, session: str = "one"
) -> Result:
    """A speed of five rounds of ten around `times` ms."""
    random = np.random.default_rng(seed)
    wall = tuple((times * np.exp(random.normal(0, noise, 50))).tolist())
    assert SPEED.speed
    assert SPEED.workload
    speed = replace(
        SPEED.speed, session=session, wall_ms=wall, cpu_ms=(), at_s=(), round_sizes=(10,) * 5
    )
    workload = replace(SPEED.workload, tokens=tokens, padded_tokens=tokens)
    return replace(SPEED, speed=speed, workload=workload)


@pytest.mark.parametrize(
    ("times", "noise", "verdict"),
    [
        (1.20, 0.01, SLOWER),
        (1.04, 0.01, SAME),  # slower, and proven to be less than 5 %
        (1.00, 0.01, SAME),
        (0.80, 0.01, FASTER),
        (1.10, 0.30, OPEN),  # over the limit, but nothing is proven
    ],
)
def test_the_whole_interval_decides(times: float, noise: float, verdict: str) -> None:
    before = _result(1.0, noise, seed=1, session="old")
    (change,) = compare_results([before], [_result(times, noise, seed=2)], 0.05).changes
    assert change.verdict == verdict
    assert change.slowdown.low <= change.slowdown.estimate <= change.slowdown.high


def test_only_equal_settings_are_compared_and_the_rest_is_named() -> None:
    before = [_result(1.0), _result(3.0, tokens=128)]
    after = [_result(1.0, seed=3), _result(9.0, tokens=256)]
    found = compare_results(before, after, 0.05)
    assert len(found.changes) == 1
    assert [name.rpartition(", ")[2] for name in found.missing] == ["128 tokens", "256 tokens"]
    with pytest.raises(ValueError, match="no setting in common"):
        compare_results(before[1:], after[1:], 0.05)


def test_two_devices_are_not_compared() -> None:
    other = replace(_result(1.0), device=replace(SPEED.device, processor="another"))
    with pytest.raises(ValueError, match="measured on two devices"):
        compare_results([_result(1.0)], [other], 0.05)


@pytest.mark.parametrize(("times", "code"), [(1.5, 1), (1.0, 0)])
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_the_exit_code_is_for_ci(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    times: float,
    code: int,
    flags: list[str],
) -> None:
    write_result(_result(1.0, session="old"), tmp_path / "A.json")
    write_result(_result(times, seed=4), tmp_path / "new" / "B.json")
    assert main(["compare", str(tmp_path / "A.json"), str(tmp_path / "new"), *flags]) == code
    shown = capsys.readouterr()
    assert ("slower than accepted (5 %)" in shown.err) == (code == 1)
    assert ("slower" if code else "no slower") in shown.out


def test_a_looser_limit_accepts_more(tmp_path: Path) -> None:
    write_result(_result(1.0, session="old"), tmp_path / "A.json")
    write_result(_result(1.5, seed=4), tmp_path / "B.json")
    paths = [str(tmp_path / "A.json"), str(tmp_path / "B.json")]
    assert main(["compare", *paths, "--max-regression", "60%"]) == 0
    assert main(["compare", *paths, "--max-regression", "0.4"]) == 1


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0.0), ("12.5 %", 0.125)]
)
def test_a_share_is_read(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "five", "-1%", "nan", "inf"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no share"):
        parse_share(text)
