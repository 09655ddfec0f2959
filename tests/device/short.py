"""Short measurements for the tests, and how a box is made and called."""

import os
from pathlib import Path
from typing import Any

from box import BUILT, Box

from bench.config import BenchConfig
from bench.phone.adb import Adb
from bench.phone.measure import PhonePlan
from bench.phone.session import Care
from export.bundle import Bundle

SHORT = PhonePlan(rounds=2, seconds=0.2, warmup=1, runs=5)
PATIENT = Care(cool_down_s=0.0, replug_s=30.0)


def make_box(kind: str, name: str) -> Box:
    """A box in the build folder, where its files can be linked."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return Box(BUILT / "boxes" / f"{worker}-{name}", kind)


def connect(adb: Adb, port: int) -> str:
    """Call a device of the network; returns its serial."""
    serial = f"localhost:{port}"
    adb.run(["connect", serial], 20)
    return serial


def config_for(bundle: Bundle, serial: str, out: Path, **changes: Any) -> BenchConfig:
    """One short setting."""
    values: dict[str, Any] = {"threads": (1,), "tokens": (64,), "runtimes": ("tflite",), **changes}
    return BenchConfig(bundle.folder, out=out, device=f"adb:{serial}", **values)
