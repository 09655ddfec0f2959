"""Options that say where something is measured, and which of the others go with it."""

import dataclasses
from typing import Any

HOST = "host"
DEVICE_HELP = (
    "host, adb (the one phone attached), adb:SERIAL, adb:all, or ios:FILE (the app's result)"
)
KIT_HELP = "folder with litert_runner and libLiteRt.so for the phone (default: built here)"
CLEAN_HELP = "remove our files from the phone at the end, so that the next run sends them again"


def require_fitting_options(
    config: Any, of_phones: tuple[str, ...], of_hosts: tuple[str, ...]
) -> None:
    """An option that the device does not know is an error: it would be ignored without a word."""
    kind, _, name = config.device.partition(":")
    if kind not in (HOST, "adb", "ios") or (kind == HOST and name) or (kind == "ios" and not name):
        raise ValueError(f"unknown device {config.device!r}; give {DEVICE_HELP}")
    presets = {item.name: item.default for item in dataclasses.fields(config)}
    idle = of_phones if kind == HOST else of_hosts
    given = [one for one in idle if getattr(config, one) != presets[one]]
    if given:
        flags = ", ".join(f"--{one.replace('_', '-')}" for one in given)
        raise ValueError(f"{flags}: not for --device {config.device}; leave it out")
