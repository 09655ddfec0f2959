"""What a phone is: identity, processors, and whether it can run what is asked."""

import re
from dataclasses import dataclass

from bench.phone.adb import Phone

PROPERTIES = (
    "ro.product.manufacturer",
    "ro.product.model",
    "ro.product.cpu.abi",
    "ro.product.cpu.abilist",
    "ro.build.version.release",
    "ro.build.version.sdk",
    "ro.build.fingerprint",
    "ro.build.type",
    "ro.soc.manufacturer",
    "ro.soc.model",
    "ro.board.platform",
    "ro.boot.qemu",
    "ro.kernel.qemu",
)
CPU = "/sys/devices/system/cpu"


@dataclass(frozen=True)
class Facts:
    """One phone. `max_khz[i]` is the highest clock of processor i, 0 where it is not told."""

    serial: str
    properties: dict[str, str]
    max_khz: dict[int, int]
    memory_bytes: int

    @property
    def name(self) -> str:
        """Maker and model, as a result names it."""
        words = [self.properties["ro.product.manufacturer"], self.properties["ro.product.model"]]
        return " ".join(word for word in words if word) or "unnamed device"

    @property
    def abis(self) -> tuple[str, ...]:
        """The kinds of program that it runs, the best first."""
        listed = self.properties["ro.product.cpu.abilist"] or self.properties["ro.product.cpu.abi"]
        return tuple(abi for abi in listed.split(",") if abi)

    @property
    def api(self) -> int:
        """Android's API level, 0 where it is not told."""
        level = self.properties["ro.build.version.sdk"]
        return int(level) if level.isdigit() else 0

    @property
    def emulated(self) -> bool:
        """Whether it says of itself that it is an emulator."""
        return "1" in (self.properties["ro.boot.qemu"], self.properties["ro.kernel.qemu"])

    @property
    def system(self) -> str:
        """Android's version and build."""
        release = self.properties["ro.build.version.release"] or "?"
        return f"Android {release} ({self.properties['ro.build.fingerprint'] or 'no fingerprint'})"

    @property
    def processor(self) -> str:
        """The chip, as far as the phone tells."""
        names = ("ro.soc.manufacturer", "ro.soc.model", "ro.board.platform")
        words = [self.properties[name] for name in names if self.properties[name]]
        return " ".join([*words, *self.abis[:1]]) or "unknown"

    def cores_for(self, threads: int) -> tuple[int, ...]:
        """The processors to pin `threads` threads to: the fastest ones, whole clusters first.

        A cluster is all processors of one highest clock. Clusters are taken from the fastest down
        until there is a processor for each thread; () where the clocks are not told or do not
        differ, for then there is nothing to choose.
        """
        clocks = sorted({khz for khz in self.max_khz.values() if khz > 0}, reverse=True)
        if 0 in self.max_khz.values() or len(clocks) < 2:
            return ()
        chosen: list[int] = []
        for clock in clocks:
            chosen += [cpu for cpu, khz in self.max_khz.items() if khz == clock]
            if len(chosen) >= threads:
                break
        return tuple(sorted(chosen))


def mask(cores: tuple[int, ...]) -> str:
    """The hexadecimal mask that `taskset` takes, without 0x (toybox wants none)."""
    return f"{sum(1 << core for core in cores):x}"


def read_facts(phone: Phone) -> Facts:
    """Ask the phone what it is."""
    told = phone.shell(
        "\n".join(
            [
                *(f"echo {name}=$(getprop {name})" for name in PROPERTIES),
                "echo memory=$(grep MemTotal: /proc/meminfo)",
                f"for cpu in {CPU}/cpu[0-9]*; do "
                'echo "cpu${cpu##*cpu}=$(cat $cpu/cpufreq/cpuinfo_max_freq 2>/dev/null)"; done',
            ]
        )
    )
    pairs = [line.partition("=") for line in told.splitlines()]
    values = {name: value.strip() for name, _, value in pairs}
    kilobytes = re.search(r"MemTotal: *(\d+)", values.get("memory", ""))
    return Facts(
        serial=phone.serial,
        properties={name: values.get(name, "") for name in PROPERTIES},
        max_khz=_clocks(values),
        memory_bytes=int(kilobytes[1]) * 1024 if kilobytes else 0,
    )


def _clocks(values: dict[str, str]) -> dict[int, int]:
    found = {
        int(name[3:]): int(value) if value.isdigit() else 0
        for name, value in values.items()
        if re.fullmatch(r"cpu\d+", name)
    }
    return dict(sorted(found.items()))
