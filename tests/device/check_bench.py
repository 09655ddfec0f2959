"""bench and evaluate on a phone in a box, through the real adb and the real adbd."""

from pathlib import Path

from box import Box
from short import PATIENT, SHORT, config_for

from bench.phone.adb import Adb
from bench.phone.measure import bench_phones
from bench.result import read_results
from export.bundle import Bundle


def test_a_bundle_is_measured_and_the_phone_left_as_found(
    adb: Adb, fast: Box, serial: str, bundle: Bundle, out: Path
) -> None:
    before = fast.snapshot()
    said: list[str] = []
    found = bench_phones(config_for(bundle, serial, out), said.append, PATIENT, adb, SHORT)
    assert read_results([out]) == found
    (result,) = found
    assert result.speed is not None
    assert len(result.speed.round_sizes) == len(result.speed.starts) == 2
    assert result.device.kind == "emulated"
    assert result.workload is not None
    assert result.workload.cpus == (1,)
    assert result.before is not None
    assert result.before.screen_on
    assert result.before.battery_saver is False
    assert fast.snapshot() == before
