"""A hundred random cuts of the cable: whatever is written is exactly what was measured."""

import dataclasses
import hashlib
import random
import threading
import time
from pathlib import Path

import pytest
from box import Box, Cable
from scripted import SAMPLES, scripted_kit
from short import PATIENT, SHORT, config_for

from bench.phone.adb import Adb
from bench.phone.measure import bench_phones
from bench.result import read_results
from export.bundle import Bundle

CUTS = 100
PLAN = SHORT
STUBBORN = dataclasses.replace(PATIENT, tries=6)


def cut_at_random(
    cable: Cable, chance: random.Random, over: threading.Event, cuts: list[str]
) -> None:
    """Half of the cuts come after so many bytes, half after so long; then a moment of nothing."""
    while len(cuts) < CUTS and not over.is_set():
        if chance.random() < 0.5:
            size = int(10 ** chance.uniform(1.5, 5.7))
            cable.cut_after(size)
            kind = f"{size} bytes"
            end = time.monotonic() + 5
            while cable.plugged and time.monotonic() < end:
                time.sleep(0.002)
        else:
            kind = f"{chance.uniform(0, 0.8):.3f} s"
            time.sleep(float(kind.split()[0]))
        cable.unplug()
        cuts.append(kind)
        time.sleep(chance.uniform(0, 0.1))
        cable.plug_in()
        time.sleep(chance.uniform(0, 0.6))


@pytest.mark.usefixtures("adb")
def test_a_hundred_cuts(
    fast: Box, cable: Cable, serial: str, small: Bundle, tmp_path: Path
) -> None:
    before, chance, over, cuts = fast.snapshot(), random.Random(1), threading.Event(), []
    kit = scripted_kit(tmp_path / "kit", "sleep 0.1; give", small)
    thread = threading.Thread(target=cut_at_random, args=(cable, chance, over, cuts))
    thread.start()
    whole, failed = 0, 0
    try:
        while len(cuts) < CUTS:
            out = tmp_path / f"results-{whole + failed}"
            config = config_for(small, serial, out, runner_kit=kit, clean=whole % 2 == 0)
            try:
                bench_phones(config, lambda line: None, STUBBORN, Adb(), PLAN)
                whole += 1
            except (OSError, ValueError):
                failed += 1
            for result in read_results([out]) if out.is_dir() else []:
                assert result.speed is not None
                assert result.speed.wall_ms == SAMPLES * PLAN.rounds
                assert result.speed.round_sizes == (len(SAMPLES),) * PLAN.rounds
    finally:
        over.set()
        thread.join()
        cable.plug_in()
    print(f"{len(cuts)} cuts: {whole} measurements whole, {failed} given up")
    assert whole
    bench_phones(config_for(small, serial, tmp_path / "last", runner_kit=kit), adb=Adb(), plan=PLAN)
    assert fast.snapshot() == before
    kept = list((fast.ours / "files").iterdir())
    assert kept
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in kept)
