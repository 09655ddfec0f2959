"""Each kind of warning is found where its fact is, and nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.result import Conditions, Note, Result, read_result
from bench.warnings import Kind, find_warnings, summarise

GOLDEN = Path(__file__).parent / "golden" / "results"
SPEED = read_result(GOLDEN / "speed.json")
CALM = (1.0, 1.01) * 20


def _calm(**changes: Any) -> Result:
    """A host result that nothing is wrong with."""
    assert SPEED.speed
    speed = replace(SPEED.speed, wall_ms=CALM, cpu_ms=CALM, at_s=(), round_sizes=(10, 10, 10, 10))
    return replace(SPEED, speed=speed, **changes)


def _walls(wall: tuple[float, ...], cpu: tuple[float, ...] | None = None) -> Result:
    calm = _calm()
    assert calm.speed
    count = len(wall)
    cpu = wall if cpu is None else cpu
    return replace(calm, speed=replace(calm.speed, wall_ms=wall, cpu_ms=cpu, round_sizes=(count,)))


def _after(**changes: Any) -> Result:
    assert SPEED.after
    return _calm(after=replace(SPEED.after, **changes))


def _phone(**changes: Any) -> Result:
    return _calm(device=replace(SPEED.device, kind="android"), **changes)


def _kinds(result: Result) -> set[Kind]:
    return {warning.kind for warning in find_warnings(result)}


def test_a_calm_machine_gives_no_warning() -> None:
    assert find_warnings(_calm()) == []


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (_walls((1.0,) * 30 + (2.0,) * 10), Kind.NOISY),
        (_walls((1.0,) * 30 + (1.2,) * 10), Kind.DRIFT),
        (_walls((1.2,) * 40, (1.0,) * 40), Kind.BACKGROUND),
        (_walls((1.0,) * 9), Kind.FEW_RUNS),
        (_after(thermal_status=1), Kind.THROTTLED),
        (_after(clock_limits_khz={"1": 2_000_000}), Kind.THROTTLED),
        (_after(throttled_ms=500.0), Kind.THROTTLED),
        (_after(temperatures_c={"battery": 37.5}), Kind.HOT),
        (_after(swapped_bytes=2_000_000), Kind.SWAPPED),
        (_after(busy_cores=0.5), Kind.BACKGROUND),
        (_after(battery_saver=True), Kind.BATTERY_SAVER),
        (_calm(notes=(Note("settings", "airplane mode was refused"),)), Kind.SETTINGS),
        (_phone(), Kind.QUICK),
        (replace(_phone(), workload=replace(SPEED.workload, cpus=())), Kind.NOT_PINNED),  # type: ignore[type-var]
        (replace(_calm(), workload=replace(SPEED.workload, threads=3)), Kind.THREADS),  # type: ignore[type-var]
        (replace(_calm(), speed=replace(_calm().speed, debug_build=True)), Kind.DEBUG_BUILD),  # type: ignore[type-var]
        (read_result(GOLDEN / "work.json"), Kind.EMULATED),
        (read_result(GOLDEN / "printed.json"), Kind.UNCHECKED),
    ],
)
def test_a_fact_gives_its_warning(result: Result, kind: Kind) -> None:
    assert kind in _kinds(result)
    (line,) = [text for text in summarise([result]) if text.lower().startswith(kind.slug)]
    assert kind.advice in line
    assert "in 1 of 1 settings" in line


def test_a_minute_in_three_rounds_on_a_phone_is_published() -> None:
    long = replace(
        SPEED.speed,  # type: ignore[type-var]
        wall_ms=(1000.0,) * 63, cpu_ms=(), at_s=(), round_sizes=(21, 21, 21),
    )  # fmt: skip
    assert Kind.QUICK not in _kinds(replace(_phone(), speed=long))
    assert Kind.QUICK in _kinds(replace(_phone(), speed=replace(long, round_sizes=(63,))))


def test_a_host_without_sensors_is_not_warned_of() -> None:
    silent: dict[str, Any] = dict.fromkeys(Conditions.__dataclass_fields__)
    dicts = {name: {} for name in ("temperatures_c", "clocks_khz", "clock_limits_khz")}
    blank = Conditions(**{**silent, **dicts, "at": "x"})
    assert find_warnings(_calm(before=blank, after=blank)) == []


def test_an_unknown_note_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind 'sunspots'"):
        find_warnings(_calm(notes=(Note("sunspots", "many"),)))
