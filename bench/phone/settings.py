"""Settings of a phone that a measurement wants otherwise: noted there, changed, and put back.

The note is a file on the phone. Whoever finds it puts the settings back: the end of this run or,
where that was cut off, the beginning of the next one.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from bench.phone.adb import Phone
from bench.phone.store import ROOT

ASLEEP = ("Asleep", "Dozing", "Dreaming")


@dataclass(frozen=True)
class Setting:
    """One setting: how it is read and written on the device, and what a measurement wants.

    `write` gives the command for a value, "*" that for all others, with {} for the value. Where
    `read` gives no plain word the phone does not have the setting.
    """

    name: str
    read: str
    wanted: str
    write: dict[str, str]
    min_api: int = 26
    told: bool = True
    """False where the phone cannot be asked: `read` then only says what it is without us."""


PLAIN = re.compile(r"\w+")
"""All that a value may be: it becomes part of a command."""

SETTINGS = (
    Setting(
        "airplane",
        "settings get global airplane_mode_on",
        "1",
        {
            "1": "cmd connectivity airplane-mode enable",
            "0": "cmd connectivity airplane-mode disable",
        },
        min_api=30,
    ),
    Setting(
        "low-power",
        "settings get global low_power",
        "0",
        {"0": "cmd power set-mode 0", "1": "cmd power set-mode 1"},
    ),
    Setting(
        "fixed-performance",
        "echo false",
        "true",
        {"*": "cmd power set-fixed-performance-mode-enabled {}"},
        min_api=30,
        told=False,
    ),
    Setting(
        "stay-awake",
        "settings get global stay_on_while_plugged_in",
        "7",
        {"*": "settings put global stay_on_while_plugged_in {}"},
    ),
    Setting(
        "screen",
        "dumpsys power | grep -o 'mWakefulness=[A-Za-z]*' | head -n 1 | cut -d = -f 2",
        "Awake",
        {
            "Awake": "input keyevent KEYCODE_WAKEUP",
            "*": "input keyevent KEYCODE_SLEEP",
        },
    ),
)


class Settings:
    """The settings of one phone, for the time of a measurement."""

    def __init__(self, phone: Phone, api: int, root: PurePosixPath = ROOT) -> None:
        self.phone = phone
        self.note = root / "settings-before"
        # Airplane mode would cut off a phone that is reached through the network.
        wireless = ":" in phone.serial or phone.serial.startswith("adb-")
        self.known = [
            setting
            for setting in SETTINGS
            if api >= setting.min_api and not (wireless and setting.name == "airplane")
        ]

    def recover(self) -> bool:
        """Put back what a run that was cut off has changed; says whether there was anything."""
        noted = self.phone.try_shell(f"cat {self.note}")
        if noted.status != 0:
            return False
        pairs = [line.partition("=") for line in noted.output.splitlines()]
        self._put({name: value for name, mark, value in pairs if mark})
        self.phone.shell(f"rm -f {self.note}")
        return True

    def prepare(self) -> dict[str, str]:
        """Note the present values, then set what is wanted; returns what could not be set.

        The note is on the phone before anything changes. Values that the phone does not tell stay.
        """
        before = self.read()
        changes = {
            one.name: one.wanted
            for one in self.known
            if one.name in before and before[one.name] != one.wanted
        }
        note = "\\n".join(f"{name}={before[name]}" for name in changes)
        if changes:
            self.phone.shell(
                f"printf '{note}\\n' > {self.note}.partial && mv {self.note}.partial {self.note}"
            )
            self._put(changes)
        found, told = self.read(), {one.name for one in self.known if one.told}
        return {
            name: found.get(name, "?")
            for name, value in changes.items()
            if name in told and found.get(name) != value
        }

    def read(self) -> dict[str, str]:
        """The present value of each setting that the phone tells."""
        ask = "\n".join(f'echo "{one.name}=$({one.read} 2>/dev/null)"' for one in self.known)
        told = self.phone.try_shell(ask).output if self.known else ""
        pairs = [line.partition("=") for line in told.splitlines()]
        return {
            name: value.strip()
            for name, _, value in pairs
            if PLAIN.fullmatch(value.strip()) and value.strip() != "null"
        }

    def _put(self, values: dict[str, str]) -> None:
        commands = [
            setting.write.get(values[setting.name], setting.write.get("*", "true")).format(
                values[setting.name]
            )
            for setting in self.known
            if PLAIN.fullmatch(values.get(setting.name, ""))
        ]
        self.phone.try_shell("\n".join(commands) or "true")
