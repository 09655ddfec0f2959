"""This machine: what it is, and the state it is in at a moment."""

import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.result import Conditions, Device

IDLE_LOOK_S = 0.3
CPUFREQ = Path("/sys/devices/system/cpu")


def describe_device() -> Device:
    """This machine."""
    return Device(
        kind="host",
        name=f"{platform.machine()} host",
        system=f"{platform.system()} {platform.release()}",
        processor=_processor_name(),
        cores=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
    )


def _processor_name() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def allowed_cpus() -> tuple[int, ...]:
    """The CPUs that this process may use; empty where the system does not say."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def observe() -> Conditions:
    """The state of this machine now; looks for IDLE_LOOK_S at what other programs use.

    Call it while nothing is measured.
    """
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return Conditions(
        at=now(),
        temperatures_c=_temperatures(),
        clocks_khz=_clocks("scaling_cur_freq") or _clocks_of_cpuinfo(),
        clock_limits_khz=_clocks("scaling_max_freq"),
        governor=next(iter(_lines(CPUFREQ / "cpu0/cpufreq/scaling_governor")), None),
        thermal_status=None,
        busy_cores=_busy_cores(),
        throttled_ms=_throttled_ms(),
        swapped_bytes=_swapped_bytes(),
        battery_percent=battery.percent if battery else None,
        battery_saver=None,
        charging=battery.power_plugged if battery else None,
        airplane_mode=None,
        screen_on=None,
    )


def _temperatures() -> dict[str, float]:
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    return {name: max(s.current for s in found) for name, found in sensors.items() if found}


def _clocks(file: str) -> dict[str, int]:
    paths = CPUFREQ.glob(f"cpu[0-9]*/cpufreq/{file}")
    found = {path.parts[-3].removeprefix("cpu"): _lines(path) for path in paths}
    return {cpu: int(found[cpu][0]) for cpu in sorted(found, key=int) if found[cpu]}


def _clocks_of_cpuinfo() -> dict[str, int]:
    lines = [x.partition(":")[2] for x in _lines(Path("/proc/cpuinfo")) if x.startswith("cpu MHz")]
    return {str(cpu): round(1000 * float(mhz)) for cpu, mhz in enumerate(lines)}


def _busy_cores() -> float:
    """How many cores' worth of time all programs used during a short look."""

    def busy_s() -> float:
        times = psutil.cpu_times()
        kinds = ("user", "nice", "system", "irq", "softirq", "steal")
        return sum(float(getattr(times, kind, 0.0)) for kind in kinds)

    before, start = busy_s(), time.monotonic()
    time.sleep(IDLE_LOOK_S)
    return round((busy_s() - before) / (time.monotonic() - start), 2)


def _throttled_ms() -> float | None:
    """How long the scheduler held this control group back since it began (Linux)."""
    for line in _lines(Path("/sys/fs/cgroup/cpu.stat")):
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) / 1000
    return None


def _swapped_bytes() -> int | None:
    """Bytes swapped in and out since the machine began."""
    try:
        swap = psutil.swap_memory()
    except (OSError, RuntimeError):
        return None
    return int(swap.sin + swap.sout)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def now() -> str:
    """The present time, UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
